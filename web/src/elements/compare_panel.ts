import { css, html, nothing } from 'lit'
import { toWallTime } from '../clock'
import { comparable, isEmpty, otherSide, spanOf } from '../compare'
import { begun, clockWords, startOf, swapped, yearBefore } from '../comparison'
import { address, fetchJson } from '../config'
import { named, say } from '../language'
import '../messages/compare'
import { isVisible, type Axis, type Compare, type CompareMode, type FeatureRef, type ImageStyle, type Layer } from '../model'
import type { Times } from '../model'
import type { Workbench } from '../workbench'
import './change_list'
import { equipped, PanelElement } from './panel_element'
import './side_choice'
import { theme } from './theme'

const MODES: readonly (readonly [CompareMode, 'swipe' | 'sideBySide' | 'differenceOf'])[] = [
  ['swipe', 'swipe'],
  ['side', 'sideBySide'],
  ['difference', 'differenceOf'],
]
const AXES: readonly (readonly [Axis, 'alongValid' | 'alongRecorded', 'alongValidMeans' | 'alongRecordedMeans'])[] = [
  ['valid', 'alongValid', 'alongValidMeans'],
  ['recorded', 'alongRecorded', 'alongRecordedMeans'],
]
/** Of so many layers it is asked when their history begins, and when they were last changed. */
const ASKED_MOST = 8

/** 对比: two layers, two times or two versions, by a divider, beside each other, or as what differs. */
export class ComparePanel extends PanelElement {
  static override properties = { ...PanelElement.properties, unchanged: { state: true } }
  /** The layers shown have never changed. */
  declare unchanged: boolean

  constructor() {
    super()
    this.unchanged = false
  }

  static override styles = [
    theme,
    css`
      :host {
        display: block;
        padding: 12px 16px 16px;
      }
      .modes {
        display: flex;
        margin-bottom: 10px;
      }
      .modes button {
        flex: 1;
        margin-left: -1px;
        border-radius: 0;
      }
      .modes button:first-child {
        margin-left: 0;
        border-radius: 8px 0 0 8px;
      }
      .modes button:last-child {
        border-radius: 0 8px 8px 0;
      }
      .modes button[aria-pressed='true'] {
        z-index: 1;
      }
      .between {
        display: flex;
        justify-content: center;
        margin: 6px 0;
      }
      .quick {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
        margin-top: 8px;
        font-size: 12px;
      }
      .of {
        display: grid;
        gap: 6px;
        margin-bottom: 10px;
      }
      .of label {
        display: block;
        font-size: 13px;
      }
      .of .one-line {
        display: flex;
        align-items: center;
        gap: 8px;
        white-space: nowrap;
      }
      .of select {
        flex: 1;
        min-width: 0;
        border: 1px solid var(--rule-2);
        border-radius: 8px;
        background: var(--paper);
        padding: 4px 6px;
        color: inherit;
        font: inherit;
      }
      fieldset {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 14px;
        margin: 0;
        border: 0;
        padding: 0;
      }
      legend {
        padding: 0;
        font-size: 13px;
      }
      input[type='radio'] {
        accent-color: var(--accent);
      }
      .ends {
        margin-top: 10px;
        font-weight: 600;
        font-variant-numeric: tabular-nums;
      }
      .note {
        border-radius: 8px;
        background: var(--warn-soft);
        padding: 4px 10px;
        color: var(--warn);
        font-size: 13px;
      }
      .quiet {
        color: var(--ink-2);
        font-size: 12px;
      }
      .end {
        margin-top: 14px;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    if (!this.state.compare) void this.#begin()
  }

  override render() {
    const { compare } = this.state
    if (!compare) return html`<button @click=${() => void this.#begin()}>${say('beginCompare')}</button>`
    return html`
      <div class="modes" role="group" aria-label=${say('compareHow')}>
        ${MODES.map(
          ([mode, title]) => html`<button
            aria-pressed=${compare.mode === mode}
            @click=${() => this.#set({ mode, picked: false })}
          >
            ${say(title)}
          </button>`,
        )}
      </div>
      ${compare.mode === 'difference' ? this.#of(compare) : nothing} ${this.#other(compare)}
      <div class="between">
        <button @click=${() => this.#swap()}>⇄ ${say('swapSides')}</button>
      </div>
      ${this.#own(compare)} ${compare.mode === 'difference' ? this.#difference() : nothing}
      <button class="end" @click=${() => this.workbench.store.update({ compare: null })}>
        ${say('endCompare')}
      </button>
    `
  }

  #other(compare: Compare) {
    const layers = comparable(this.state, this.workbench.config)
    return html`<side-choice
      .heading=${say('otherMap')}
      .place=${this.#place(compare, true)}
      .state=${otherSide(this.state)}
      .layers=${layers}
      .follows=${compare.visible === null}
      .brief=${compare.mode === 'difference'}
      .images=${compare.images}
      @times=${(event: CustomEvent<Partial<Times>>) => this.#set(event.detail)}
      @layers=${(event: CustomEvent<readonly string[] | null>) => this.#set({ visible: event.detail })}
      @images=${(event: CustomEvent<ImageStyle | null>) => this.#set({ images: event.detail })}
    >
      <div class="quick">
        <button @click=${() => this.#set({ datetime: yearBefore(this.state.datetime), asof: this.state.asof })}>
          ${say('yearAgo')}
        </button>
        <button @click=${() => void this.#beforeLastChange()}>${say('beforeLastChange')}</button>
      </div>
      ${this.unchanged ? html`<p class="quiet" role="status">${say('noChangeYet')}</p>` : nothing}
    </side-choice>`
  }

  #own(compare: Compare) {
    const layers = comparable(this.state, this.workbench.config)
    const { store } = this.workbench
    return html`<side-choice
      .heading=${say('ownMap')}
      .place=${this.#place(compare, false)}
      .state=${this.state}
      .layers=${layers}
      .follows=${null}
      .brief=${compare.mode === 'difference'}
      @times=${(event: CustomEvent<Partial<Times>>) => store.update(event.detail)}
      @layers=${(event: CustomEvent<readonly string[]>) => store.update({ visible: event.detail })}
    ></side-choice>`
  }

  #place({ mode }: Compare, first: boolean): string {
    if (mode === 'difference') return ''
    const stacked = matchMedia('(max-width: 900px)').matches
    return stacked ? say(first ? 'above' : 'below') : say(first ? 'onTheLeft' : 'onTheRight')
  }

  /** Of what the difference is. */
  #of(compare: Compare) {
    const { config } = this.workbench
    const layers = comparable(this.state, config)
    const span = spanOf(this.state, config)
    const layer = layers.find(({ id }) => id === span?.layer)
    const shapeless = config.layers.filter((each) => !layers.includes(each) && isVisible(this.state, each))
    if (!span || !layer) return html`<div class="of"><p class="note">${say('nothingComparable')}</p></div>`
    return html`
      <div class="of">
        <label class="one-line">
          <span>${say('comparedLayer')}</span>
          <select @change=${(event: Event) => this.#set({ layer: (event.target as HTMLSelectElement).value })}>
            ${layers.map(
              ({ id, title }) => html`<option value=${id} ?selected=${id === layer.id}>${named(title)}</option>`,
            )}
          </select>
        </label>
        <fieldset>
          <legend>${say('alongClock')}</legend>
          ${AXES.map(
            ([axis, title, meaning]) => html`<label title=${say(meaning)}>
              <input
                type="radio"
                name="axis"
                .checked=${compare.axis === axis}
                @change=${() => this.#set({ axis })}
              />
              ${say(title)} <span class="en">${say(meaning)}</span>
            </label>`,
          )}
        </fieldset>
        ${
          isEmpty(span)
            ? html`<p class="note" role="status">
                ${say('sameEnds', { clock: say(compare.axis === 'valid' ? 'validTime' : 'recordedTime') })}
              </p>`
            : nothing
        }
        ${
          shapeless.length
            ? html`<details class="quiet">
                <summary>${say('withoutShape', { count: shapeless.length })}</summary>
                <p>${titlesOf(shapeless)}</p>
              </details>`
            : nothing
        }
      </div>
    `
  }

  #difference() {
    const { config, difference, stage } = this.workbench
    const span = spanOf(this.state, config)
    const layer = config.layers.find(({ id }) => id === span?.layer)
    if (!span || !layer || !stage || isEmpty(span)) return nothing
    return html`
      <p class="ends">${say('fromTo', clockWords(span))}</p>
      <change-list
        .layer=${layer}
        .tiles=${difference?.tiles?.span.layer === layer.id ? difference.tiles : null}
        .view=${stage.view()}
        .zoom=${this.state.camera?.zoom ?? 0}
        .selected=${this.state.selected}
        @choose=${(event: CustomEvent<FeatureRef>) => this.workbench.selection.pick([event.detail])}
      ></change-list>
    `
  }

  async #begin(): Promise<void> {
    const { store } = this.workbench
    const found = await Promise.allSettled(this.#asked().map(({ id }) => beginningOf(id)))
    if (!this.isConnected || this.state.compare) return
    const known = found.flatMap((each) => (each.status === 'fulfilled' && each.value ? [each.value] : []))
    store.update({ compare: begun(this.state, startOf(this.state.datetime, known)) })
  }

  /** The topmost layers shown that can be compared. */
  #asked(): readonly Layer[] {
    const layers = comparable(this.state, this.workbench.config)
    return layers.filter((layer) => isVisible(this.state, layer)).slice(0, ASKED_MOST)
  }

  #set(change: Partial<Compare>): void {
    const { compare } = this.state
    this.unchanged = false
    if (compare) this.workbench.store.update({ compare: { ...compare, ...change } })
  }

  #swap(): void {
    this.workbench.store.update(swapped(this.state, this.workbench.config.layers))
  }

  /** The other side as the platform knew it before the newest changeset of the layers shown. */
  async #beforeLastChange(): Promise<void> {
    const span = spanOf(this.state, this.workbench.config)
    const shown = span ? [span.layer] : this.#asked().map(({ id }) => id)
    const answers = await Promise.allSettled(shown.map(lastRecorded))
    const newest = answers.flatMap((each) => (each.status === 'fulfilled' && each.value ? [each.value] : []))
    const last = newest.sort().at(-1)
    if (!last) {
      this.unchanged = true
      return
    }
    // Wall times stop at seconds: the last full one before the recording.
    const asof = toWallTime(new Date(Math.ceil(Date.parse(last) / 1000) * 1000 - 1000).toISOString())
    this.#set({ datetime: this.state.datetime, asof, axis: 'recorded' })
  }
}

/** When the first thing that is known of a layer held, RFC 3339; null: of all time, or never. */
async function beginningOf(layer: string): Promise<string | null> {
  const found = await fetchJson<{ extent?: { temporal?: { interval: readonly (readonly (string | null)[])[] } } }>(
    address(`collections/${encodeURIComponent(layer)}`),
  )
  return found.extent?.temporal?.interval[0]?.[0] ?? null
}

/** When a layer was last written, RFC 3339 in UTC; null: never. */
async function lastRecorded(layer: string): Promise<string | null> {
  const url = address('changesets')
  url.search = new URLSearchParams({ layer, limit: '1' }).toString()
  const { changesets } = await fetchJson<{ changesets: readonly { recorded_at: string }[] }>(url)
  const at = changesets[0]?.recorded_at
  return at ? new Date(at).toISOString() : null
}

function titlesOf(layers: readonly { readonly title: { readonly zh: string; readonly en: string } }[]): string {
  return layers.map(({ title }) => named(title)).join(say('comma'))
}

export const open = (workbench: Workbench) => equipped<ComparePanel>('compare-panel', workbench)

customElements.define('compare-panel', ComparePanel)

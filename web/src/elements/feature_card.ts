import type { Feature } from 'geojson'
import { css, html, nothing } from 'lit'
import { readable } from '../clock'
import { CHANGED, type ServerProblem } from '../config'
import type { Version } from '../feed'
import { mayEdit, whoAmI, type Me } from '../identity'
import { codeOf, valueText } from '../format'
import { nameOf } from '../items'
import { named, say } from '../language'
import '../messages/card'
import type { FeatureRef, Layer, Times } from '../model'
import { buttonRows } from './button_rows'
import { cardStyle } from './card_style'
import { Spoken } from './spoken'
import { swatch, swatchStyles } from './swatch'
import { theme } from './theme'
import './version_line'
import { changesetLink } from './version_line'

/** What a card shows: one feature, or why there is none. */
export interface Shown {
  readonly layer: Layer
  readonly fid: string
  /** undefined: on its way; null: not there at these times. */
  readonly feature: Feature | null | undefined
  readonly versions: readonly Version[] | null
  readonly problem: ServerProblem | null
}

/** One feature's attributes and history, and the others under the same click. Fires `close`, `choose`, `times` and `edit`. */
export class FeatureCard extends Spoken {
  static override properties = {
    shown: { attribute: false },
    times: { attribute: false },
    layers: { attribute: false },
    candidates: { attribute: false },
    names: { attribute: false },
    side: { attribute: false },
    me: { state: true },
  }
  declare shown: Shown
  declare times: Times
  declare layers: readonly Layer[]
  /** The features under the click, topmost first. */
  declare candidates: readonly FeatureRef[]
  /** Their names by `layer/fid`, as far as they are known. */
  declare names: ReadonlyMap<string, string>
  /** The map whose feature it is, where there are two. */
  declare side: 'ownMap' | 'otherMap' | null

  /** Who may edit what; null: that cannot be had, undefined: not known yet. */
  declare me: Me | null | undefined

  static override styles = [
    theme,
    cardStyle,
    swatchStyles,
    buttonRows,
    css`
      .kind {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0 7px;
        color: var(--ink-2);
        font-size: 12px;
      }
      .of-side {
        border-radius: 4px;
        background: var(--accent-soft);
        padding: 0 6px;
        color: var(--accent);
        font-weight: 600;
      }
      .fid {
        color: var(--ink-3);
        font-size: 12px;
        font-variant-numeric: tabular-nums;
        overflow-wrap: anywhere;
      }
      .body {
        overflow-y: auto;
        padding: 4px 16px 16px;
      }
      .others {
        margin: 6px 0 4px;
        border: 1px solid var(--rule);
        border-radius: 8px;
        padding: 4px;
      }
      .others .head {
        padding: 2px 8px 4px;
        color: var(--ink-2);
        font-size: 12px;
      }
      .others ul {
        max-height: 132px;
        overflow-y: auto;
      }
      dl {
        display: grid;
        grid-template-columns: minmax(6em, 34%) 1fr;
      }
      dt,
      dd {
        border-bottom: 1px solid var(--rule);
        padding: 5px 0;
      }
      dt {
        padding-right: 10px;
        color: var(--ink-2);
        line-height: 1.4;
      }
      dd {
        overflow-wrap: anywhere;
        font-variant-numeric: tabular-nums;
      }
      .edit {
        display: flex;
        gap: 8px;
        margin: 10px 0 4px;
      }
      .none {
        padding: 14px 0 6px;
        color: var(--ink-2);
      }
    `,
  ]

  override render() {
    const { layer, fid, feature, versions, problem } = this.shown
    const name = nameOf(layer, fid, feature?.properties)
    const stamped = layer.synthetic && !layer.title.zh.includes('合成数据')
    return html`
      <header>
        <div class="name">
          <p class="kind">
            ${swatch(layer.legend)} ${named(layer.title)}
            ${stamped ? html`<span class="seal">${say('synthetic')}</span>` : nothing}
            ${this.side ? html`<span class="of-side">${say(this.side)}</span>` : nothing}
          </p>
          <h2 tabindex="-1" lang="zh-CN">${name}</h2>
          ${name === fid ? nothing : html`<p class="fid">${fid}</p>`}
        </div>
        <button class="plain" aria-label=${say('closeCard')} title=${say('close')} @click=${() => this.#fire('close')}>✕</button>
      </header>
      <div class="body">
        ${this.candidates.length > 1 ? this.#others() : nothing}
        ${problem ? html`<p class="none" role="alert">${problem.words}</p>` : nothing}
        ${feature === undefined && !problem ? html`<p class="none">${say('reading')}</p>` : nothing}
        ${feature === null ? html`<p class="none">${say('absent')}</p>` : nothing}
        ${feature ? this.#attributes(feature) : nothing}
        ${feature && this.side !== 'otherMap' && mayEdit(this.me ?? null, layer.id) ? this.#edits(layer, fid) : nothing}
        ${
          // Not before it is known what stands above it: nothing moves under the pointer.
          versions?.length && this.me !== undefined
            ? html`<version-line
                .versions=${versions}
                .times=${this.times}
                @times=${(event: CustomEvent<Times>) => this.#fire('times', event.detail)}
              ></version-line>`
            : nothing
        }
      </div>
    `
  }

  override connectedCallback(): void {
    super.connectedCallback()
    window.addEventListener(CHANGED, this.#changed)
    void this.#learn()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    window.removeEventListener(CHANGED, this.#changed)
  }

  /** Rights may have been granted, or have ended. */
  readonly #changed = ({ detail }: Event & { readonly detail?: unknown }): void => {
    if (detail === null) void this.#learn()
  }

  async #learn(): Promise<void> {
    this.me = await whoAmI().catch(() => null)
  }

  /** Puts the keyboard's focus on the card's heading. */
  focusHeading(): void {
    this.renderRoot.querySelector<HTMLElement>('h2')?.focus({ preventScroll: true })
  }

  #others() {
    const title = say('featuresHere', { count: this.candidates.length })
    return html`
      <div class="others rows">
        <p class="head">${title}</p>
        <ul aria-label=${title}>
          ${this.candidates.map((ref) => this.#candidate(ref))}
        </ul>
      </div>
    `
  }

  #candidate(ref: FeatureRef) {
    const layer = this.layers.find((each) => each.id === ref.layer)
    if (!layer) return nothing
    const current = ref.fid === this.shown.fid && ref.layer === this.shown.layer.id
    return html`<li>
      <button aria-current=${current ? 'true' : nothing} @click=${() => this.#fire('choose', ref)}>
        ${swatch(layer.legend)}
        <span lang="zh-CN">${this.names.get(`${ref.layer}/${ref.fid}`) ?? ref.fid}</span>
        <span class="of">${named(layer.title)}</span>
      </button>
    </li>`
  }

  #edits(layer: Layer, fid: string) {
    return html`<p class="edit">
      <button @click=${() => this.#fire('edit', `change/${layer.id}/${fid}`)}>${say('editSelected')}</button>
      <button @click=${() => this.#fire('edit', `remove/${layer.id}/${fid}`)}>${say('removeSelected')}</button>
    </p>`
  }

  #attributes(feature: Feature) {
    const { layer } = this.shown
    const values = feature.properties ?? {}
    const from: unknown = values.valid_from
    const to: unknown = values.valid_to
    return html`
      <dl>
        ${layer.fields.map((field) => {
          const code = codeOf(field, values[field.name])
          return html`
            <dt>${named(field.title)}</dt>
            <dd>
              ${valueText(field, values[field.name])}
              ${code ? html` <span class="en">${code}</span>` : nothing}
            </dd>
          `
        })}
        <dt>${say('valid')}</dt>
        <dd>
          ${say('since', { time: typeof from === 'string' ? readable(from) : '—' })}<br />
          ${typeof to === 'string' ? say('until', { time: readable(to) }) : html`<span class="en">${say('untilNow')}</span>`}
        </dd>
        <dt>${say('changeset')}</dt>
        <dd>${changesetLink(values.changeset)}</dd>
      </dl>
    `
  }

  #fire(name: string, detail: unknown = null): void {
    this.dispatchEvent(new CustomEvent(name, { detail }))
  }
}

customElements.define('feature-card', FeatureCard)

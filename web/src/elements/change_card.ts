import { css, html, nothing } from 'lit'
import { fetchChange, GEOMETRY, type Change, type FieldChange } from '../changes'
import type { Span } from '../compare'
import { clockWords } from '../comparison'
import { ServerProblem } from '../config'
import { LOOKS } from '../difference_look'
import { valueText } from '../format'
import { nameOf } from '../items'
import { named, say } from '../language'
import '../messages/compare'
import type { Layer } from '../model'
import { differenceStyle, lookSwatch } from './difference_style'
import { cardStyle } from './card_style'
import { Spoken } from './spoken'
import { theme } from './theme'

/** What became of one feature between two states: added, removed, or each field before and after. Fires `close`. */
export class ChangeCard extends Spoken {
  static override properties = {
    layer: { attribute: false },
    fid: { attribute: false },
    span: { attribute: false },
    revision: { attribute: false },
    change: { state: true },
    problem: { state: true },
  }
  declare layer: Layer
  declare fid: string
  declare span: Span
  /** Another one: it may have become otherwise. */
  declare revision: string
  /** undefined: on its way; null: the same at both times. */
  declare change: Change | null | undefined
  declare problem: ServerProblem | null
  #shown = ''
  #abort = new AbortController()

  static override styles = [
    theme,
    cardStyle,
    differenceStyle,
    css`
      .kind,
      .fid,
      .ends {
        color: var(--ink-2);
        font-size: 12px;
        font-variant-numeric: tabular-nums;
      }
      .fid {
        color: var(--ink-3);
        overflow-wrap: anywhere;
      }
      .body {
        overflow-y: auto;
        padding: 10px 16px 16px;
      }
      .what {
        margin-bottom: 8px;
        font-weight: 600;
      }
      table {
        width: 100%;
        border-collapse: collapse;
        font-variant-numeric: tabular-nums;
        table-layout: fixed;
      }
      th,
      td {
        border-bottom: 1px solid var(--rule);
        padding: 5px 8px 5px 0;
        font-weight: 400;
        text-align: left;
        vertical-align: top;
        overflow-wrap: anywhere;
      }
      thead th,
      tbody th {
        color: var(--ink-2);
        font-size: 13px;
      }
      td.after {
        font-weight: 600;
      }
      .none {
        padding: 6px 0;
        color: var(--ink-2);
      }
    `,
  ]

  constructor() {
    super()
    this.change = undefined
    this.problem = null
  }

  override willUpdate(): void {
    const wanted = JSON.stringify([this.layer.id, this.fid, this.span])
    if (wanted + this.revision !== this.#shown) void this.#read(wanted)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
    this.#shown = ''
  }

  override render() {
    const { layer, fid, change, problem } = this
    const name = nameOf(layer, fid, change?.feature.properties)
    return html`
      <header>
        <div class="name">
          <p class="kind">${named(layer.title)}</p>
          <h2 tabindex="-1" lang="zh-CN">${name}</h2>
          ${name === fid ? nothing : html`<p class="fid">${fid}</p>`}
        </div>
        <button
          class="plain"
          aria-label=${say('closeChange')}
          title=${say('close')}
          @click=${() => this.dispatchEvent(new CustomEvent('close'))}
        >
          ✕
        </button>
      </header>
      <div class="body" aria-live="polite">
        ${problem ? html`<p class="none" role="alert">${problem.words}</p>` : nothing}
        ${change === undefined && !problem ? html`<p class="none">${say('reading')}</p>` : nothing}
        ${change === null ? html`<p class="none">${say('unaltered')}</p>` : nothing}
        ${change ? this.#told(change) : nothing}
      </div>
    `
  }

  /** Puts the keyboard's focus on the card's heading. */
  focusHeading(): void {
    this.renderRoot.querySelector<HTMLElement>('h2')?.focus({ preventScroll: true })
  }

  #told({ op, fields, feature }: Change) {
    const look = LOOKS.find((each) => each.op === op)
    const { from, to } = clockWords(this.span)
    const values = feature.properties ?? {}
    const stood = this.layer.fields
      .filter(({ name }) => values[name] !== null && values[name] !== undefined)
      .map(({ name }) => ({ name, old: values[name], new: values[name] }))
    return html`
      <p class="what">
        ${look ? html`<span class="op">${lookSwatch(look, this.layer)} ${say(look.title)}</span>` : nothing}
      </p>
      <p class="ends">${say('fromTo', { from, to })}</p>
      ${
        op === 'changed'
          ? this.#table(fields, ['before', 'after'])
          : this.#table(stood, op === 'added' ? ['after'] : ['before'])
      }
    `
  }

  #table(fields: readonly FieldChange[], sides: readonly ('before' | 'after')[]) {
    return html`
      <table>
        <thead>
          <tr>
            <th scope="col">${say('field')}</th>
            ${sides.map((side) => html`<th scope="col">${say(side)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${fields.map((each) => this.#row(each, sides))}
        </tbody>
      </table>
    `
  }

  #row(change: FieldChange, sides: readonly ('before' | 'after')[]) {
    if (change.name === GEOMETRY) {
      return html`<tr>
        <th scope="row">${say('shape')}</th>
        <td colspan=${sides.length}>${say('shapeChanged')}</td>
      </tr>`
    }
    const field = this.layer.fields.find(({ name }) => name === change.name)
    const value = (side: 'before' | 'after') => {
      const stored = side === 'before' ? change.old : change.new
      return field ? valueText(field, stored) : String(stored ?? '—')
    }
    return html`<tr>
      <th scope="row">${field ? named(field.title) : change.name}</th>
      ${sides.map((side) => html`<td class=${side}>${value(side)}</td>`)}
    </tr>`
  }

  async #read(wanted: string): Promise<void> {
    const again = this.#shown.startsWith(wanted)
    this.#shown = wanted + this.revision
    this.#abort.abort()
    const { signal } = (this.#abort = new AbortController())
    this.problem = null
    // What is open stays readable while it is read again.
    if (!again) this.change = undefined
    try {
      const change = await fetchChange(this.layer, this.fid, this.span, signal)
      if (!signal.aborted) this.change = change
    } catch (cause) {
      if (signal.aborted) return
      this.problem = cause instanceof ServerProblem ? cause : new ServerProblem(0, String(cause), String(cause))
    }
  }
}

customElements.define('change-card', ChangeCard)

import type { Position } from 'geojson'
import { css, html, nothing } from 'lit'
import { placeOf } from '../coordinates'
import type { Drawing } from '../drawing'
import { say } from '../language'
import '../messages/sketch'
import { Spoken } from './spoken'
import { theme } from './theme'

const DIGITS = 7
/** Rows shown around the chosen vertex; the others are reached by walking there. */
const ROWS = 60

/** The vertices under the hand: chosen, moved, added and removed by keyboard, or typed. */
export class VertexList extends Spoken {
  static override properties = {
    drawing: { attribute: false },
    vertices: { attribute: false },
    chosen: { attribute: false },
    meridian_deg: { attribute: false },
    typed: { state: true },
    wrong: { state: true },
  }
  declare drawing: Drawing
  declare vertices: readonly Position[]
  /** Number of the chosen vertex. */
  declare chosen: number | null
  declare meridian_deg: number
  /** What is being typed; null: the chosen vertex as it is. */
  declare typed: string | null
  declare wrong: string | null

  constructor() {
    super()
    this.typed = null
    this.wrong = null
  }

  static override styles = [
    theme,
    css`
      :host {
        display: block;
      }
      form {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
        align-items: end;
      }
      label {
        flex: 1 1 150px;
        color: var(--ink-2);
        font-size: 12px;
      }
      input {
        width: 100%;
        border: 1px solid var(--rule-2);
        border-radius: 8px;
        background: var(--paper);
        padding: 3px 8px;
        font-size: 13px;
        font-variant-numeric: tabular-nums;
      }
      input[aria-invalid='true'] {
        border-color: var(--seal);
      }
      .bad {
        color: var(--seal);
        font-size: 12px;
      }
      ol {
        max-height: 172px;
        margin-top: 8px;
        overflow-y: auto;
        border: 1px solid var(--rule);
        border-radius: 8px;
        background: var(--card);
      }
      li button[aria-pressed='true'] {
        background: var(--accent-soft);
        font-weight: 600;
      }
      li button {
        display: flex;
        justify-content: space-between;
        width: 100%;
        border: 0;
        border-radius: 0;
        padding: 2px 10px;
        font-size: 12px;
        font-variant-numeric: tabular-nums;
      }
      li button:focus-visible {
        outline-offset: -2px;
      }
      .more {
        padding: 2px 10px;
        color: var(--ink-3);
        font-size: 12px;
      }
    `,
  ]

  override render() {
    return html`${this.#field()}${this.drawing.busy === 'reshape' ? this.#list() : nothing}`
  }

  #field() {
    const moving = this.drawing.busy === 'reshape'
    if (moving && this.chosen === null) return nothing
    const vertex = moving ? this.vertices[this.chosen ?? 0] : undefined
    return html`<form
        @submit=${(event: SubmitEvent) => {
          event.preventDefault()
          this.#take()
        }}
      >
        <label
          >${moving ? say('vertexName', { number: (this.chosen ?? 0) + 1 }) : say('typedVertex')}
          <input
            spellcheck="false"
            autocomplete="off"
            placeholder=${moving ? nothing : '118.7909, 36.8560'}
            aria-invalid=${this.wrong !== null}
            aria-describedby=${this.wrong === null ? nothing : 'wrong'}
            .value=${this.typed ?? (vertex ? textOf(vertex) : '')}
            @input=${(event: Event) => {
              this.typed = (event.target as HTMLInputElement).value
              this.wrong = null
            }}
          />
        </label>
        <button>${say(moving ? 'moveVertex' : 'addVertex')}</button>
      </form>
      ${this.wrong === null ? nothing : html`<p id="wrong" class="bad" role="alert">${say('notCoordinates', { text: this.wrong })}</p>`}`
  }

  #list() {
    const first = Math.max(0, Math.min((this.chosen ?? 0) - ROWS / 2, this.vertices.length - ROWS))
    const shown = this.vertices.slice(first, first + ROWS)
    const left = this.vertices.length - shown.length
    return html`<ol
      aria-label=${say('vertexList')}
      @keydown=${(event: KeyboardEvent) => void this.#key(event)}
    >
      ${shown.map((vertex, index) => this.#row(vertex, first + index))}
      ${left ? html`<li class="more">${say('verticesMore', { count: left })}</li>` : nothing}
    </ol>`
  }

  #row(vertex: Position, number: number) {
    return html`<li>
      <button
        id="vertex-${number}"
        tabindex=${number === (this.chosen ?? 0) ? 0 : -1}
        aria-pressed=${number === this.chosen}
        @click=${() => this.#choose(number)}
        @focus=${() => this.#choose(number)}
      >
        <span>${number + 1}</span><span>${textOf(vertex)}</span>
      </button>
    </li>`
  }

  #choose(number: number): void {
    this.typed = null
    this.wrong = null
    this.drawing.choose(number)
  }

  #take(): void {
    const text = this.typed ?? ''
    const place = text.trim() ? placeOf(text, this.meridian_deg) : null
    if (!place) {
      if (text.trim()) this.wrong = text.trim()
      return
    }
    if (this.drawing.busy === 'reshape') this.drawing.moveTo(place.position)
    else this.drawing.add(place.position)
    this.typed = null
  }

  async #key(event: KeyboardEvent): Promise<void> {
    const last = this.vertices.length - 1
    const at = this.chosen ?? 0
    const to = { PageUp: at - 1, PageDown: at + 1, Home: 0, End: last }[event.key]
    if (to === undefined && event.key !== 'Tab' && event.key !== 'Enter' && this.drawing.key(event)) {
      event.preventDefault()
      event.stopPropagation()
      if (event.key === 'Escape') return
    } else if (to !== undefined) {
      event.preventDefault()
      this.#choose(Math.max(0, Math.min(last, to)))
    } else return
    // The new rows come with the next picture, from whoever holds the drawing.
    await new Promise(requestAnimationFrame)
    this.renderRoot.querySelector<HTMLElement>(`#vertex-${this.drawing.chosen ?? 0}`)?.focus()
  }
}

function textOf([lon = 0, lat = 0]: Position): string {
  return `${lon.toFixed(DIGITS)}, ${lat.toFixed(DIGITS)}`
}

customElements.define('vertex-list', VertexList)

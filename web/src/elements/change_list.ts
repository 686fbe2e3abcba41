import { css, html, nothing } from 'lit'
import { changesAddress, fetchChanges, GEOMETRY, type Change } from '../changes'
import { ServerProblem } from '../config'
import type { DifferenceTiles } from '../difference'
import { LOOKS } from '../difference_look'
import { nameOf } from '../items'
import { named, say } from '../language'
import '../messages/compare'
import type { Bounds4490, FeatureRef, Layer } from '../model'
import { buttonRows } from './button_rows'
import { differenceStyle, lookSwatch } from './difference_style'
import { Spoken } from './spoken'
import { theme } from './theme'

const PAGE = 200
/** The view may still move. */
const WAIT_MS = 300

/** What differs in view: how many of each kind, and which. Fires `choose` with a feature. */
export class ChangeList extends Spoken {
  static override properties = {
    layer: { attribute: false },
    tiles: { attribute: false },
    view: { attribute: false },
    zoom: { type: Number },
    selected: { attribute: false },
    changes: { state: true },
    next: { state: true },
    reading: { state: true },
    problem: { state: true },
  }
  declare layer: Layer
  /** The difference that is drawn: the list tells the same one. */
  declare tiles: DifferenceTiles | null
  declare view: Bounds4490
  declare zoom: number
  declare selected: FeatureRef | null
  declare changes: readonly Change[]
  /** Address of what is not read yet; null: nothing. */
  declare next: string | null
  declare reading: boolean
  declare problem: ServerProblem | null
  #asked = ''
  #timer: number | undefined
  #abort = new AbortController()

  static override styles = [
    theme,
    differenceStyle,
    buttonRows,
    css`
      :host {
        display: block;
      }
      h3 {
        margin: 12px 0 4px;
        font-size: 13px;
        font-weight: 600;
      }
      .legend {
        display: flex;
        flex-direction: column;
        gap: 4px;
        border-radius: 10px;
        background: var(--paper);
        padding: 8px 12px;
      }
      .legend li {
        display: flex;
        align-items: center;
      }
      .legend .number {
        margin-left: auto;
        font-weight: 600;
        font-variant-numeric: tabular-nums;
      }
      .hint {
        margin-top: 8px;
        border-radius: 8px;
        background: var(--warn-soft);
        padding: 4px 10px;
        color: var(--warn);
        font-size: 12px;
      }
      .bad {
        color: var(--seal);
      }
      .note {
        margin-top: 8px;
        color: var(--ink-2);
        font-size: 13px;
      }
      .more {
        margin-top: 8px;
      }
    `,
  ]

  constructor() {
    super()
    this.changes = []
    this.next = null
    this.reading = false
    this.problem = null
  }

  override willUpdate(): void {
    const wanted = JSON.stringify([this.tiles?.template ?? null, this.view])
    if (wanted === this.#asked) return
    this.#asked = wanted
    window.clearTimeout(this.#timer)
    this.#abort.abort()
    this.reading = this.tiles !== null
    if (!this.tiles) {
      this.changes = []
      this.next = null
    }
    if (this.tiles) this.#timer = window.setTimeout(() => void this.#read(null), WAIT_MS)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    window.clearTimeout(this.#timer)
    this.#abort.abort()
    this.#asked = ''
  }

  override render() {
    const generalised = this.tiles !== null && this.zoom < this.tiles.complete
    return html`
      <h3>${say('legendOfDifference')}</h3>
      <ul class="legend" aria-label=${say('legendOfDifference')}>
        ${LOOKS.map((look) => {
          const count = this.changes.filter(({ op }) => op === look.op).length
          return html`<li>
            <span class="op">${lookSwatch(look, this.layer)} ${say(look.title)}</span>
            <span class="number">${say(this.next ? 'changesAtLeast' : 'changesCount', { count })}</span>
          </li>`
        })}
      </ul>
      ${generalised ? html`<p class="hint">${say('zoomInForAll')}</p>` : nothing}
      <h3 id="in-view">${say('changesInView')}</h3>
      <div role="status">${this.#state()}</div>
      <ul class="list rows" aria-labelledby="in-view">
        ${this.changes.map((change) => this.#change(change))}
      </ul>
      ${
        this.next
          ? html`<p class="hint">${say('moreThere')}</p>
              <button class="more" ?disabled=${this.reading} @click=${() => void this.#read(this.next)}>
                ${say('readMore')}
              </button>`
          : nothing
      }
    `
  }

  #state() {
    if (this.problem) {
      const { status, words } = this.problem
      return html`<p class="note bad">${words} ${status >= 500 ? say('zoomInToList') : nothing}</p>`
    }
    if (this.reading) return html`<p class="note">${say('reading')}</p>`
    return this.changes.length ? nothing : html`<p class="note">${say('noChanges')}</p>`
  }

  #change({ fid, op, feature, fields }: Change) {
    const look = LOOKS.find((each) => each.op === op)
    const current = this.selected?.fid === fid && this.selected.layer === this.layer.id
    const titles = fields.map(({ name }) => {
      const field = this.layer.fields.find((each) => each.name === name)
      return name === GEOMETRY ? say('shape') : field ? named(field.title) : name
    })
    return html`<li>
      <button
        aria-current=${current ? 'true' : nothing}
        @click=${() =>
          this.dispatchEvent(new CustomEvent('choose', { detail: { layer: this.layer.id, fid } }))}
      >
        ${look ? html`<span class="op">${lookSwatch(look, this.layer)} ${say(look.title)}</span>` : nothing}
        <span lang="zh-CN">${nameOf(this.layer, fid, feature.properties)}</span>
        <span class="of">${titles.join(say('comma'))}</span>
      </button>
    </li>`
  }

  /** The first page, or the one at this address after those that are there. */
  async #read(next: string | null): Promise<void> {
    const { tiles, layer, view } = this
    if (!tiles) return
    this.#abort.abort()
    const { signal } = (this.#abort = new AbortController())
    this.reading = true
    this.problem = null
    try {
      const url = next ? new URL(next) : changesAddress(layer.id, tiles.pinned, view, PAGE)
      const page = await fetchChanges(url, signal)
      if (signal.aborted) return
      this.changes = next ? [...this.changes, ...page.changes] : page.changes
      this.next = page.next
    } catch (cause) {
      if (signal.aborted) return
      this.changes = next ? this.changes : []
      this.problem = cause instanceof ServerProblem ? cause : new ServerProblem(0, String(cause), String(cause))
    }
    this.reading = false
  }
}

customElements.define('change-list', ChangeList)

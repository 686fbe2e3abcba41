import { css, html, nothing, type PropertyValues } from 'lit'
import { drawnPlace } from '../address'
import { ServerProblem } from '../config'
import { say } from '../language'
import { decide, doubtful, type Candidate, type Decision, type Doubtful } from '../list_work'
import type { Message } from '../messages'
import '../messages/lists'
import type { Position4490 } from '../model'
import { PanelElement } from './panel_element'
import { theme } from './theme'

const REACH_DEG = 0.004
const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }
const DECIDED: Readonly<Record<Doubtful['state'], Message | null>> = {
  pending: null,
  accepted: 'reviewAccepted',
  rejected: 'reviewRejected',
}

/** Texts that a person decides, by keyboard beside the map. */
export class ListReview extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    task: { attribute: false },
    texts: { state: true },
    at: { state: true },
    problem: { state: true },
  }
  declare task: string
  declare texts: readonly Doubtful[] | null
  declare at: number
  declare problem: string | null
  #abort = new AbortController()
  /** Places of what was decided, the last one at the end. */
  #decided: number[] = []
  #busy = false

  constructor() {
    super()
    this.texts = null
    this.at = 0
    this.problem = null
  }

  static override styles = [
    theme,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
        height: 100%;
      }
      .list,
      .one {
        min-height: 0;
        overflow: auto;
        padding: 8px 12px;
      }
      .one {
        border-left: 1px solid var(--rule);
      }
      .keys,
      .about {
        color: var(--ink-2);
        font-size: 12px;
      }
      [role='option'] {
        display: flex;
        gap: 8px;
        justify-content: space-between;
        border-radius: 6px;
        padding: 3px 8px;
        overflow-wrap: anywhere;
        cursor: pointer;
      }
      [role='option'][aria-selected='true'] {
        background: var(--accent-soft);
        color: var(--accent);
      }
      .text {
        font: 600 15px/1.5 var(--serif);
        overflow-wrap: anywhere;
      }
      .candidates button {
        display: grid;
        grid-template-columns: 1.6em minmax(0, 1fr) auto;
        gap: 4px;
        width: 100%;
        margin-top: 4px;
        text-align: left;
        overflow-wrap: anywhere;
      }
      h3 {
        margin-top: 10px;
        font-size: 13px;
      }
      .number {
        font-variant-numeric: tabular-nums;
      }
      .actions {
        display: flex;
        gap: 8px;
        margin-top: 8px;
      }
      .bad {
        color: var(--seal);
      }
    `,
  ]

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('task')) return
    this.texts = null
    this.at = 0
    this.#decided = []
    void this.#read(0)
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('at') || (changed.has('texts') && !changed.get('texts'))) {
      this.#show(this.texts?.[this.at]?.candidates[0]?.position ?? null)
    }
    this.renderRoot.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
  }

  override render() {
    const { texts, problem } = this
    if (!texts) return html`<p class="about" role="status">${problem ?? say('reading')}</p>`
    const left = texts.filter(({ state }) => state === 'pending').length
    if (!texts.length) return html`<p class="about" role="status">${say('reviewNone')}</p>`
    return html`
      <div class="list">
        <p class="keys" id="keys">${say('reviewKeys')} · ${say('reviewLeft', { count: left })}</p>
        <div
          role="listbox"
          tabindex="0"
          aria-label=${say('reviewTexts')}
          aria-describedby="keys"
          aria-activedescendant=${`text-${this.at}`}
          lang="zh-CN"
          @keydown=${this.#key}
        >
          ${texts.map((each, place) => this.#line(each, place))}
        </div>
      </div>
      <div class="one">
        ${problem ? html`<p class="bad" role="alert">${problem}</p>` : nothing}
        ${this.#one(texts[this.at])}
      </div>
    `
  }

  #line({ text, rows, state }: Doubtful, place: number) {
    const decided = DECIDED[state]
    return html`<div
      role="option"
      id=${`text-${place}`}
      aria-selected=${place === this.at}
      @click=${() => (this.at = place)}
    >
      <span>${text}</span>
      <span class="about">${decided ? say(decided) : say('reviewRows', { count: rows })}</span>
    </div>`
  }

  #one(text: Doubtful | undefined) {
    if (!text) return nothing
    return html`
      <p class="text" lang="zh-CN">${text.text}</p>
      <p class="about" lang="zh-CN">${text.said}</p>
      <h3>${say('reviewCandidates')}</h3>
      ${text.candidates.length ? nothing : html`<p class="about">${say('reviewNothing')}</p>`}
      <div class="candidates" lang="zh-CN">
        ${text.candidates.map((each, place) => this.#candidate(each, place))}
      </div>
      <div class="actions">
        <button ?disabled=${text.state !== 'pending'} @click=${() => this.#decide({ reject: true })}>
          0 ${say('reviewReject')}
        </button>
        <button ?disabled=${!this.#decided.length} @click=${() => this.#undo()}>U ${say('reviewUndo')}</button>
      </div>
    `
  }

  /** Where a candidate lies, in the middle of what is seen of the map. */
  #show(position: Position4490 | null): void {
    const { stage } = this.workbench
    stage?.sketch(position ? drawnPlace(position, null) : [])
    if (!position) return
    const [lon, lat] = position
    stage?.reveal([lon - REACH_DEG, lat - REACH_DEG, lon + REACH_DEG, lat + REACH_DEG])
  }

  #candidate({ component, text, level, confidence, position }: Candidate, place: number) {
    const show = () => this.#show(position)
    return html`<button @focus=${show} @pointerenter=${show} @click=${() => this.#decide({ accept: component })}>
      <b class="number">${place + 1}</b>
      <span>${text}</span>
      <span class="about number">${level} ${confidence}</span>
    </button>`
  }

  #key = (event: KeyboardEvent): void => {
    const { texts } = this
    if (!texts || event.ctrlKey || event.altKey || event.metaKey) return
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
    const step = STEPS[key]
    if (step) this.at = Math.min(Math.max(this.at + step, 0), texts.length - 1)
    else if (key === '0') void this.#decide({ reject: true })
    else if (key === 'u') void this.#undo()
    else if (/^[1-5]$/.test(key)) {
      const chosen = texts[this.at]?.candidates[Number(key) - 1]
      if (chosen) void this.#decide({ accept: chosen.component })
    } else return
    event.preventDefault()
  }

  async #decide(decision: Decision): Promise<void> {
    const place = this.at
    const text = this.texts?.[place]
    if (text?.state !== 'pending' || !(await this.#write(place, text, decision))) return
    this.#decided.push(place)
    const next = this.texts?.findIndex(({ state }, other) => other > place && state === 'pending') ?? -1
    if (next >= 0) this.at = next
    else await this.#read(this.texts?.at(-1)?.number ?? 0)
  }

  async #undo(): Promise<void> {
    const place = this.#decided.at(-1)
    const text = place === undefined ? undefined : this.texts?.[place]
    if (place === undefined || !text || !(await this.#write(place, text, { undo: true }))) return
    this.#decided.pop()
    this.at = place
  }

  /** Whether it was taken; one decision after the other. */
  async #write(place: number, text: Doubtful, decision: Decision): Promise<boolean> {
    if (this.#busy) return false
    this.#busy = true
    this.problem = null
    try {
      const now = await decide(this.task, text, decision)
      this.texts = this.texts?.map((each, other) => (other === place ? now : each)) ?? null
      return true
    } catch (cause) {
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
      return false
    } finally {
      this.#busy = false
    }
  }

  /** The next texts, behind those that are there. */
  async #read(after: number): Promise<void> {
    try {
      const more = await doubtful(this.task, after, this.#abort.signal)
      const held = this.texts ?? []
      this.texts = [...held, ...more]
      if (more.length && held.length) this.at = held.length
    } catch (cause) {
      if (this.#abort.signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    }
  }
}

customElements.define('list-review', ListReview)

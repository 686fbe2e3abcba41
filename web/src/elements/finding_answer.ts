import { css, html, nothing } from 'lit'
import { readable } from '../clock'
import { ServerProblem } from '../config'
import { answerFinding, type Finding, type FindingAction, type FindingState } from '../findings'
import { NOBODY, whoAmI, type Me } from '../identity'
import { say } from '../language'
import type { Message } from '../messages'
import '../messages/findings'
import { partStyle } from './part_style'
import { Spoken } from './spoken'
import { theme } from './theme'

export const FINDING_NAMES: Readonly<Record<FindingState | 'noted', Message>> = {
  raised: 'findingRaised',
  acknowledged: 'findingAcknowledged',
  handled: 'findingHandled',
  closed: 'findingClosed',
  noted: 'findingNoted',
}
const STEPS: Readonly<Record<FindingAction, Message>> = {
  acknowledged: 'findingDoAcknowledge',
  handled: 'findingDoHandle',
  closed: 'findingDoClose',
  noted: 'findingDoNote',
}

/** A finding's receipts and the answer to it. Fires `answered` when a receipt was written. */
export class FindingAnswer extends Spoken {
  static override properties = {
    finding: { attribute: false },
    me: { state: true },
    chosen: { state: true },
    note: { state: true },
    author: { state: true },
    department: { state: true },
    sending: { state: true },
    problem: { state: true },
  }
  declare finding: Finding
  declare me: Me
  /** The action that was chosen; null: none was. */
  declare chosen: FindingAction | null
  declare note: string
  /** Who acts, where that is this machine. */
  declare author: string
  declare department: string
  declare sending: boolean
  declare problem: string | null
  #abort = new AbortController()

  constructor() {
    super()
    this.me = NOBODY
    this.chosen = null
    this.note = ''
    this.author = ''
    this.department = ''
    this.sending = false
    this.problem = null
  }

  static override styles = [
    theme,
    partStyle,
    css`
      textarea {
        min-height: 52px;
        resize: vertical;
      }
      ol {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        border-left: 2px solid var(--rule-2);
        padding: 2px 0 6px 12px;
        overflow-wrap: anywhere;
      }
      li small {
        color: var(--ink-2);
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#abort = new AbortController()
    void this.#guarded(async () => {
      this.me = await whoAmI()
    })
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
  }

  /** What was chosen, as long as the finding, which comes anew with every look, may be answered so. */
  get #action(): FindingAction {
    const { steps } = this.finding
    return this.chosen && steps.includes(this.chosen) ? this.chosen : (steps[0] ?? 'noted')
  }

  override render() {
    const { answers, steps } = this.finding
    return html`
      <p class="name">${say('findingReceipts')}</p>
      ${answers.length ? nothing : html`<p class="small">${say('findingNoReceipt')}</p>`}
      <ol>
        ${answers.map(
          ({ action, department, subject, note, recorded_at, stands }) => html`<li>
            <strong>${say(FINDING_NAMES[action])}</strong>
            <small>${readable(recorded_at)} · ${department} · ${subject}${stands ? '' : ` ${say('findingPast')}`}</small>
            ${note ? html`<br />${note}` : nothing}
          </li>`,
        )}
      </ol>
      ${steps.length ? this.#form(steps) : html`<p class="small">${say('findingMayNot')}</p>`}
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
    `
  }

  #form(steps: readonly FindingAction[]) {
    const step = (each: FindingAction) =>
      say(each === 'acknowledged' && this.finding.state === 'handled' ? 'findingDoReturn' : STEPS[each])
    return html`<form
      novalidate
      @submit=${(event: SubmitEvent) => {
        event.preventDefault()
        void this.#send()
      }}
    >
      <label for="action">${say('findingAction')}</label>
      <select
        id="action"
        @change=${(event: Event) => (this.chosen = (event.target as HTMLSelectElement).value as FindingAction)}
      >
        ${steps.map((each) => html`<option value=${each} ?selected=${each === this.#action}>${step(each)}</option>`)}
      </select>
      <label for="note">${say('findingNote')}</label>
      <textarea
        id="note"
        maxlength="2000"
        .value=${this.note}
        @input=${(event: Event) => (this.note = (event.target as HTMLTextAreaElement).value)}
      ></textarea>
      ${this.me.origin === 'local' ? this.#by() : nothing}
      <div class="actions">
        <button class="primary" aria-disabled=${this.sending}>${say(this.sending ? 'findingSending' : 'findingSend')}</button>
      </div>
    </form>`
  }

  #by() {
    return html`<div class="pair">
      <div>
        <label for="author">${say('findingAuthor')}</label>
        <input
          id="author"
          type="text"
          maxlength="200"
          .value=${this.author}
          @input=${(event: Event) => (this.author = (event.target as HTMLInputElement).value)}
        />
      </div>
      <div>
        <label for="department">${say('findingDepartment')}</label>
        <input
          id="department"
          type="text"
          maxlength="200"
          .value=${this.department}
          @input=${(event: Event) => (this.department = (event.target as HTMLInputElement).value)}
        />
      </div>
    </div>`
  }

  async #send(): Promise<void> {
    if (this.sending) return
    const { finding } = this
    const action = this.#action
    const note = this.note.trim()
    const local = this.me.origin === 'local'
    const by = local ? { author: this.author.trim(), department: this.department.trim() } : null
    this.problem = null
    if (action !== 'acknowledged' && !note) this.problem = say('findingNoteMissing')
    else if (by && !(by.author && by.department)) this.problem = say('findingByMissing')
    if (this.problem) return
    this.sending = true
    await this.#guarded(async (signal) => {
      await answerFinding(finding, action, note, by, signal)
      this.note = ''
      this.chosen = null
      this.dispatchEvent(new CustomEvent('answered'))
    })
    this.sending = false
  }

  async #guarded(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this.#abort
    try {
      await work(signal)
    } catch (cause) {
      if (signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    }
  }
}

customElements.define('finding-answer', FindingAnswer)

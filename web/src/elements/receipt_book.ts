import { css, html, nothing } from 'lit'
import { readable } from '../clock'
import { ServerProblem } from '../config'
import { NOBODY, whoAmI, type Me } from '../identity'
import { say } from '../language'
import '../messages/receipts'
import { partStyle } from './part_style'
import { Spoken } from './spoken'
import { theme } from './theme'

/** What somebody did about it, as the book shows it. */
export interface Receipt {
  readonly title: string
  readonly subject: string
  readonly department: string
  readonly note: string
  readonly recorded_at: string
  /** It answers what stands now, not an earlier judgement. */
  readonly stands: boolean
}

/** What may be done now. */
export interface Step {
  readonly action: string
  readonly title: string
  /** It needs no note. */
  readonly bare: boolean
  readonly write: (note: string, by: By | null, signal: AbortSignal) => Promise<void>
}

/** Who acts, where that is this machine. */
export interface By {
  readonly author: string
  readonly department: string
}

/** The receipts of what asks for an answer, and the form that writes one. Fires `answered` when one was written. */
export class ReceiptBook extends Spoken {
  static override properties = {
    receipts: { attribute: false },
    steps: { attribute: false },
    barred: { attribute: false },
    me: { state: true },
    chosen: { state: true },
    note: { state: true },
    author: { state: true },
    department: { state: true },
    sending: { state: true },
    problem: { state: true },
  }
  declare receipts: readonly Receipt[]
  declare steps: readonly Step[]
  /** Why there is no step. */
  declare barred: string
  declare me: Me
  declare chosen: string | null
  declare note: string
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
        min-height: 56px;
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

  override render() {
    const { receipts, steps } = this
    return html`
      <p class="name">${say('receipts')}</p>
      ${receipts.length ? nothing : html`<p class="small">${say('receiptNone')}</p>`}
      <ol>
        ${receipts.map(
          ({ title, department, subject, note, recorded_at, stands }) => html`<li>
            <strong>${title}</strong>
            <small>${readable(recorded_at)} · ${department} · ${subject}${stands ? '' : ` ${say('receiptPast')}`}</small>
            ${note ? html`<br />${note}` : nothing}
          </li>`,
        )}
      </ol>
      ${steps.length ? this.#form(steps) : html`<p class="small">${this.barred}</p>`}
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
    `
  }

  /** What was chosen, as long as it may still be done: the steps come anew with every look. */
  get #step(): Step | undefined {
    return this.steps.find(({ action }) => action === this.chosen) ?? this.steps[0]
  }

  #form(steps: readonly Step[]) {
    return html`<form
      novalidate
      @submit=${(event: SubmitEvent) => {
        event.preventDefault()
        void this.#send()
      }}
    >
      <label for="action">${say('receiptAction')}</label>
      <select id="action" @change=${(event: Event) => (this.chosen = (event.target as HTMLSelectElement).value)}>
        ${steps.map((each) => html`<option value=${each.action} ?selected=${each === this.#step}>${each.title}</option>`)}
      </select>
      <label for="note">${say('receiptNote')}</label>
      <textarea
        id="note"
        maxlength="2000"
        .value=${this.note}
        @input=${(event: Event) => (this.note = (event.target as HTMLTextAreaElement).value)}
      ></textarea>
      ${this.me.origin === 'local' ? this.#by() : nothing}
      <div class="actions">
        <button class="primary" aria-disabled=${this.sending}>${say(this.sending ? 'receiptSending' : 'receiptSend')}</button>
      </div>
    </form>`
  }

  #by() {
    return html`<div class="pair">
      <div>
        <label for="author">${say('receiptAuthor')}</label>
        <input
          id="author"
          type="text"
          maxlength="200"
          .value=${this.author}
          @input=${(event: Event) => (this.author = (event.target as HTMLInputElement).value)}
        />
      </div>
      <div>
        <label for="department">${say('receiptDepartment')}</label>
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
    const step = this.#step
    if (this.sending || !step) return
    const note = this.note.trim()
    const local = this.me.origin === 'local'
    const by = local ? { author: this.author.trim(), department: this.department.trim() } : null
    this.problem = null
    if (!step.bare && !note) this.problem = say('receiptNoteMissing')
    else if (by && !(by.author && by.department)) this.problem = say('receiptByMissing')
    if (this.problem) return
    this.sending = true
    await this.#guarded(async (signal) => {
      await step.write(note, by, signal)
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

customElements.define('receipt-book', ReceiptBook)

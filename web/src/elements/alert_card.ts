import { css, html, nothing, type PropertyValues } from 'lit'
import { answer, read, shareOf, type Action, type Alert, type State, type Whole } from '../alerts'
import { readable } from '../clock'
import { ServerProblem } from '../config'
import { NOBODY, whoAmI, type Me } from '../identity'
import { say } from '../language'
import type { Message } from '../messages'
import '../messages/alerts'
import { areaText, decimalText, percentText } from '../quantities'
import { partStyle } from './part_style'
import { Spoken } from './spoken'
import { theme } from './theme'

export const STATE_NAMES: Readonly<Record<State, Message>> = {
  raised: 'alertRaised',
  acknowledged: 'alertAcknowledged',
  handled: 'alertHandled',
  closed: 'alertClosed',
}
const RECEIPTS: Readonly<Record<Action, Message>> = { ...STATE_NAMES, noted: 'alertNoted' }
const STEPS: Readonly<Record<Action, Message>> = {
  raised: 'alertRaised',
  acknowledged: 'alertDoAcknowledge',
  handled: 'alertDoHandle',
  closed: 'alertDoClose',
  noted: 'alertDoNote',
}

/**
 * One alert, opened: its figures, receipts and answer. Fires `read` with the whole of it,
 * `answered` when a receipt was written.
 */
export class AlertCard extends Spoken {
  static override properties = {
    alert: { attribute: false },
    open: { attribute: false },
    me: { state: true },
    whole: { state: true },
    action: { state: true },
    note: { state: true },
    author: { state: true },
    department: { state: true },
    sending: { state: true },
    problem: { state: true },
  }
  declare alert: Alert
  declare open: boolean
  declare me: Me
  declare whole: Whole | null
  declare action: Action
  declare note: string
  /** Who acts, where that is this machine. */
  declare author: string
  declare department: string
  declare sending: boolean
  declare problem: string | null
  #abort = new AbortController()

  constructor() {
    super()
    this.open = false
    this.me = NOBODY
    this.whole = null
    this.action = 'noted'
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
      :host([hidden]) {
        display: none;
      }
      textarea {
        min-height: 56px;
        resize: vertical;
      }
      .receipts li {
        border-left: 2px solid var(--rule-2);
        padding: 2px 0 6px 12px;
        overflow-wrap: anywhere;
      }
      .receipts small {
        color: var(--ink-2);
      }
    `,
  ]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('open') && !changed.has('alert')) return
    this.#abort.abort()
    if (this.open) void this.#read()
  }

  override render() {
    if (!this.open) return nothing
    const { alert, whole } = this
    const share = shareOf(alert)
    const side = say(alert.side === 'at-most' ? 'alertAtMost' : 'alertAtLeast')
    return html`<div class="body">
      <dl>
        <dt>${say('alertValue')}</dt>
        <dd>
          ${figure(alert.value, alert.unit)}
          ${share === null ? nothing : html`<small>${say('alertOfLimit', { share: percentText(share) })}</small>`}
        </dd>
        <dt>${say('alertLimit')}</dt>
        <dd>
          ${side} ${figure(alert.limit, alert.unit)}
          ${alert.verified ? nothing : html`<span class="seal">${say('alertUnverified')}</span>`}
        </dd>
        <dt>${say('alertDocument')}</dt>
        <dd lang="zh-CN">${alert.document}</dd>
        <dt>${say('alertRegion')}</dt>
        <dd>${alert.region === 'city' ? say('alertCity') : alert.region}</dd>
        <dt>${say('alertRaised')}</dt>
        <dd>${readable(alert.raised_at)}</dd>
      </dl>
      ${alert.follows === null ? nothing : html`<p class="small">${say('alertFollows', { number: alert.follows })}</p>`}
      ${whole ? this.#told(whole) : html`<p class="small" role="status">${say('reading')}</p>`}
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
    </div>`
  }

  #told(whole: Whole) {
    return html`
      ${
        whole.changed
          ? html`<button @click=${() => this.dispatchEvent(new CustomEvent('read', { detail: whole }))}>
              ${say('alertShow')}
            </button>`
          : html`<p class="small">${say(whole.limited ? 'alertWithheld' : 'alertNoPlace')}</p>`
      }
      <p class="name">${say('alertReceipts')}</p>
      <ol class="receipts">
        ${whole.receipts.map(
          ({ action, department, subject, note, recorded_at }) => html`<li>
            <strong>${say(RECEIPTS[action])}</strong>
            <small>${readable(recorded_at)} · ${department} · ${subject}</small>
            ${note ? html`<br />${note}` : nothing}
          </li>`,
        )}
      </ol>
      ${whole.steps.length ? this.#answer(whole) : html`<p class="small">${say('alertMayNot')}</p>`}
    `
  }

  #answer(whole: Whole) {
    const step = (each: Action) =>
      say(each === 'acknowledged' && whole.state === 'handled' ? 'alertDoReturn' : STEPS[each])
    return html`<form
      novalidate
      @submit=${(event: SubmitEvent) => {
        event.preventDefault()
        void this.#send(whole)
      }}
    >
      <label for="action">${say('alertAction')}</label>
      <select id="action" @change=${(event: Event) => (this.action = (event.target as HTMLSelectElement).value as Action)}>
        ${whole.steps.map((each) => html`<option value=${each} ?selected=${each === this.action}>${step(each)}</option>`)}
      </select>
      <label for="note">${say('alertNote')}</label>
      <textarea
        id="note"
        maxlength="2000"
        .value=${this.note}
        @input=${(event: Event) => (this.note = (event.target as HTMLTextAreaElement).value)}
      ></textarea>
      ${
        this.me.origin === 'local'
          ? html`<div class="pair">
              <div>
                <label for="author">${say('alertAuthor')}</label>
                <input
                  id="author"
                  type="text"
                  maxlength="200"
                  .value=${this.author}
                  @input=${(event: Event) => (this.author = (event.target as HTMLInputElement).value)}
                />
              </div>
              <div>
                <label for="department">${say('alertDepartment')}</label>
                <input
                  id="department"
                  type="text"
                  maxlength="200"
                  .value=${this.department}
                  @input=${(event: Event) => (this.department = (event.target as HTMLInputElement).value)}
                />
              </div>
            </div>`
          : nothing
      }
      <div class="actions">
        <button class="primary" aria-disabled=${this.sending}>${say(this.sending ? 'alertSending' : 'alertSend')}</button>
      </div>
    </form>`
  }

  async #read(): Promise<void> {
    this.#abort = new AbortController()
    this.problem = null
    await this.#guarded(async (signal) => {
      this.me = await whoAmI()
      const whole = await read(this.alert.id, signal)
      this.whole = whole
      this.action = whole.steps[0] ?? 'noted'
      this.dispatchEvent(new CustomEvent('read', { detail: whole }))
    })
  }

  async #send(whole: Whole): Promise<void> {
    if (this.sending) return
    const { action, note } = this
    const local = this.me.origin === 'local'
    const by = local ? { author: this.author.trim(), department: this.department.trim() } : null
    this.problem = null
    if (action !== 'acknowledged' && !note.trim()) this.problem = say('alertNoteMissing')
    else if (by && !(by.author && by.department)) this.problem = say('alertByMissing')
    if (this.problem) return
    this.sending = true
    await this.#guarded(async (signal) => {
      await answer(whole, action, note.trim(), by, signal)
      this.note = ''
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

/** Areas as planners read them; the API tells every digit. */
function figure(value: string, unit: string): string {
  return unit === 'm²' ? areaText(Number(value)) : `${decimalText(value)} ${unit}`
}

customElements.define('alert-card', AlertCard)

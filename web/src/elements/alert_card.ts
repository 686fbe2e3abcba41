import { css, html, nothing, type PropertyValues } from 'lit'
import { answer, read, shareOf, type Action, type Alert, type State, type Whole } from '../alerts'
import { readable } from '../clock'
import { ServerProblem } from '../config'
import { say } from '../language'
import type { Message } from '../messages'
import '../messages/alerts'
import { areaText, decimalText, percentText } from '../quantities'
import { partStyle } from './part_style'
import './receipt_book'
import type { Step } from './receipt_book'
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
    whole: { state: true },
    problem: { state: true },
  }
  declare alert: Alert
  declare open: boolean
  declare whole: Whole | null
  declare problem: string | null
  #abort = new AbortController()

  constructor() {
    super()
    this.open = false
    this.whole = null
    this.problem = null
  }

  static override styles = [
    theme,
    partStyle,
    css`
      :host([hidden]) {
        display: none;
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
    const { alert, whole } = this
    if (!this.open && !whole) return nothing // what is written in the form stays while the card is closed
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
      <receipt-book
        .receipts=${whole.receipts.map((each) => ({ ...each, title: say(RECEIPTS[each.action]), stands: true }))}
        .steps=${this.#steps(whole)}
        .barred=${say('alertMayNot')}
        @answered=${() => this.dispatchEvent(new CustomEvent('answered'))}
      ></receipt-book>
    `
  }

  #steps(whole: Whole): readonly Step[] {
    return whole.steps.map((action) => ({
      action,
      title: say(action === 'acknowledged' && whole.state === 'handled' ? 'alertDoReturn' : STEPS[action]),
      bare: action === 'acknowledged',
      write: (note, by, signal) => answer(whole, action, note, by, signal),
    }))
  }

  async #read(): Promise<void> {
    this.#abort = new AbortController()
    this.problem = null
    const { signal } = this.#abort
    try {
      const whole = await read(this.alert.id, signal)
      this.whole = whole
      this.dispatchEvent(new CustomEvent('read', { detail: whole }))
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

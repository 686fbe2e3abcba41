import { css, html, nothing } from 'lit'
import { fromTyped, isWallTime, typed } from '../clock'
import { say } from '../language'
import type { Message } from '../messages'
import type { Times } from '../model'
import { Spoken } from './spoken'
import { theme } from './theme'

type Clock = keyof Times

const CLOCKS: readonly (readonly [Clock, Message, Message])[] = [
  ['datetime', 'validTime', 'validTimeMeans'],
  ['asof', 'recordedTime', 'recordedTimeMeans'],
]

/** The two clocks of every feature. Fires `times` with what changed. */
export class TimePanel extends Spoken {
  static override properties = { times: { attribute: false }, wrong: { state: true } }
  declare times: Times
  /** The clock whose text is no instant. */
  declare wrong: Clock | null

  constructor() {
    super()
    this.wrong = null
  }

  static override styles = [
    theme,
    css`
      :host {
        display: block;
      }
      .clocks {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: 4px 8px;
      }
      .clock {
        min-width: 0;
      }
      label {
        display: block;
        margin-bottom: 2px;
        color: var(--ink-2);
        font-size: 12px;
      }
      .field {
        position: relative;
        display: flex;
        flex: 1;
        min-width: 0;
        border: 1px solid var(--rule-2);
        border-radius: 8px;
        background: var(--paper);
      }
      .field:focus-within {
        border-color: var(--accent);
      }
      .field.past {
        border-color: var(--seal);
        background: var(--seal-soft);
      }
      input {
        flex: 1;
        min-width: 0;
        border: 0;
        border-radius: 8px;
        background: none;
        padding: 4px 0 4px 8px;
        font-size: 13px;
        font-variant-numeric: tabular-nums;
      }
      input::placeholder {
        color: var(--ink-3);
        opacity: 1;
      }
      .picker {
        position: absolute;
        right: 0;
        bottom: 0;
        width: 1px;
        height: 1px;
        padding: 0;
        opacity: 0;
        pointer-events: none;
      }
      .field button {
        padding: 4px 6px;
        color: var(--ink-3);
        line-height: 1;
      }
      .field.past button {
        color: var(--seal);
      }
      #wrong {
        margin-top: 4px;
        color: var(--seal);
        font-size: 12px;
      }
    `,
  ]

  override render() {
    return html`
      <div class="clocks" role="group" aria-label=${say('clocks')}>
        ${CLOCKS.map(([clock, title, meaning]) => this.#clock(clock, title, meaning))}
      </div>
      ${this.wrong ? html`<p id="wrong" role="alert">${say('wrongTime')}</p>` : nothing}
    `
  }

  #clock(clock: Clock, title: Message, meaning: Message) {
    const value = this.times[clock]
    return html`
      <div class="clock">
        <label for=${clock} title="${say(meaning)} ${say('beijing')}">${say(title)}</label>
        <span class="field ${value ? 'past' : ''}">
          <input
            id=${clock}
            type="text"
            inputmode="numeric"
            autocomplete="off"
            placeholder=${say('now')}
            title="${say(meaning)} ${say('beijing')} ${say('timeForm')}"
            .value=${value ? typed(value) : ''}
            aria-invalid=${this.wrong === clock}
            aria-describedby=${this.wrong === clock ? 'wrong' : nothing}
            @change=${(event: Event) => this.#entered(clock, event.target as HTMLInputElement)}
          />
          ${value ? this.#backToNow(clock, title) : this.#calendar(clock)}
        </span>
      </div>
    `
  }

  #backToNow(clock: Clock, title: Message) {
    const label = say('clockToNow', { clock: say(title) })
    return html`<button class="plain" aria-label=${label} title=${label} @click=${() => this.#reset(clock)}>
      ✕
    </button>`
  }

  /** The browser's own calendar, where it can be opened from a button (Chromium 99 and newer). */
  #calendar(clock: Clock) {
    if (!('showPicker' in HTMLInputElement.prototype)) return nothing
    const open = (event: Event) => {
      const button = event.currentTarget as HTMLElement
      ;(button.nextElementSibling as HTMLInputElement).showPicker()
    }
    return html`
      <button class="plain" aria-label=${say('calendar')} title=${say('calendar')} @click=${open}>
        <svg width="15" height="15" viewBox="0 0 15 15" aria-hidden="true">
          <path
            d="M1.5 3h12v10.5h-12zM1.5 6.2h12M4.5 1v3M10.5 1v3"
            fill="none"
            stroke="currentColor"
            stroke-width="1.2"
          ></path>
        </svg>
      </button>
      <input
        class="picker"
        type="datetime-local"
        tabindex="-1"
        aria-hidden="true"
        @change=${(event: Event) => this.#picked(clock, event.target as HTMLInputElement)}
      />
    `
  }

  #entered(clock: Clock, input: HTMLInputElement): void {
    const wallTime = fromTyped(input.value)
    this.wrong = input.value.trim() && !wallTime ? clock : null
    if (!this.wrong) this.#fire(clock, wallTime)
  }

  #picked(clock: Clock, input: HTMLInputElement): void {
    this.wrong = null
    this.#fire(clock, isWallTime(input.value) ? input.value : null)
  }

  #reset(clock: Clock): void {
    this.wrong = null
    const input = this.renderRoot.querySelector<HTMLInputElement>(`#${clock}`)
    if (input) input.value = ''
    this.#fire(clock, null)
  }

  #fire(clock: Clock, value: string | null): void {
    this.dispatchEvent(new CustomEvent<Partial<Times>>('times', { detail: { [clock]: value } }))
  }
}

customElements.define('time-panel', TimePanel)

import { css, html, LitElement, nothing } from 'lit'
import { fromTyped, isWallTime, typed } from '../clock'
import type { Times, Title } from '../model'
import { theme } from './theme'

type Clock = keyof Times

const CLOCKS: readonly (readonly [Clock, Title, Title])[] = [
  [
    'datetime',
    { zh: '现状时间', en: 'Valid at' },
    { zh: '城市在这一时刻的样子', en: 'what held in the city at that instant' },
  ],
  [
    'asof',
    { zh: '认知时间', en: 'As known at' },
    { zh: '平台在这一时刻所知的', en: 'what the platform knew at that instant' },
  ],
]

/** The two clocks of every feature. Fires `times` with what changed. */
export class TimePanel extends LitElement {
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
        padding: 14px 16px 16px;
      }
      h2 {
        font-size: 13px;
        font-weight: 600;
      }
      .clock {
        margin-top: 10px;
      }
      .head {
        display: flex;
        align-items: baseline;
        gap: 6px;
        margin-bottom: 4px;
      }
      .set {
        display: flex;
        gap: 8px;
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
        padding: 4px 0 4px 10px;
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
        color: var(--ink-3);
        line-height: 0;
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
      <h2>时间 <span class="en">Time · 北京时间 UTC+8</span></h2>
      ${CLOCKS.map(([clock, title, meaning]) => this.#clock(clock, title, meaning))}
    `
  }

  #clock(clock: Clock, title: Title, meaning: Title) {
    const value = this.times[clock]
    return html`
      <div class="clock">
        <label class="head" for=${clock} title="${meaning.zh} ${meaning.en}">
          ${title.zh} <span class="en">${title.en}</span>
        </label>
        <div class="set">
          <span class="field ${value ? 'past' : ''}">
            <input
              id=${clock}
              type="text"
              inputmode="numeric"
              autocomplete="off"
              placeholder="现在 · 年-月-日 时:分"
              .value=${value ? typed(value) : ''}
              aria-invalid=${this.wrong === clock}
              aria-describedby=${this.wrong === clock ? 'wrong' : nothing}
              @change=${(event: Event) => this.#entered(clock, event.target as HTMLInputElement)}
            />
            ${this.#calendar(clock, value)}
          </span>
          <button
            aria-pressed=${value === null}
            aria-label="${title.zh}回到现在 ${title.en} now"
            @click=${() => this.#reset(clock)}
          >
            现在
          </button>
        </div>
        ${this.wrong === clock ? this.#correction() : nothing}
      </div>
    `
  }

  /** The browser's own calendar, where it can be opened from a button (Chromium 99 and newer). */
  #calendar(clock: Clock, value: string | null) {
    if (!('showPicker' in HTMLInputElement.prototype)) return nothing
    const open = (event: Event) => {
      const button = event.currentTarget as HTMLElement
      ;(button.nextElementSibling as HTMLInputElement).showPicker()
    }
    return html`
      <button class="plain" aria-label="打开日历 open the calendar" @click=${open}>
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
        .value=${value ?? ''}
        @change=${(event: Event) => this.#picked(clock, event.target as HTMLInputElement)}
      />
    `
  }

  #correction() {
    return html`<p id="wrong" role="alert">
      请写成 2026-06-30 或 2026-06-30 08:00 <span class="en">Write a date, or a date and time</span>
    </p>`
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

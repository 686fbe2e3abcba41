import { css, html, type PropertyValues } from 'lit'
import { say } from '../language'
import '../messages/compare'
import { Spoken } from './spoken'
import { theme } from './theme'

const STEP = 2
const LARGE_STEP = 10

/**
 * The divider of a swipe 卷帘, dragged or moved by the arrow keys.
 *
 * Fires `slide` while it is dragged and `divide` where it is left, each with the percentage.
 */
export class SwipeDivider extends Spoken {
  static override properties = {
    position: { type: Number },
    stacked: { type: Boolean, reflect: true },
  }
  /** In percent of what contains it, from the left or upper edge. */
  declare position: number
  /** Lies across: what it divides lies above and below. */
  declare stacked: boolean
  #dragged: number | null = null

  static override styles = [
    theme,
    css`
      .line {
        position: absolute;
        top: 0;
        bottom: 0;
        left: var(--at);
        width: 24px;
        margin-left: -12px;
        cursor: ew-resize;
        touch-action: none;
      }
      .line::before {
        content: '';
        position: absolute;
        inset: 0 10.5px;
        background: var(--card);
        box-shadow: 0 0 0 1px rgb(27 42 49 / 35%);
      }
      :host([stacked]) .line {
        inset: var(--at) 0 auto 0;
        width: auto;
        height: 24px;
        margin: -12px 0 0;
        cursor: ns-resize;
      }
      :host([stacked]) .line::before {
        inset: 10.5px 0;
      }
      svg {
        position: absolute;
        inset: calc(50% - 18px) auto auto -6px;
        width: 36px;
        height: 36px;
        border-radius: 50%;
        background: var(--card);
        box-shadow: 0 0 0 1px rgb(27 42 49 / 35%), var(--shadow);
        color: var(--accent);
      }
      :host([stacked]) svg {
        inset: -6px auto auto calc(50% - 18px);
        transform: rotate(90deg);
      }
      .line:focus-visible {
        outline: none;
      }
      .line:focus-visible::before {
        box-shadow: 0 0 0 2px var(--accent);
      }
      .line:focus-visible svg {
        outline: 3px solid var(--accent);
        outline-offset: 2px;
      }
    `,
  ]

  override render() {
    const percent = Math.round(this.position)
    return html`
      <div
        class="line"
        role="separator"
        tabindex="0"
        aria-orientation=${this.stacked ? 'horizontal' : 'vertical'}
        aria-label=${say('dividerPosition')}
        aria-valuemin="0"
        aria-valuemax="100"
        aria-valuenow=${percent}
        aria-valuetext=${say('dividerValue', { percent })}
        @keydown=${(event: KeyboardEvent) => this.#key(event)}
        @pointerdown=${(event: PointerEvent) => this.#take(event)}
        @pointermove=${(event: PointerEvent) => this.#drag(event)}
        @pointerup=${() => this.#leave()}
        @pointercancel=${() => this.#leave()}
      >
        <svg viewBox="0 0 36 36" aria-hidden="true">
          <path d="M14 12l-6 6 6 6M22 12l6 6-6 6" fill="none" stroke="currentColor" stroke-width="2.4"
            stroke-linecap="round" stroke-linejoin="round"></path>
        </svg>
      </div>
    `
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('position')) this.#dragged = null
  }

  #key(event: KeyboardEvent): void {
    const back = event.key === 'ArrowLeft' || event.key === 'ArrowUp'
    const on = event.key === 'ArrowRight' || event.key === 'ArrowDown'
    const to = {
      PageUp: this.position - LARGE_STEP,
      PageDown: this.position + LARGE_STEP,
      Home: 0,
      End: 100,
    }[event.key]
    const wanted = to ?? (back ? this.position - STEP : on ? this.position + STEP : null)
    if (wanted === null) return
    event.preventDefault()
    this.#fire('divide', wanted)
  }

  #take(event: PointerEvent): void {
    if (event.button !== 0) return
    ;(event.currentTarget as HTMLElement).setPointerCapture(event.pointerId)
    this.#dragged = this.position
  }

  #drag(event: PointerEvent): void {
    const around = this.#dragged === null ? null : this.parentElement?.getBoundingClientRect()
    if (!around) return
    const share = this.stacked
      ? (event.clientY - around.top) / around.height
      : (event.clientX - around.left) / around.width
    this.#dragged = within(share * 100)
    this.#fire('slide', this.#dragged)
  }

  #leave(): void {
    if (this.#dragged !== null) this.#fire('divide', this.#dragged)
    this.#dragged = null
  }

  #fire(name: 'slide' | 'divide', percent: number): void {
    const detail = name === 'divide' ? Math.round(within(percent)) : within(percent)
    this.dispatchEvent(new CustomEvent<number>(name, { detail }))
  }
}

function within(percent: number): number {
  return Math.min(100, Math.max(0, percent))
}

customElements.define('swipe-divider', SwipeDivider)

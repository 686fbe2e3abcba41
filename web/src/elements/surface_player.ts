import { css, html } from 'lit'
import { toWallTime } from '../clock'
import { say } from '../language'
import '../messages/surface'
import { Spoken } from './spoken'
import { theme } from './theme'

const FRAME_MS = 900

/** A slider over instants, played or moved by hand and by key. Fires `at` with the place of one. */
export class SurfacePlayer extends Spoken {
  static override properties = {
    times: { attribute: false },
    at: { attribute: false },
    ready: { attribute: false },
    playing: { state: true },
  }
  /** In milliseconds. */
  declare times: readonly number[]
  declare at: number
  /** Whether the instant shown has been drawn: playing waits for it. */
  declare ready: () => boolean
  declare playing: boolean
  #frame = 0

  constructor() {
    super()
    this.times = []
    this.at = 0
    this.ready = () => true
    this.playing = false
  }

  static override styles = [
    theme,
    css`
      :host {
        display: block;
        margin-top: 12px;
        border-top: 1px solid var(--rule);
        padding-top: 10px;
      }
      .time {
        display: flex;
        justify-content: space-between;
        font-size: 13px;
        font-variant-numeric: tabular-nums;
      }
      .time strong {
        font-weight: 600;
      }
      .line {
        display: flex;
        gap: 6px;
        align-items: center;
        margin: 4px 0 10px;
      }
      input {
        flex: 1;
        min-width: 60px;
        accent-color: var(--accent);
      }
      button {
        min-width: 36px;
        padding: 2px 8px;
      }
    `,
  ]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#pause()
  }

  override render() {
    const { times, at, playing } = this
    const time = wall(times[at])
    const name = say(playing ? 'surfacePause' : 'surfacePlay')
    return html`
      <div class="time"><span>${say('surfaceTime')} <strong>${time}</strong></span><span>${at + 1} / ${times.length}</span></div>
      <div class="line">
        <button aria-label=${name} title=${name} @click=${() => (playing ? this.#pause() : this.#play())}>
          ${playing ? '⏸' : '▶'}
        </button>
        <button aria-label=${say('surfaceFirst')} title=${say('surfaceFirst')} @click=${() => this.#go(at - 1)}>‹</button>
        <input
          type="range"
          min="0"
          max=${Math.max(0, times.length - 1)}
          step="1"
          aria-label=${say('surfaceTime')}
          aria-valuetext=${time}
          .value=${String(at)}
          @input=${(event: Event) => this.#go(Number((event.target as HTMLInputElement).value))}
        />
        <button aria-label=${say('surfaceNext')} title=${say('surfaceNext')} @click=${() => this.#go(at + 1)}>›</button>
      </div>
    `
  }

  #go(place: number): void {
    const within = Math.max(0, Math.min(this.times.length - 1, place))
    if (within !== this.at) this.dispatchEvent(new CustomEvent<number>('at', { detail: within }))
  }

  /** From here on, and over again. */
  #play(): void {
    this.playing = true
    this.#frame = window.setInterval(() => {
      if (this.ready()) this.#go((this.at + 1) % Math.max(1, this.times.length))
    }, FRAME_MS)
  }

  #pause(): void {
    this.playing = false
    window.clearInterval(this.#frame)
  }
}

function wall(time_ms: number | undefined): string {
  return time_ms === undefined ? '' : toWallTime(new Date(time_ms).toISOString()).replace('T', ' ')
}

customElements.define('surface-player', SurfacePlayer)

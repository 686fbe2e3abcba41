import { css, html, nothing } from 'lit'
import { say } from '../language'
import { Spoken } from './spoken'
import { theme } from './theme'

/** Nearer, farther, the whole city, tilted or flat. Fires `zoom` with the levels to go, `city`, `tilt` and `north`. */
export class MapTools extends Spoken {
  static override properties = {
    tilted: { type: Boolean },
    bearing_deg: { type: Number },
  }
  declare tilted: boolean
  declare bearing_deg: number

  constructor() {
    super()
    this.tilted = false
    this.bearing_deg = 0
  }

  static override styles = [
    theme,
    css`
      :host {
        display: flex;
        flex-direction: column;
        overflow: hidden;
      }
      button {
        width: 38px;
        height: 38px;
        border: 0;
        border-radius: 0;
        padding: 0;
        font-size: 18px;
        line-height: 1;
      }
      button:focus-visible {
        outline-offset: -3px;
      }
      button + button {
        border-top: 1px solid var(--rule);
      }
      button:hover {
        background: var(--paper);
      }
      svg {
        vertical-align: middle;
      }
      .tilt {
        font-size: 12px;
        font-weight: 600;
      }
      .tilt[aria-pressed='true'] {
        background: var(--accent);
        color: #fff;
      }
    `,
  ]

  override render() {
    return html`
      <button aria-label=${say('zoomIn')} title=${say('zoomIn')} @click=${() => this.#zoom(1)}>+</button>
      <button aria-label=${say('zoomOut')} title=${say('zoomOut')} @click=${() => this.#zoom(-1)}>−</button>
      <button
        aria-label=${say('wholeCity')}
        title=${say('wholeCity')}
        @click=${() => this.dispatchEvent(new CustomEvent('city'))}
      >
        <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
          <path d="M1 5V1h4M11 1h4v4M15 11v4h-4M5 15H1v-4" fill="none" stroke="currentColor" stroke-width="1.6"></path>
        </svg>
      </button>
      <button
        class="tilt"
        aria-label=${say('tilted')}
        title=${say('tilted')}
        aria-pressed=${this.tilted}
        @click=${() => this.dispatchEvent(new CustomEvent('tilt'))}
      >
        2.5D
      </button>
      ${this.tilted && Math.round(this.bearing_deg) ? this.#north() : nothing}
    `
  }

  #north() {
    return html`<button
      aria-label=${say('northUp')}
      title=${say('northUp')}
      @click=${() => this.dispatchEvent(new CustomEvent('north'))}
    >
      <svg width="16" height="16" viewBox="-8 -8 16 16" aria-hidden="true">
        <path d="M0-7 4 6 0 3-4 6z" fill="currentColor" transform="rotate(${-this.bearing_deg})"></path>
      </svg>
    </button>`
  }

  #zoom(levels: number): void {
    this.dispatchEvent(new CustomEvent<number>('zoom', { detail: levels }))
  }
}

customElements.define('map-tools', MapTools)

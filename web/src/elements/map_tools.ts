import { css, html } from 'lit'
import { say } from '../language'
import { Spoken } from './spoken'
import { theme } from './theme'

/** Nearer, farther, the whole city. Fires `zoom` with the levels to go, and `city`. */
export class MapTools extends Spoken {
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
    `
  }

  #zoom(levels: number): void {
    this.dispatchEvent(new CustomEvent<number>('zoom', { detail: levels }))
  }
}

customElements.define('map-tools', MapTools)

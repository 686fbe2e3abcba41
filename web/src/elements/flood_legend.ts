import { css, html, svg } from 'lit'
import { lengthText, type Picture } from '../flood_runs'
import { say } from '../language'
import { numberText } from '../measured'
import '../messages/flood_runs'
import { Spoken } from './spoken'
import { theme } from './theme'

const STEPS = 4

/** 图例: the colours of a quantity from its low end to the high one. */
export class FloodLegend extends Spoken {
  static override properties = { picture: { attribute: false }, heading: { attribute: false } }
  declare picture: Picture
  declare heading: string

  static override styles = [
    theme,
    css`
      :host {
        display: block;
        margin: 10px 0;
        font-size: 12px;
        font-variant-numeric: tabular-nums;
      }
      figure {
        margin: 0;
      }
      svg {
        display: block;
        width: 100%;
        height: 12px;
        border-radius: 3px;
      }
      .ticks {
        display: flex;
        justify-content: space-between;
        color: var(--ink-2);
      }
    `,
  ]

  override render() {
    const { quantity, ramp } = this.picture
    const { low, high, colors } = ramp
    const arrival = quantity === 'arrival'
    const values = Array.from({ length: STEPS + 1 }, (_, at) => low + ((high - low) * at) / STEPS)
    const open = quantity === 'depth' || quantity === 'speed'
    return html`<figure aria-label=${say('runLegend')}>
      <figcaption>${this.heading}</figcaption>
      <svg viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
        <defs>
          <linearGradient id="ramp">
            ${colors.map((color, at) => svg`<stop offset=${at / (colors.length - 1)} stop-color=${color}></stop>`)}
          </linearGradient>
        </defs>
        <rect width="100" height="12" fill="url(#ramp)"></rect>
      </svg>
      <div class="ticks">
        ${values.map((value, at) => html`<span>${arrival ? lengthText(value) : numberText(value)}${open && at === STEPS ? '+' : ''}</span>`)}
      </div>
    </figure>`
  }
}

customElements.define('flood-legend', FloodLegend)

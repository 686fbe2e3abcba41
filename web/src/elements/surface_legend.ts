import { css, html } from 'lit'
import { say } from '../language'
import { numberText } from '../measured'
import '../messages/surface'
import { SURFACE_OPACITY, type Classes } from '../surface_overlay'
import { Spoken } from './spoken'
import { theme } from './theme'

/** What the colours of a surface mean. */
export class SurfaceLegend extends Spoken {
  static override properties = { classes: { attribute: false }, heading: { attribute: false } }
  declare classes: Classes
  declare heading: string

  static override styles = [
    theme,
    css`
      :host {
        display: block;
        margin-top: 10px;
        font-size: 12px;
        font-variant-numeric: tabular-nums;
      }
      p {
        margin-bottom: 3px;
        font-weight: 600;
      }
      ul {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: 2px 12px;
      }
      li {
        display: flex;
        gap: 6px;
        align-items: center;
      }
      svg {
        flex: none;
      }
    `,
  ]

  override render() {
    const { bounds, colors } = this.classes
    return html`<p>${this.heading}</p>
      <ul aria-label=${say('surfaceLegend')}>
        ${colors.map(
          (color, place) => html`<li>
            <svg width="22" height="14" aria-hidden="true">
              <rect x="0.5" y="0.5" width="21" height="13" rx="2" fill=${color} fill-opacity=${SURFACE_OPACITY} stroke="#8a979c"></rect>
            </svg>
            ${between(bounds[place - 1], bounds[place])}
          </li>`,
        )}
      </ul>`
  }
}

function between(low: number | undefined, high: number | undefined): string {
  if (low === undefined) return high === undefined ? '—' : say('surfaceUnder', { high: numberText(high) })
  if (high === undefined) return say('surfaceOver', { low: numberText(low) })
  return say('surfaceBetween', { low: numberText(low), high: numberText(high) })
}

customElements.define('surface-legend', SurfaceLegend)

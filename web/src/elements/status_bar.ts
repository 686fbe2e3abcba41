import { css, html } from 'lit'
import { project } from '../gauss_kruger'
import { named, say } from '../language'
import type { FrameId, Position4490, Title } from '../model'
import { Spoken } from './spoken'
import { theme } from './theme'

const LONGEST_BAR_PX = 110

const FRAMES: readonly (readonly [FrameId, Title])[] = [
  ['gk', { zh: '高斯-克吕格', en: 'Gauss–Krüger' }],
  ['4490', { zh: '经纬度 4490', en: 'Degrees 4490' }],
  ['mercator', { zh: 'Web 墨卡托', en: 'Web Mercator' }],
]

/** Coordinates under the pointer in degrees and in the city's own zone, a scale bar, and the frame. Fires `frame`. */
export class StatusBar extends Spoken {
  static override properties = {
    position: { attribute: false },
    metersPerPixel: { attribute: false },
    centralMeridian_deg: { attribute: false },
    frame: { attribute: false },
  }
  declare position: Position4490
  declare metersPerPixel: number
  declare centralMeridian_deg: number
  declare frame: FrameId

  static override styles = [
    theme,
    css`
      :host {
        display: flex;
        align-items: center;
        gap: 14px;
        border-radius: 8px;
        background: rgb(255 255 255 / 92%);
        padding: 3px 12px;
        box-shadow: var(--shadow);
        color: var(--ink-2);
        font-size: 12px;
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      .frame {
        color: var(--ink-3);
      }
      .choice {
        display: flex;
        align-items: center;
        gap: 6px;
      }
      select {
        max-width: 190px;
        border: 1px solid var(--rule-2);
        border-radius: 6px;
        background: var(--card);
        padding: 1px 4px;
        color: inherit;
        font: inherit;
      }
      svg {
        display: block;
        overflow: visible;
      }
      text {
        font: 11px var(--sans);
        fill: var(--ink-2);
      }
      @media (max-width: 1000px) {
        .plane {
          display: none;
        }
      }
      @media (max-width: 560px), (max-width: 900px) and (max-height: 520px) {
        :host {
          gap: 8px;
          padding: 3px 8px;
        }
        .frame {
          display: none;
        }
        .choice,
        select {
          min-width: 0;
          max-width: 92px;
        }
      }
    `,
  ]

  override render() {
    const [lon, lat] = this.position
    const { north_m, east_m } = project(lon, lat, this.centralMeridian_deg)
    return html`
      <span class="place" title=${say('lonLatDegrees')}>
        <span class="frame">CGCS2000</span> ${lon.toFixed(5)}, ${lat.toFixed(5)}
      </span>
      <span class="plane" title=${say('northEastMetres')}>
        <span class="frame">${say('zone', { meridian: this.centralMeridian_deg })}</span>
        N ${north_m.toFixed(1)} E ${east_m.toFixed(1)}
      </span>
      ${this.#bar()} ${this.#choice()}
    `
  }

  /** 图面坐标系: which plane the map is drawn in. */
  #choice() {
    return html`
      <label class="choice" title=${say('frameWhy')}>
        <span class="frame">${say('frame')}</span>
        <select
          aria-label=${say('frameOfMap')}
          @change=${(event: Event) => this.#chosen((event.target as HTMLSelectElement).value as FrameId)}
        >
          ${FRAMES.map(
            ([id, title]) => html`<option value=${id} ?selected=${id === this.frame}>${named(title)}</option>`,
          )}
        </select>
      </label>
    `
  }

  #chosen(frame: FrameId): void {
    this.dispatchEvent(new CustomEvent<FrameId>('frame', { detail: frame }))
  }

  #bar() {
    const length_m = roundDown(this.metersPerPixel * LONGEST_BAR_PX)
    const width_px = Math.max(1, length_m / this.metersPerPixel)
    const text = length_m >= 1000 ? `${length_m / 1000} km` : `${length_m} m`
    return html`
      <svg width=${width_px} height="18" role="img" aria-label="${say('scaleBar')} ${text}">
        <path d="M0 11v5h${width_px}v-5" fill="none" stroke="currentColor" stroke-width="1.4"></path>
        <text x=${width_px / 2} y="10" text-anchor="middle">${text}</text>
      </svg>
    `
  }
}

/** The largest of 1, 2, 5 × 10ⁿ that is not larger. */
function roundDown(length: number): number {
  const power = 10 ** Math.floor(Math.log10(length))
  return ([5, 2, 1].find((each) => each * power <= length) ?? 1) * power
}

customElements.define('status-bar', StatusBar)

import { css, html, svg } from 'lit'
import { readable } from '../clock'
import { QUANTILES, type ForecastRecord } from '../flood_forecasts'
import { say } from '../language'
import { numberText } from '../measured'
import '../messages/flood_forecasts'
import '../messages/floods'
import { ROOM, ticks } from '../series'
import { partStyle } from './part_style'
import { sectionStyle } from './section_style'
import { Spoken } from './spoken'
import { theme } from './theme'

const WIDTH = 360
const HEIGHT = 210
const LEFT = 48
const RIGHT = 10
const TOP = 12
const BOTTOM = 26
const LINES = 5
/** Instants that are written below, the first and the last among them. */
const WRITTEN = 3

/** 集合预报过程线: median and best course within the bands that hold half and nine tenths of the members; a table of both. */
export class ForecastFan extends Spoken {
  static override properties = { record: { attribute: false } }
  declare record: ForecastRecord

  static override styles = [
    theme,
    partStyle,
    sectionStyle,
    css`
      .most {
        fill: #d5e4ee;
      }
      .half {
        fill: #9cc1da;
      }
      .median {
        fill: none;
        stroke: #0b3d5c;
        stroke-width: 2.4;
      }
      .best {
        fill: none;
        stroke: #b3471d;
        stroke-width: 2;
        stroke-dasharray: 7 3;
      }
      .keys {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 14px;
        font-size: 12px;
      }
      .keys li {
        display: flex;
        gap: 6px;
        align-items: center;
      }
      .keys svg {
        flex: none;
        width: 26px;
      }
    `,
  ]

  override render() {
    const { instants, best_m3_s, quantiles_m3_s: q } = this.record
    const highest = Math.max(...q.p95, ...best_m3_s)
    const lowest = Math.min(...q.p05, ...best_m3_s)
    const room = (highest - lowest || 1) * ROOM
    const [low, high] = [Math.max(0, lowest - room), highest + room]
    const count = Math.max(1, instants.length - 1)
    const x = (at: number) => LEFT + ((WIDTH - LEFT - RIGHT) * at) / count
    const y = (value: number) => TOP + ((HEIGHT - TOP - BOTTOM) * (high - value)) / (high - low)
    const line = (values: readonly number[]) => values.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ')
    const area = (upper: readonly number[], lower: readonly number[]) =>
      `${line(upper)} ${lower.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).reverse().join(' ')}`
    const written = Array.from({ length: WRITTEN }, (_, at) => Math.round((count * at) / (WRITTEN - 1)))
    const anchors = ['start', 'middle', 'end'] as const
    return html`
      <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${say('castChart')}>
        <polygon class="most" points=${area(q.p95, q.p05)}></polygon>
        <polygon class="half" points=${area(q.p75, q.p25)}></polygon>
        ${ticks(low, high, LINES).map(
          (each) => svg`<line class="grid" x1=${LEFT} x2=${WIDTH - RIGHT} y1=${y(each)} y2=${y(each)}></line>
            <text x=${LEFT - 4} y=${y(each) + 4} text-anchor="end">${numberText(each)}</text>`,
        )}
        <text x="2" y="10">m³/s</text>
        <polyline class="best" points=${line(best_m3_s)}></polyline>
        <polyline class="median" points=${line(q.p50)}></polyline>
        ${written.map(
          (each, at) => svg`<text x=${x(each)} y=${HEIGHT - 8} text-anchor=${anchors[at] ?? 'middle'}>${readable(instants[each] ?? '').slice(5)}</text>`,
        )}
      </svg>
      <ul class="keys">
        <li>${key(svg`<rect class="most" width="26" height="10"></rect>`)}${say('castMost')}</li>
        <li>${key(svg`<rect class="half" width="26" height="10"></rect>`)}${say('castHalf')}</li>
        <li>${key(svg`<line class="median" x1="1" x2="25" y1="5" y2="5"></line>`)}${say('castMedian')}</li>
        <li>${key(svg`<line class="best" x1="1" x2="25" y1="5" y2="5"></line>`)}${say('castBest')}</li>
      </ul>
      <details>
        <summary>${say('floodTable')}</summary>
        <div class="sheet" tabindex="0" role="region" aria-label=${say('castChart')}>
          <table>
            <thead>
              <tr>
                <th scope="col">${say('castInstant')}</th>
                <th scope="col">${say('castBest')}</th>
                ${QUANTILES.map((each) => html`<th scope="col">${Number(each.slice(1))}%</th>`)}
              </tr>
            </thead>
            <tbody>
              ${instants.map(
                (each, at) => html`<tr>
                  <td>${readable(each)}</td>
                  <td>${numberText(best_m3_s[at] ?? NaN)}</td>
                  ${QUANTILES.map((name) => html`<td>${numberText(q[name][at] ?? NaN)}</td>`)}
                </tr>`,
              )}
            </tbody>
          </table>
        </div>
      </details>
    `
  }
}

function key(sign: unknown) {
  return html`<svg width="26" height="10" aria-hidden="true">${sign}</svg>`
}

customElements.define('forecast-fan', ForecastFan)

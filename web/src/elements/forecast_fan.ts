import { css, html, svg } from 'lit'
import { readable } from '../clock'
import { QUANTILES, type Course } from '../flood_forecasts'
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

type Values = readonly (number | null)[]

/** 集合预报过程线: median and best course within the bands that hold half and nine tenths of the members; a table of both. */
export class ForecastFan extends Spoken {
  static override properties = { course: { attribute: false }, name: {} }
  declare course: Course
  declare name: string

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
      .across {
        stroke: #7a1f6b;
        stroke-dasharray: 3 3;
      }
      .named {
        fill: #7a1f6b;
        stroke: #fff;
        stroke-width: 3px;
        paint-order: stroke;
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
    const { instants, best, quantiles: q, unit, levels } = this.course
    const told = [...q.p95, ...q.p05, ...best].filter((each) => each !== null)
    const [highest, lowest] = [Math.max(...told), Math.min(...told)]
    const room = (highest - lowest || 1) * ROOM
    const [low, high] = [lowest >= 0 ? Math.max(0, lowest - room) : lowest - room, highest + room]
    const count = Math.max(1, instants.length - 1)
    const x = (at: number) => LEFT + ((WIDTH - LEFT - RIGHT) * at) / count
    const y = (value: number) => TOP + ((HEIGHT - TOP - BOTTOM) * (high - value)) / (high - low)
    const point = (at: number, value: number) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`
    const line = (kind: string, values: Values) =>
      runs(values).map((run) => svg`<polyline class=${kind} points=${run.map((at) => point(at, values[at] ?? NaN)).join(' ')}></polyline>`)
    const area = (kind: string, upper: Values, lower: Values) =>
      runs(upper, lower).map((run) => {
        const back = [...run].reverse()
        const edge = [...run.map((at) => point(at, upper[at] ?? NaN)), ...back.map((at) => point(at, lower[at] ?? NaN))]
        return svg`<polygon class=${kind} points=${edge.join(' ')}></polygon>`
      })
    const written = Array.from({ length: WRITTEN }, (_, at) => Math.round((count * at) / (WRITTEN - 1)))
    const anchors = ['start', 'middle', 'end'] as const
    return html`
      <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${this.name}>
        ${area('most', q.p95, q.p05)} ${area('half', q.p75, q.p25)}
        ${ticks(low, high, LINES).map(
          (each) => svg`<line class="grid" x1=${LEFT} x2=${WIDTH - RIGHT} y1=${y(each)} y2=${y(each)}></line>
            <text x=${LEFT - 4} y=${y(each) + 4} text-anchor="end">${numberText(each)}</text>`,
        )}
        <text x="2" y="10">${unit}</text>
        ${levels
          .filter(({ value }) => value > low && value < high)
          .map(
            ({ name, value }) => svg`<line class="across" x1=${LEFT} x2=${WIDTH - RIGHT} y1=${y(value)} y2=${y(value)}></line>
            <text class="named" x=${WIDTH - RIGHT - 2} y=${y(value) - 3} text-anchor="end">${name}</text>`,
          )}
        ${line('best', best)} ${line('median', q.p50)}
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
        <div class="sheet" tabindex="0" role="region" aria-label=${this.name}>
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
                  <td>${cell(best[at])}</td>
                  ${QUANTILES.map((name) => html`<td>${cell(q[name][at])}</td>`)}
                </tr>`,
              )}
            </tbody>
          </table>
        </div>
      </details>
    `
  }
}

/** The places of values that follow each other without a gap, in all of these courses. */
function runs(...courses: readonly Values[]): number[][] {
  const found: number[][] = []
  for (const at of courses[0]?.keys() ?? []) {
    if (courses.some((values) => values[at] === null)) continue
    const last = found.at(-1)
    if (last?.at(-1) === at - 1) last.push(at)
    else found.push([at])
  }
  return found
}

function cell(value: number | null | undefined): string {
  return typeof value === 'number' ? numberText(value) : '–'
}

function key(sign: unknown) {
  return html`<svg width="26" height="10" aria-hidden="true">${sign}</svg>`
}

customElements.define('forecast-fan', ForecastFan)

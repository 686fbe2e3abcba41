import { css, html, nothing } from 'lit'
import { readable } from '../clock'
import { say } from '../language'
import { numberText, unitOf } from '../measured'
import '../messages/flood_runs'
import '../messages/floods'
import { FLAGS } from '../monitoring'
import type { Drawn, Span } from '../series'
import { partStyle } from './part_style'
import { sectionStyle } from './section_style'
import './series_chart'
import { SERIES_COLORS, SERIES_DASHES } from './series_picture'
import type { Band } from './series_picture'
import { Spoken } from './spoken'
import { theme } from './theme'

/** Width of the mark of the instant that the map shows, as a share of all. */
const MARK = 0.008

/** A line of a chart: values of one unit at instants in milliseconds. */
export interface Course {
  readonly name: string
  /** UCUM. */
  readonly unit: string
  readonly values: readonly (readonly [time_ms: number, value: number])[]
  /** Between what each value lies: a band about the line. */
  readonly within?: readonly (readonly [low: number, high: number])[]
  /** Values farther apart than this are not joined; without it all are. */
  readonly gap_ms?: number
}

/** 过程线: courses of a run, the instant that the map shows, and all values as a table. */
export class FloodHydrograph extends Spoken {
  static override properties = {
    courses: { attribute: false },
    label: { attribute: false },
    at_ms: { attribute: false },
    whole: { attribute: false },
    span: { state: true },
  }
  declare courses: readonly Course[]
  /** What the table is called. */
  declare label: string
  declare at_ms: number | null
  /** All that there is to see; null: from the first to the last value. */
  declare whole: Span | null
  /** What is in view; null: all. */
  declare span: Span | null

  constructor() {
    super()
    this.courses = []
    this.at_ms = null
    this.whole = null
    this.span = null
  }

  static override styles = [
    theme,
    partStyle,
    sectionStyle,
    css`
      .lines {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 14px;
        font-size: 12px;
      }
      .lines li {
        display: flex;
        gap: 6px;
        align-items: center;
      }
      .lines svg {
        flex: none;
        width: 26px;
        margin: 0;
        background: none;
      }
    `,
  ]

  override render() {
    const drawn = this.courses.slice(0, SERIES_COLORS.length)
    const whole = this.whole ?? wholeOf(drawn)
    if (!whole) return nothing
    return html`
      <series-chart
        .series=${drawn.map(drawnOf)}
        .corrections=${drawn.map(() => [])}
        .span=${this.span ?? whole}
        .whole=${whole}
        .height_px=${180}
        .bands=${this.#marked(whole)}
        @span=${(event: CustomEvent<Span>) => {
          this.span = event.detail
        }}
      ></series-chart>
      <ul class="lines">
        ${drawn.map(
          ({ name, unit }, place) => html`<li>
            <svg width="26" height="10" aria-hidden="true">
              <line x1="1" x2="25" y1="5" y2="5" stroke=${SERIES_COLORS[place] ?? ''} stroke-width="2.4" stroke-dasharray=${SERIES_DASHES[place] || nothing}></line>
            </svg>
            <span>${name} (${unitOf(unit)})</span>
          </li>`,
        )}
      </ul>
      ${this.courses.length > drawn.length ? html`<p class="small">${say('runFirstLines', { count: drawn.length })}</p>` : nothing}
      <details>
        <summary>${say('floodTable')}</summary>
        <div class="sheet" tabindex="0" role="region" aria-label=${this.label}>
          <table>
            <thead>
              <tr>
                <th scope="col">${say('runInstant')}</th>
                ${this.courses.map(({ name, unit }) => html`<th scope="col">${name} (${unitOf(unit)})</th>`)}
              </tr>
            </thead>
            <tbody>
              ${this.#instants().map(
                (time_ms) => html`<tr>
                  <td>${readable(new Date(time_ms).toISOString())}</td>
                  ${this.courses.map(({ values }) => {
                    const found = values.find(([each]) => each === time_ms)
                    return html`<td>${found ? numberText(found[1]) : ''}</td>`
                  })}
                </tr>`,
              )}
            </tbody>
          </table>
        </div>
      </details>
    `
  }

  #instants(): readonly number[] {
    return [...new Set(this.courses.flatMap(({ values }) => values.map(([time_ms]) => time_ms)))].sort((a, b) => a - b)
  }

  #marked({ from_ms, to_ms }: Span): readonly Band[] {
    const { at_ms } = this
    if (at_ms === null) return []
    const half = ((to_ms - from_ms) * MARK) / 2
    return [{ from_ms: at_ms - half, to_ms: at_ms + half, name: say('runInstant') }]
  }
}

function wholeOf(courses: readonly Course[]): Span | null {
  const times = courses.flatMap(({ values }) => values.map(([time_ms]) => time_ms))
  if (!times.length) return null
  return { from_ms: Math.min(...times), to_ms: Math.max(...times) }
}

/** A course as the chart of series draws it: every value counts; an envelope only where it has a band. */
function drawnOf({ name, unit, values, within, gap_ms = Infinity }: Course, place: number): Drawn {
  const nothing = { first: null, value: null, time: null, recorded_at: null, flag: null, due: null, tests: [] }
  const stream = { id: -1 - place, name: '', unit, property: 0, count: values.length, ...nothing }
  const station = { thing: 0, key: null, name, layer: null, position: null, datastreams: [] }
  const points = values.map(([time_ms, value], at) => {
    const [low, high] = within?.[at] ?? [value, value]
    return { time_ms, low, mean: value, high, count: 1, flag: FLAGS.pass }
  })
  return { source: { station, stream, property: undefined }, points, flagged: [], cut: false, exact: !within, gap_ms }
}

customElements.define('flood-hydrograph', FloodHydrograph)

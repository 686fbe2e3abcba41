import { css, html, nothing, svg } from 'lit'
import { readable } from '../clock'
import type { Rating } from '../gauges'
import { say } from '../language'
import { numberText } from '../measured'
import '../messages/gauges'
import { ticks } from '../series'
import { partStyle } from './part_style'
import { SERIES_COLORS, SERIES_DASHES } from './series_picture'
import { sheetStyle } from './sheet'
import { Spoken } from './spoken'
import { theme } from './theme'

const WIDTH = 360
const HEIGHT = 220
const LEFT = 40
const BOTTOM = 26
const TOP = 14
const RIGHT = 12

/** 水位流量关系: every version of a station's curve in one picture, and as a table with source and uncertainty. */
export class RatingChart extends Spoken {
  static override properties = { ratings: { attribute: false }, datum: { attribute: false }, datumName: { attribute: false } }
  declare ratings: readonly Rating[]
  /** Of the station's stages: a curve in another one is not drawn. */
  declare datum: string
  declare datumName: (datum: string) => string

  static override styles = [
    theme,
    partStyle,
    sheetStyle,
    css`
      svg {
        display: block;
        width: 100%;
        border-radius: 8px;
        background: var(--paper);
      }
      text {
        fill: var(--ink-2);
        font: 11px/1 var(--sans);
      }
      .grid {
        stroke: var(--rule);
      }
      table {
        width: auto;
      }
      th,
      td {
        padding-right: 10px;
        white-space: nowrap;
      }
      td svg {
        display: inline-block;
        width: 30px;
        background: none;
      }
    `,
  ]

  override render() {
    if (!this.ratings.length) return html`<p class="small">${say('ratingNone')}</p>`
    const drawn = this.ratings.filter((each) => each.vertical_datum === this.datum)
    return html`
      ${drawn.length ? this.#picture(drawn) : nothing}
      ${this.ratings
        .filter((each) => !drawn.includes(each))
        .map((each) => html`<p class="warn">${say('ratingOtherDatum', { version: each.version, datum: this.datumName(each.vertical_datum) })}</p>`)}
      <div class="sheet" tabindex="0" role="region" aria-label=${say('ratings')}>
        <table>
          <thead>
            <tr>
              ${(['ratingVersion', 'ratingFrom', 'ratingTo', 'ratingRange', 'ratingShift', 'ratingUncertainty', 'ratingSource'] as const).map(
                (each) => html`<th scope="col">${say(each)}</th>`,
              )}
            </tr>
          </thead>
          <tbody>
            ${[...this.ratings].reverse().map((each) => this.#row(each, drawn.indexOf(each)))}
          </tbody>
        </table>
      </div>
    `
  }

  #row(rating: Rating, place: number) {
    const { version, valid_from, valid_to, range_m, shift_m, shift_basis, uncertainty, document, loop } = rating
    return html`<tr>
      <td>
        ${place < 0 ? nothing : html`<svg viewBox="0 0 30 8" aria-hidden="true">${svg`<line x1="0" x2="30" y1="4" y2="4" stroke=${colorOf(place)} stroke-width="2" stroke-dasharray=${SERIES_DASHES[place % 4] || nothing}></line>`}</svg>`}
        ${version}
      </td>
      <td>${readable(valid_from)}</td>
      <td>${valid_to ? readable(valid_to) : say('ratingNow')}</td>
      <td>${numberText(range_m[0])}–${numberText(range_m[1])} m</td>
      <td>${shift_m ? `${numberText(shift_m)} m ${shift_basis}` : '—'}</td>
      <td>${uncertainty === null ? '—' : `${numberText(uncertainty * 100)} %`}</td>
      <td>${document}${loop ? ` · ${say('ratingLoop')}` : ''}</td>
    </tr>`
  }

  #picture(drawn: readonly Rating[]) {
    const points = drawn.flatMap(({ curve }) => curve)
    const [low, high] = [Math.min(...points.map(([stage]) => stage)), Math.max(...points.map(([stage]) => stage))]
    const most = Math.max(...points.map(([, flow]) => flow)) || 1
    const x = (flow: number) => LEFT + (flow / most) * (WIDTH - LEFT - RIGHT)
    const y = (stage: number) => HEIGHT - BOTTOM - ((stage - low) / (high - low || 1)) * (HEIGHT - BOTTOM - TOP)
    return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${say('ratingPlot')}>
      ${ticks(low, high, 5).map(
        (stage) => svg`<line class="grid" x1=${LEFT} x2=${WIDTH - RIGHT} y1=${y(stage)} y2=${y(stage)}></line>
        <text x=${LEFT - 5} y=${y(stage) + 4} text-anchor="end">${numberText(stage)}</text>`,
      )}
      ${ticks(0, most, 5).map(
        (flow) => svg`<line class="grid" x1=${x(flow)} x2=${x(flow)} y1=${TOP} y2=${HEIGHT - BOTTOM}></line>
        <text x=${x(flow)} y=${HEIGHT - BOTTOM + 16} text-anchor="middle">${numberText(flow)}</text>`,
      )}
      <text x="2" y="9">m</text>
      <text x=${WIDTH - 2} y=${HEIGHT - 2} text-anchor="end">m³/s</text>
      ${drawn.map(
        ({ curve }, place) => svg`<polyline fill="none" stroke=${colorOf(place)} stroke-width="1.8" stroke-dasharray=${SERIES_DASHES[place % 4] || nothing}
          points=${curve.map(([stage, flow]) => `${x(flow).toFixed(1)},${y(stage).toFixed(1)}`).join(' ')}></polyline>`,
      )}
    </svg>`
  }
}

function colorOf(place: number): string {
  return SERIES_COLORS[place % SERIES_COLORS.length] ?? SERIES_COLORS[0]
}

customElements.define('rating-chart', RatingChart)

import { css, html, nothing, svg } from 'lit'
import { readable } from '../clock'
import type { Entry, Foretold, Item, Lane, Response } from '../flood_known'
import type { Listed } from '../flood_runs'
import { type Colour, type Whole } from '../flood_warnings'
import { named, say } from '../language'
import { numberText } from '../measured'
import type { Message } from '../messages'
import '../messages/flood_replay'
import '../messages/flood_warnings'
import type { Span } from '../series'
import { COLOUR_NAMES, wordOf } from '../warning_words'
import { colourStyle } from './colour_style'
import { partStyle } from './part_style'
import { sectionStyle } from './section_style'
import { Spoken } from './spoken'
import { theme } from './theme'

const LANES: Readonly<Record<Lane, Message>> = {
  forecast: 'backLaneForecast',
  warning: 'backLaneWarning',
  chain: 'backLaneChain',
  response: 'backLaneResponse',
  run: 'backLaneRun',
}
const NAMES = Object.keys(LANES) as Lane[]
/** As the chart of series begins, px. */
const LEFT = 46
const LANE = 20
const RADIUS = 4.5

/** Something that happened, and whether it was on record then and is today. */
export interface Told extends Entry {
  readonly then: boolean
  readonly now: boolean
}

/** 决策时间轴: what was foretold, warned, noted, done and computed on one axis of time, and as a list. */
export class ReplayAxis extends Spoken {
  static override properties = { told: { attribute: false }, span: { attribute: false }, at_ms: { attribute: false } }
  declare told: readonly Told[]
  declare span: Span
  declare at_ms: number

  static override styles = [
    theme,
    partStyle,
    sectionStyle,
    colourStyle,
    css`
      .plot {
        width: calc(100% - 56px);
        margin: 0;
        overflow: visible;
      }
      .mark {
        fill: var(--accent);
        stroke: var(--accent);
        stroke-width: 1.6;
      }
      .mark.later {
        fill: var(--paper);
      }
      .now {
        stroke: var(--seal);
        stroke-width: 1.4;
        stroke-dasharray: 3 2;
      }
      ol {
        margin: 6px 0 0;
        padding: 0;
        list-style: none;
      }
      ol li {
        border-top: 1px solid var(--rule);
        padding: 3px 0;
        font-size: 12px;
        overflow-wrap: anywhere;
      }
      .when {
        color: var(--ink-2);
      }
      .later {
        font-style: normal;
        color: var(--warn);
      }
    `,
  ]

  override render() {
    if (!this.told.length) return html`<p class="small" role="status">${say('backAxisNone')}</p>`
    return html`
      ${this.#picture()}
      <p class="small">${say('backAxisHow')}</p>
      <div class="sheet" tabindex="0" role="region" aria-label=${say('backAxis')}>
        <ol>
          ${this.told.map((each) => this.#row(each))}
        </ol>
      </div>
    `
  }

  /** Below the chart of the same span, and as wide as it. */
  #picture() {
    const { from_ms, to_ms } = this.span
    const height = NAMES.length * LANE + 6
    const x = (time_ms: number) => `${(((time_ms - from_ms) / (to_ms - from_ms)) * 100).toFixed(2)}%`
    const y = (lane: Lane) => 3 + LANE * (NAMES.indexOf(lane) + 0.5)
    const seen = this.told.filter(({ time }) => Date.parse(time) >= from_ms && Date.parse(time) <= to_ms)
    return html`<svg height=${height} aria-hidden="true">
      ${NAMES.map((lane) => svg`<text x="2" y=${y(lane) + 4}>${say(LANES[lane])}</text>`)}
      <svg class="plot" x=${LEFT} height=${height}>
        ${NAMES.map((lane) => svg`<line class="grid" x1="0%" x2="100%" y1=${y(lane)} y2=${y(lane)}></line>`)}
        <line class="now" x1=${x(this.at_ms)} x2=${x(this.at_ms)} y1="2" y2=${height - 2}></line>
        ${seen.map((each) => svg`<circle class=${each.then ? 'mark' : 'mark later'} cx=${x(Date.parse(each.time))} cy=${y(each.lane)} r=${RADIUS}></circle>`)}
      </svg>
    </svg>`
  }

  #row(each: Told) {
    return html`<li>
      <span class="when">${readable(each.time)}</span> ${say(LANES[each.lane])} · ${wordsOf(each)}
      ${each.then ? (each.now ? nothing : html`<em class="later">〔${say('backThenOnly')}〕</em>`) : html`<em class="later">〔${say('backAfterwards')}〕</em>`}
    </li>`
  }
}

function wordsOf({ lane, what, of }: Entry) {
  if (lane === 'forecast') {
    const { grade, basis_at, lead_h, peak } = what as Foretold
    return say('backForecastWords', { grade, time: readable(basis_at), hours: lead_h, peak: numberText(peak.median_m3_s) })
  }
  if (lane === 'run') return say('backKept', { title: (what as Listed).title })
  if (lane === 'response') return responseWords(what as Response | Item, of as Response)
  const { station_name, station } = of as Whole
  const place = station_name ?? station
  if (lane === 'warning') {
    const step = what as Whole['steps'][number]
    const value = step.value === null ? '' : ` ${numberText(step.value)}`
    return html`${place} ${wordOf(step.action)} ${sign(step.colour)}${value}`
  }
  const entry = what as Whole['acknowledgements'][number]
  return `${place} ${wordOf(entry.action)} ${entry.subject} ${entry.department} ${entry.comment}`
}

function responseWords(what: Response | Item, of: Response): string {
  const stamp = of.exercise ? ` · ${say('backExercise')}` : ''
  if ('plan' in what) return say('backActivated', { title: named(of.title), by: of.by }) + stamp
  const item = what.title ? named(what.title) : `${what.to ?? what.id}:${what.text ? named(what.text) : what.id}`
  return (what.confirmed ? say('backDone', { item, by: what.confirmed.by }) : say('backLate', { item })) + stamp
}

/** A colour of warning in its own colour; none where a warning is over. */
export function sign(colour: string) {
  const name = COLOUR_NAMES[colour as Colour]
  return name ? html`<span class="colour ${colour}">${named({ zh: name, en: colour })}</span>` : ''
}

customElements.define('replay-axis', ReplayAxis)

/** How a series chart is drawn 过程线的画法: its scales, and each thing on them as SVG. */
import { nothing, svg } from 'lit'
import { toWallTime } from '../clock'
import { say } from '../language'
import { numberText, unitOf } from '../measured'
import type { Message } from '../messages'
import '../messages/series'
import { FLAGS } from '../monitoring'
import {
  limitsOf,
  ROOM,
  runsOf,
  ticks,
  timeTicks,
  type Correction,
  type Drawn,
  type Flagged,
  type Limit,
  type Point,
  type Span,
} from '../series'

const TOP_PX = 14
const BOTTOM_PX = 26
const SIDE_PX = 46
const MARGIN_PX = 10
const DAY_MS = 86_400_000

export const SERIES_COLORS = ['#125e69', '#b3471d', '#6a3d9a', '#3c6e1f'] as const
/** So that lines are told apart without their colours. */
export const SERIES_DASHES = ['', '7 3', '2 3', '9 3 2 3'] as const
export const LIMIT_NAMES: Readonly<Record<Limit['kind'], Message>> = {
  fail_low: 'limitFailLow',
  suspect_low: 'limitSuspectLow',
  suspect_high: 'limitSuspectHigh',
  fail_high: 'limitFailHigh',
}

/** A scale of values: one unit. */
interface Axis {
  readonly unit: string
  readonly low: number
  readonly high: number
}

/** A value that somebody set, as a line of the chart: a threshold of a station. */
export interface Line {
  readonly value: number
  /** UCUM: it lies on the axis of that unit. */
  readonly unit: string
  readonly name: string
  readonly grave: boolean
}

/** A stretch of time that is marked: one without values, and why. */
export interface Band extends Span {
  readonly name: string
}

/** One drawing of some series over a span of time. */
export class Picture {
  readonly axes: readonly Axis[]

  constructor(
    readonly series: readonly Drawn[],
    readonly span: Span,
    readonly width: number,
    readonly height_px: number,
    readonly lines: readonly Line[] = [],
    readonly bands: readonly Band[] = [],
  ) {
    this.axes = this.#axesOf()
  }

  /** One or two, by unit; what failed does not stretch them, what was set does. */
  #axesOf(): readonly Axis[] {
    const { from_ms, to_ms } = this.span
    const units = [...new Set(this.series.map(({ source }) => unitOf(source.stream.unit)))]
    return units.map((unit) => {
      const values = this.series
        .filter(({ source }) => unitOf(source.stream.unit) === unit)
        .flatMap(({ points }) => points.filter(({ time_ms }) => time_ms >= from_ms && time_ms <= to_ms))
      const low = values.reduce((least, each) => Math.min(least, each.low), Infinity)
      const high = values.reduce((most, each) => Math.max(most, each.high), -Infinity)
      if (!Number.isFinite(low)) return { unit, low: 0, high: 1 }
      const set = this.lines.filter((each) => unitOf(each.unit) === unit).map(({ value }) => value)
      const [least, most] = [Math.min(low, ...set), Math.max(high, ...set)]
      const room = (most - least || Math.abs(most) || 1) * ROOM
      return { unit, low: least - room, high: most + room }
    })
  }

  #axisOf({ source }: Drawn): Axis {
    const unit = unitOf(source.stream.unit)
    return this.axes.find((each) => each.unit === unit) ?? { unit, low: 0, high: 1 }
  }

  get right(): number {
    return this.width - (this.axes.length > 1 ? SIDE_PX : MARGIN_PX)
  }

  x(time_ms: number): number {
    const { from_ms, to_ms } = this.span
    return SIDE_PX + ((time_ms - from_ms) / (to_ms - from_ms)) * (this.right - SIDE_PX)
  }

  /** Within the frame, at its edge where the value lies outside. */
  y(value: number, { low, high }: Axis): number {
    const share = Math.min(1.02, Math.max(-0.02, (value - low) / (high - low)))
    return this.height_px - BOTTOM_PX - share * (this.height_px - BOTTOM_PX - TOP_PX)
  }

  grid() {
    const right = this.right
    const times = timeTicks(this.span, Math.max(2, Math.floor((right - SIDE_PX) / 46)))
    const foot = this.height_px - BOTTOM_PX
    return svg`
      ${this.axes.map((axis, place) =>
        ticks(axis.low, axis.high, 5).map((value) => {
          const y = this.y(value, axis)
          const x = place ? right + 5 : SIDE_PX - 5
          return svg`
            ${place ? nothing : svg`<line class="grid" x1=${SIDE_PX} x2=${right} y1=${y} y2=${y}></line>`}
            <text x=${x} y=${y + 4} text-anchor=${place ? 'start' : 'end'}>${numberText(value)}</text>`
        }),
      )}
      ${this.axes.map((axis, place) => svg`<text x=${place ? this.width - 2 : 2} y="9" text-anchor=${place ? 'end' : 'start'}>${axis.unit}</text>`)}
      ${times.at.map((time) => {
        const x = this.x(time)
        const told = timeText(time, times.step_ms)
        // A new day stands out among hours.
        return svg`<line class=${told.includes('-') ? 'day' : 'grid'} x1=${x} x2=${x} y1=${TOP_PX} y2=${foot}></line>
          <text x=${x} y=${foot + 16} text-anchor="middle">${told}</text>`
      })}
      <line class="day" x1=${SIDE_PX} x2=${right} y1=${foot} y2=${foot}></line>`
  }

  /** The declared limits that lie in view, each once. */
  limits() {
    const told = new Set<string>()
    return this.series.map((each) => {
      const axis = this.#axisOf(each)
      return limitsOf(each.source.property).map(({ kind, value }) => {
        const key = `${kind} ${value} ${axis.unit}`
        if (value < axis.low || value > axis.high || told.has(key)) return nothing
        told.add(key)
        const y = this.y(value, axis)
        return svg`<line class="limit ${kind}" x1=${SIDE_PX} x2=${this.right} y1=${y} y2=${y}></line>
          <text class="named ${kind}" x=${this.right - 4} y=${y - 4} text-anchor="end">${say(LIMIT_NAMES[kind])} ${numberText(value)}</text>`
      })
    })
  }

  /** What was set, with its name; and the stretches that are marked. */
  set() {
    return this.lines.map(({ value, unit, name, grave }) => {
      const axis = this.axes.find((each) => each.unit === unitOf(unit))
      if (!axis) return nothing
      const y = this.y(value, axis)
      const kind = grave ? 'fail_high' : 'suspect_high'
      return svg`<line class="limit ${kind}" x1=${SIDE_PX} x2=${this.right} y1=${y} y2=${y}></line>
        <text class="named ${kind}" x=${this.right - 4} y=${y - 4} text-anchor="end">${name} ${numberText(value)}</text>`
    })
  }

  marked() {
    const foot = this.height_px - BOTTOM_PX
    return this.bands.map(({ from_ms, to_ms, name }) => {
      const [from, to] = [from_ms, to_ms].map((each) => Math.min(this.right, Math.max(SIDE_PX, this.x(each))))
      const width = Math.max(0, (to ?? 0) - (from ?? 0))
      if (!width) return nothing
      return svg`<rect class="band" x=${from ?? 0} y=${TOP_PX} width=${width} height=${foot - TOP_PX}></rect>
        ${width > 40 ? svg`<text x=${(from ?? 0) + width / 2} y=${foot - 6} text-anchor="middle">${name}</text>` : nothing}`
    })
  }

  line(drawn: Drawn, place: number) {
    const axis = this.#axisOf(drawn)
    const color = SERIES_COLORS[place] ?? SERIES_COLORS[0]
    const runs = runsOf({ ...drawn, points: this.#near(drawn.points) })
    const at = ({ time_ms }: Point, value: number) => `${this.x(time_ms).toFixed(1)},${this.y(value, axis).toFixed(1)}`
    return svg`<g>
      ${runs.map((run) => {
        const line = run.map((each) => at(each, each.mean)).join(' ')
        const [only] = run.length === 1 ? run : []
        const around = drawn.exact
          ? nothing
          : svg`<polygon points=${[...run.map((each) => at(each, each.high)), ...[...run].reverse().map((each) => at(each, each.low))].join(' ')} fill=${color} fill-opacity="0.18"></polygon>`
        return svg`${around}
          ${
            only
              ? svg`<circle cx=${this.x(only.time_ms)} cy=${this.y(only.mean, axis)} r="2" fill=${color}></circle>`
              : svg`<polyline points=${line} fill="none" stroke=${color} stroke-width="1.7" stroke-dasharray=${SERIES_DASHES[place] || nothing} stroke-linejoin="round"></polyline>`
          }`
      })}
      ${drawn.flagged.filter(({ time_ms }) => this.seen(time_ms)).map((each) => this.#flag(each, axis, color))}
    </g>`
  }

  /** What lies in view. */
  #near(points: readonly Point[]): readonly Point[] {
    const first = points.findIndex(({ time_ms }) => time_ms >= this.span.from_ms)
    const after = points.findIndex(({ time_ms }) => time_ms > this.span.to_ms)
    if (first < 0) return []
    return points.slice(first, after < 0 ? undefined : after)
  }

  seen(time_ms: number): boolean {
    return time_ms >= this.span.from_ms && time_ms <= this.span.to_ms
  }

  #flag({ time_ms, value, flag }: Flagged, axis: Axis, color: string) {
    const x = this.x(time_ms)
    if (value === null || flag === FLAGS.missing) {
      return svg`<circle cx=${x} cy=${this.height_px - BOTTOM_PX - 4} r="3" fill="none" stroke=${color} stroke-width="1.4"></circle>`
    }
    const y = this.y(value, axis)
    if (flag === FLAGS.fail) {
      return svg`<path d="M${x - 4} ${y - 4}l8 8m0 -8l-8 8" fill="none" stroke="#b3261e" stroke-width="2"></path>`
    }
    return svg`<path d="M${x} ${y - 6}l5.5 9.5h-11z" fill="#ffffff" stroke="#8a5a00" stroke-width="1.8"></path>`
  }

  /** What was believed before, joined with what is. */
  corrected(corrections: readonly Correction[], place: number) {
    const drawn = this.series[place]
    if (!drawn) return nothing
    const axis = this.#axisOf(drawn)
    const color = SERIES_COLORS[place] ?? SERIES_COLORS[0]
    return corrections.map(({ time, value, value_then }) => {
      const time_ms = Date.parse(time)
      if (value === null || !this.seen(time_ms)) return nothing
      const x = this.x(time_ms)
      const y = this.y(value, axis)
      return svg`${value_then === null ? nothing : svg`<line x1=${x} x2=${x} y1=${y} y2=${this.y(value_then, axis)} stroke=${color} stroke-dasharray="2 2"></line>`}
        <path d="M${x} ${y - 5}l5 5l-5 5l-5 -5z" fill="#ffffff" stroke=${color} stroke-width="1.6"></path>`
    })
  }

  cursor(cursor_ms: number, at: (drawn: Drawn) => Point | undefined) {
    const x = this.x(cursor_ms)
    return svg`<line class="cursor" x1=${x} x2=${x} y1=${TOP_PX} y2=${this.height_px - BOTTOM_PX}></line>
      ${this.series.map((each, place) => {
        const found = at(each)
        if (found?.mean === undefined) return nothing
        return svg`<circle cx=${this.x(found.time_ms)} cy=${this.y(found.mean, this.#axisOf(each))} r="4" fill=${SERIES_COLORS[place] ?? ''} stroke="#ffffff"></circle>`
      })}`
  }

  /** The instant at a place from the left. */
  timeAt(x: number): number {
    const { from_ms, to_ms } = this.span
    return from_ms + ((x - SIDE_PX) / (this.right - SIDE_PX)) * (to_ms - from_ms)
  }

  /** How long a way to the right takes. */
  lengthOf(way: number): number {
    const { from_ms, to_ms } = this.span
    return (way / (this.right - SIDE_PX)) * (to_ms - from_ms)
  }
}

/** Beijing time, as it is read. */
export function wall(time_ms: number): string {
  return toWallTime(new Date(time_ms).toISOString()).replace('T', ' ')
}

/** As short as the step of the axis allows. */
function timeText(time_ms: number, step_ms: number): string {
  const text = wall(time_ms)
  if (step_ms >= 28 * DAY_MS) return text.slice(0, 7)
  if (step_ms >= DAY_MS || text.endsWith('00:00')) return text.slice(5, 10)
  return text.slice(11, 16)
}

import { css, html, nothing, svg, type PropertyValues } from 'lit'
import { toWallTime } from '../clock'
import { say } from '../language'
import type { Message } from '../messages'
import '../messages/monitoring'
import '../messages/series'
import { FLAGS } from '../monitoring'
import {
  limitsOf,
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
import { numberText, unitOf, valueOf } from '../measured'
import { Spoken } from './spoken'
import { theme } from './theme'

const TOP_PX = 14
const BOTTOM_PX = 26
const SIDE_PX = 46
const ROOM = 0.08
const MARGIN_PX = 10
const DAY_MS = 86_400_000
const PAN = 0.25
const ZOOM = 1.6
const LEAST_MS = 120_000

export const SERIES_COLORS = ['#125e69', '#b3471d', '#6a3d9a', '#3c6e1f'] as const
/** So that lines are told apart without their colours. */
export const SERIES_DASHES = ['', '7 3', '2 3', '9 3 2 3'] as const
export const LIMIT_NAMES: Readonly<Record<Limit['kind'], Message>> = {
  fail_low: 'limitFailLow',
  suspect_low: 'limitSuspectLow',
  suspect_high: 'limitSuspectHigh',
  fail_high: 'limitFailHigh',
}
export const FLAG_NAMES: Readonly<Record<number, Message>> = {
  1: 'flagPass',
  2: 'flagUnchecked',
  3: 'flagSuspect',
  4: 'flagFail',
  9: 'flagMissing',
}

/** A scale of values: one unit. */
interface Axis {
  readonly unit: string
  readonly low: number
  readonly high: number
}

/** 过程线图: lines with their envelope, marks of flags, what was believed before, limits; zoomed and moved in time. */
export class SeriesChart extends Spoken {
  static override properties = {
    series: { attribute: false },
    corrections: { attribute: false },
    span: { attribute: false },
    whole: { attribute: false },
    height_px: { attribute: false },
    width: { state: true },
    cursor_ms: { state: true },
    spoken: { state: true },
  }
  declare series: readonly Drawn[]
  /** Of each of them. */
  declare corrections: readonly (readonly Correction[])[]
  declare span: Span
  /** All that there is. */
  declare whole: Span
  declare height_px: number
  declare width: number
  declare cursor_ms: number | null
  /** What is read out of the value under the cursor. */
  declare spoken: string
  #held: { readonly x: number; readonly span: Span } | null = null
  #observer: ResizeObserver | undefined

  constructor() {
    super()
    this.series = []
    this.corrections = []
    this.height_px = 250
    this.width = 360
    this.cursor_ms = null
    this.spoken = ''
  }

  static override styles = [
    theme,
    css`
      :host {
        display: block;
        font-variant-numeric: tabular-nums;
      }
      .plot {
        border-radius: 8px;
        background: var(--paper);
        cursor: grab;
        touch-action: pan-y;
      }
      .plot:active {
        cursor: grabbing;
      }
      svg {
        display: block;
        width: 100%;
      }
      text {
        fill: var(--ink-2);
        font: 11px/1 var(--sans);
      }
      .grid {
        stroke: var(--rule);
      }
      .day {
        stroke: var(--rule-2);
      }
      .limit {
        stroke: var(--seal);
        stroke-dasharray: 5 4;
      }
      .limit.suspect_low,
      .limit.suspect_high {
        stroke: var(--warn);
      }
      .named {
        fill: var(--seal);
        stroke: var(--paper);
        stroke-width: 3px;
        paint-order: stroke;
      }
      .named.suspect_low,
      .named.suspect_high {
        fill: var(--warn);
      }
      .cursor {
        stroke: var(--ink-2);
        stroke-dasharray: 2 2;
      }
      .read {
        min-height: 38px;
        margin: 4px 0 0;
        font-size: 12px;
      }
      .read b {
        font-weight: 600;
      }
      .tools {
        display: flex;
        flex-wrap: wrap;
        gap: 4px;
        margin-top: 6px;
      }
      .tools button {
        padding: 2px 8px;
        font-size: 13px;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#observer = new ResizeObserver(() => {
      const { clientWidth } = this
      if (clientWidth) this.width = clientWidth
    })
    this.#observer.observe(this)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#observer?.disconnect()
  }

  override willUpdate(changed: PropertyValues<this>): void {
    const { cursor_ms, span } = this
    const out = cursor_ms !== null && (cursor_ms < span.from_ms || cursor_ms > span.to_ms)
    if (changed.has('span') && out) this.cursor_ms = null
  }

  override render() {
    const axes = this.#axes()
    return html`
      <div
        class="plot"
        role="application"
        tabindex="0"
        aria-label=${say('seriesChart')}
        aria-describedby="keys read"
        @keydown=${(event: KeyboardEvent) => this.#key(event)}
        @wheel=${(event: WheelEvent) => this.#wheel(event)}
        @pointerdown=${(event: PointerEvent) => this.#press(event)}
        @pointermove=${(event: PointerEvent) => this.#move(event)}
        @pointerup=${() => this.#release()}
        @pointercancel=${() => this.#release()}
        @pointerleave=${() => {
          if (!this.#held) this.cursor_ms = null
        }}
      >
        <svg height=${this.height_px} viewBox="0 0 ${this.width} ${this.height_px}" aria-hidden="true">
          ${this.#grid(axes)} ${this.#limits(axes)}
          ${this.series.map((each, place) => this.#line(each, place, axes))}
          ${this.corrections.map((each, place) => this.#corrected(each, place, axes))}
          ${this.cursor_ms === null ? nothing : this.#cursor(axes)}
        </svg>
      </div>
      <p class="unseen" id="keys">${say('seriesKeys')}</p>
      <p class="read" id="read">${this.#reading()}</p>
      <p class="unseen" role="status">${this.spoken}</p>
      <div class="tools">
        ${this.#tool('◀', 'seriesEarlier', () => this.#pan(-PAN))} ${this.#tool('▶', 'seriesLater', () => this.#pan(PAN))}
        ${this.#tool('+', 'seriesIn', () => this.#zoom(1 / ZOOM))} ${this.#tool('−', 'seriesOut', () => this.#zoom(ZOOM))}
        <button @click=${() => this.#last(DAY_MS)}>${say('seriesDay')}</button>
        <button @click=${() => this.#last(7 * DAY_MS)}>${say('seriesWeek')}</button>
        <button @click=${() => this.#ask(this.whole)}>${say('seriesWhole')}</button>
      </div>
    `
  }

  #tool(sign: string, name: Message, act: () => void) {
    return html`<button aria-label=${say(name)} title=${say(name)} @click=${act}>${sign}</button>`
  }

  /** One or two, by unit; what failed does not stretch them. */
  #axes(): readonly Axis[] {
    const { from_ms, to_ms } = this.span
    const units = [...new Set(this.series.map(({ source }) => unitOf(source.stream.unit)))]
    return units.map((unit) => {
      const values = this.series
        .filter(({ source }) => unitOf(source.stream.unit) === unit)
        .flatMap(({ points }) => points.filter(({ time_ms }) => time_ms >= from_ms && time_ms <= to_ms))
      const low = values.reduce((least, each) => Math.min(least, each.low), Infinity)
      const high = values.reduce((most, each) => Math.max(most, each.high), -Infinity)
      if (!Number.isFinite(low)) return { unit, low: 0, high: 1 }
      const room = (high - low || Math.abs(high) || 1) * ROOM
      return { unit, low: low - room, high: high + room }
    })
  }

  #axisOf({ source }: Drawn, axes: readonly Axis[]): Axis {
    const unit = unitOf(source.stream.unit)
    return axes.find((each) => each.unit === unit) ?? { unit, low: 0, high: 1 }
  }

  get #right(): number {
    return this.width - (new Set(this.series.map(({ source }) => unitOf(source.stream.unit))).size > 1 ? SIDE_PX : MARGIN_PX)
  }

  #x(time_ms: number): number {
    const { from_ms, to_ms } = this.span
    return SIDE_PX + ((time_ms - from_ms) / (to_ms - from_ms)) * (this.#right - SIDE_PX)
  }

  /** Within the frame, at its edge where the value lies outside. */
  #y(value: number, { low, high }: Axis): number {
    const share = Math.min(1.02, Math.max(-0.02, (value - low) / (high - low)))
    return this.height_px - BOTTOM_PX - share * (this.height_px - BOTTOM_PX - TOP_PX)
  }

  #grid(axes: readonly Axis[]) {
    const right = this.#right
    const times = timeTicks(this.span, Math.max(2, Math.floor((right - SIDE_PX) / 46)))
    const foot = this.height_px - BOTTOM_PX
    return svg`
      ${axes.map((axis, place) =>
        ticks(axis.low, axis.high, 5).map((value) => {
          const y = this.#y(value, axis)
          const x = place ? right + 5 : SIDE_PX - 5
          return svg`
            ${place ? nothing : svg`<line class="grid" x1=${SIDE_PX} x2=${right} y1=${y} y2=${y}></line>`}
            <text x=${x} y=${y + 4} text-anchor=${place ? 'start' : 'end'}>${numberText(value)}</text>`
        }),
      )}
      ${axes.map((axis, place) => svg`<text x=${place ? this.width - 2 : 2} y="9" text-anchor=${place ? 'end' : 'start'}>${axis.unit}</text>`)}
      ${times.at.map((time) => {
        const x = this.#x(time)
        return svg`<line class=${timeText(time, times.step_ms).length > 5 ? 'grid' : 'grid day'} x1=${x} x2=${x} y1=${TOP_PX} y2=${foot}></line>
          <text x=${x} y=${foot + 16} text-anchor="middle">${timeText(time, times.step_ms)}</text>`
      })}
      <line class="day" x1=${SIDE_PX} x2=${right} y1=${foot} y2=${foot}></line>`
  }

  /** The declared limits that lie in view, each once. */
  #limits(axes: readonly Axis[]) {
    const told = new Set<string>()
    return this.series.map((each) => {
      const axis = this.#axisOf(each, axes)
      return limitsOf(each.source.property).map(({ kind, value }) => {
        const key = `${kind} ${value} ${axis.unit}`
        if (value < axis.low || value > axis.high || told.has(key)) return nothing
        told.add(key)
        const y = this.#y(value, axis)
        return svg`<line class="limit ${kind}" x1=${SIDE_PX} x2=${this.#right} y1=${y} y2=${y}></line>
          <text class="named ${kind}" x=${this.#right - 4} y=${y - 4} text-anchor="end">${say(LIMIT_NAMES[kind])} ${numberText(value)}</text>`
      })
    })
  }

  #line(drawn: Drawn, place: number, axes: readonly Axis[]) {
    const axis = this.#axisOf(drawn, axes)
    const color = SERIES_COLORS[place] ?? SERIES_COLORS[0]
    const runs = runsOf({ ...drawn, points: this.#near(drawn.points) })
    const at = ({ time_ms }: Point, value: number) => `${this.#x(time_ms).toFixed(1)},${this.#y(value, axis).toFixed(1)}`
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
              ? svg`<circle cx=${this.#x(only.time_ms)} cy=${this.#y(only.mean, axis)} r="2" fill=${color}></circle>`
              : svg`<polyline points=${line} fill="none" stroke=${color} stroke-width="1.7" stroke-dasharray=${SERIES_DASHES[place] || nothing} stroke-linejoin="round"></polyline>`
          }`
      })}
      ${drawn.flagged.filter(({ time_ms }) => this.#seen(time_ms)).map((each) => this.#flag(each, axis, color))}
    </g>`
  }

  /** What lies in view. */
  #near(points: readonly Point[]): readonly Point[] {
    const first = points.findIndex(({ time_ms }) => time_ms >= this.span.from_ms)
    const after = points.findIndex(({ time_ms }) => time_ms > this.span.to_ms)
    if (first < 0) return []
    return points.slice(first, after < 0 ? undefined : after)
  }

  #seen(time_ms: number): boolean {
    return time_ms >= this.span.from_ms && time_ms <= this.span.to_ms
  }

  #flag({ time_ms, value, flag }: Flagged, axis: Axis, color: string) {
    const x = this.#x(time_ms)
    if (value === null || flag === FLAGS.missing) {
      return svg`<circle cx=${x} cy=${this.height_px - BOTTOM_PX - 4} r="3" fill="none" stroke=${color} stroke-width="1.4"></circle>`
    }
    const y = this.#y(value, axis)
    if (flag === FLAGS.fail) {
      return svg`<path d="M${x - 4} ${y - 4}l8 8m0 -8l-8 8" fill="none" stroke="#b3261e" stroke-width="2"></path>`
    }
    return svg`<path d="M${x} ${y - 6}l5.5 9.5h-11z" fill="#ffffff" stroke="#8a5a00" stroke-width="1.8"></path>`
  }

  /** What was believed before, joined with what is. */
  #corrected(corrections: readonly Correction[], place: number, axes: readonly Axis[]) {
    const drawn = this.series[place]
    if (!drawn) return nothing
    const axis = this.#axisOf(drawn, axes)
    const color = SERIES_COLORS[place] ?? SERIES_COLORS[0]
    return corrections.map(({ time, value, value_then }) => {
      const time_ms = Date.parse(time)
      if (value === null || !this.#seen(time_ms)) return nothing
      const x = this.#x(time_ms)
      const y = this.#y(value, axis)
      return svg`${value_then === null ? nothing : svg`<line x1=${x} x2=${x} y1=${y} y2=${this.#y(value_then, axis)} stroke=${color} stroke-dasharray="2 2"></line>`}
        <path d="M${x} ${y - 5}l5 5l-5 5l-5 -5z" fill="#ffffff" stroke=${color} stroke-width="1.6"></path>`
    })
  }

  #cursor(axes: readonly Axis[]) {
    const x = this.#x(this.cursor_ms ?? 0)
    return svg`<line class="cursor" x1=${x} x2=${x} y1=${TOP_PX} y2=${this.height_px - BOTTOM_PX}></line>
      ${this.series.map((each, place) => {
        const found = this.#at(each)
        if (found?.mean === undefined) return nothing
        return svg`<circle cx=${this.#x(found.time_ms)} cy=${this.#y(found.mean, this.#axisOf(each, axes))} r="4" fill=${SERIES_COLORS[place] ?? ''} stroke="#ffffff"></circle>`
      })}`
  }

  /** The value of a series next to the cursor; a gap's width away there is none. */
  #at({ points, gap_ms }: Drawn): Point | undefined {
    const { cursor_ms } = this
    if (cursor_ms === null) return undefined
    let best: Point | undefined
    for (const each of points) {
      if (!best || Math.abs(each.time_ms - cursor_ms) < Math.abs(best.time_ms - cursor_ms)) best = each
    }
    return best && Math.abs(best.time_ms - cursor_ms) <= gap_ms ? best : undefined
  }

  #reading() {
    const { cursor_ms } = this
    if (cursor_ms === null) {
      const [from, to] = [this.span.from_ms, this.span.to_ms].map(wall)
      return say('seriesSpan', { from: from ?? '', to: to ?? '' })
    }
    return html`<b>${wall(cursor_ms)}</b> ${this.series.map((each) => html`<br />${this.#words(each)}`)}`
  }

  #words(drawn: Drawn): string {
    const { stream, station } = drawn.source
    const found = this.#at(drawn)
    const failed = drawn.flagged.find(({ time_ms }) => time_ms === this.cursor_ms)
    const told = failed ?? found
    if (!told) return `${station.name} ${say('stationNoValue')}`
    const value = 'mean' in told ? told.mean : told.value
    const range = 'mean' in told && told.count > 1 ? ` (${numberText(told.low)} – ${numberText(told.high)})` : ''
    const name = FLAG_NAMES[told.flag]
    const flag = drawn.exact && name && told.flag !== FLAGS.pass ? ` ${say(name)}` : ''
    return `${station.name} ${valueOf(value, stream.unit)}${range}${flag}`
  }

  #key(event: KeyboardEvent): void {
    const act = this.#actOf(event)
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    event.stopPropagation()
    act()
  }

  #actOf({ key, shiftKey }: KeyboardEvent): (() => void) | undefined {
    if (key === 'ArrowLeft') return shiftKey ? () => this.#pan(-PAN) : () => this.#step(-1)
    if (key === 'ArrowRight') return shiftKey ? () => this.#pan(PAN) : () => this.#step(1)
    if (key === '+' || key === '=') return () => this.#zoom(1 / ZOOM)
    if (key === '-') return () => this.#zoom(ZOOM)
    if (key === 'Home') return () => this.#ask(this.whole)
    return undefined
  }

  /** To the next value of any series. */
  #step(by: 1 | -1): void {
    const times = [
      ...new Set(
        this.series.flatMap(({ points, flagged }) => [...points, ...flagged].map(({ time_ms }) => time_ms)),
      ),
    ]
      .filter((each) => this.#seen(each))
      .sort((a, b) => a - b)
    if (!times.length) return
    const { cursor_ms } = this
    const before = times.filter((each) => cursor_ms !== null && each < cursor_ms)
    const after = times.filter((each) => cursor_ms === null || each > cursor_ms)
    const next = by > 0 ? after[0] : cursor_ms === null ? times.at(-1) : before.at(-1)
    if (next === undefined) return
    this.cursor_ms = next
    this.spoken = `${wall(next)} ${this.series.map((each) => this.#words(each)).join(say('comma'))}`
  }

  #pan(share: number): void {
    const { from_ms, to_ms } = this.span
    const by = (to_ms - from_ms) * share
    this.#ask({ from_ms: from_ms + by, to_ms: to_ms + by })
  }

  /** About the cursor, else about the middle. */
  #zoom(factor: number, about_ms = this.cursor_ms): void {
    const { from_ms, to_ms } = this.span
    const middle = about_ms ?? (from_ms + to_ms) / 2
    if ((to_ms - from_ms) * factor < LEAST_MS) return
    this.#ask({ from_ms: middle - (middle - from_ms) * factor, to_ms: middle + (to_ms - middle) * factor })
  }

  #last(span_ms: number): void {
    this.#ask({ from_ms: this.whole.to_ms - span_ms, to_ms: this.whole.to_ms })
  }

  #ask(span: Span): void {
    this.dispatchEvent(new CustomEvent<Span>('span', { detail: span }))
  }

  /** A wheel zooms where the chart has the keyboard: elsewhere it moves the panel. */
  #wheel(event: WheelEvent): void {
    if (!event.ctrlKey && this.renderRoot.querySelector('.plot:focus') === null) return
    event.preventDefault()
    this.#zoom(event.deltaY < 0 ? 1 / ZOOM : ZOOM, this.#timeAt(event))
  }

  #press(event: PointerEvent): void {
    if (event.button !== 0) return
    this.#held = { x: event.clientX, span: this.span }
    ;(event.currentTarget as HTMLElement).setPointerCapture(event.pointerId)
  }

  #move(event: PointerEvent): void {
    const held = this.#held
    if (!held) {
      this.cursor_ms = this.#nearest(this.#timeAt(event))
      return
    }
    const { from_ms, to_ms } = held.span
    const by = ((held.x - event.clientX) / (this.#right - SIDE_PX)) * (to_ms - from_ms)
    if (by) this.#ask({ from_ms: from_ms + by, to_ms: to_ms + by })
  }

  #release(): void {
    this.#held = null
  }

  #timeAt(event: MouseEvent): number {
    const { left, width } = (this.renderRoot.querySelector('svg') as SVGElement).getBoundingClientRect()
    const x = ((event.clientX - left) / width) * this.width
    const { from_ms, to_ms } = this.span
    return from_ms + ((x - SIDE_PX) / (this.#right - SIDE_PX)) * (to_ms - from_ms)
  }

  /** The instant of the value next to this one, of any series. */
  #nearest(time_ms: number): number | null {
    let best: number | null = null
    for (const { points, flagged } of this.series) {
      for (const { time_ms: each } of [...points, ...flagged]) {
        if (this.#seen(each) && (best === null || Math.abs(each - time_ms) < Math.abs(best - time_ms))) best = each
      }
    }
    return best
  }
}

function wall(time_ms: number): string {
  return toWallTime(new Date(time_ms).toISOString()).replace('T', ' ')
}

/** As short as the step of the axis allows. */
function timeText(time_ms: number, step_ms: number): string {
  const text = wall(time_ms)
  if (step_ms >= 28 * DAY_MS) return text.slice(0, 7)
  if (step_ms >= DAY_MS || text.endsWith('00:00')) return text.slice(5, 10)
  return text.slice(11, 16)
}

customElements.define('series-chart', SeriesChart)

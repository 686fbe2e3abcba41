import { css, html, nothing, type PropertyValues } from 'lit'
import { say } from '../language'
import { FLAG_NAMES, numberText, valueOf } from '../measured'
import type { Message } from '../messages'
import '../messages/monitoring'
import '../messages/series'
import { FLAGS } from '../monitoring'
import type { Correction, Drawn, Point, Span } from '../series'
import { Picture, wall, type Band, type Line } from './series_picture'
import { Spoken } from './spoken'
import { theme } from './theme'

const DAY_MS = 86_400_000
const PAN = 0.25
const ZOOM = 1.6
const LEAST_MS = 120_000

/** 过程线图: lines with their envelope, marks of flags, what was believed before, limits; zoomed and moved in time. */
export class SeriesChart extends Spoken {
  static override properties = {
    series: { attribute: false },
    corrections: { attribute: false },
    span: { attribute: false },
    whole: { attribute: false },
    height_px: { attribute: false },
    lines: { attribute: false },
    bands: { attribute: false },
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
  /** What somebody set: thresholds. */
  declare lines: readonly Line[]
  /** Stretches that are marked: gaps with their reason. */
  declare bands: readonly Band[]
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
    this.lines = []
    this.bands = []
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
      .band {
        fill: var(--warn-soft);
        stroke: var(--rule-2);
        stroke-dasharray: 3 3;
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
    const picture = this.#picture
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
          ${picture.marked()} ${picture.grid()} ${picture.limits()} ${picture.set()}
          ${this.series.map((each, place) => picture.line(each, place))}
          ${this.corrections.map((each, place) => picture.corrected(each, place))}
          ${this.cursor_ms === null ? nothing : picture.cursor(this.cursor_ms, (each) => this.#at(each))}
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

  get #picture(): Picture {
    return new Picture(this.series, this.span, this.width, this.height_px, this.lines, this.bands)
  }

  #tool(sign: string, name: Message, act: () => void) {
    return html`<button aria-label=${say(name)} title=${say(name)} @click=${act}>${sign}</button>`
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
    const { stream, station, property } = drawn.source
    const title = `${station.name} ${property?.name ?? stream.name}`
    const found = this.#at(drawn)
    const failed = drawn.flagged.find(({ time_ms }) => time_ms === this.cursor_ms)
    const told = failed ?? found
    if (!told) return `${title} ${say('stationNoValue')}`
    const value = 'mean' in told ? told.mean : told.value
    const range = 'mean' in told && told.count > 1 ? ` (${numberText(told.low)} – ${numberText(told.high)})` : ''
    const name = FLAG_NAMES[told.flag]
    const flag = drawn.exact && name && told.flag !== FLAGS.pass ? ` ${say(name)}` : ''
    return `${title} ${valueOf(value, stream.unit)}${range}${flag}`
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
      .filter((each) => this.#picture.seen(each))
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
    const by = this.#picture.lengthOf(held.x - event.clientX)
    if (by) this.#ask({ from_ms: from_ms + by, to_ms: to_ms + by })
  }

  #release(): void {
    this.#held = null
  }

  #timeAt(event: MouseEvent): number {
    const { left, width } = (this.renderRoot.querySelector('svg') as SVGElement).getBoundingClientRect()
    return this.#picture.timeAt(((event.clientX - left) / width) * this.width)
  }

  /** The instant of the value next to this one, of any series. */
  #nearest(time_ms: number): number | null {
    let best: number | null = null
    for (const { points, flagged } of this.series) {
      for (const { time_ms: each } of [...points, ...flagged]) {
        if (this.#picture.seen(each) && (best === null || Math.abs(each - time_ms) < Math.abs(best - time_ms))) best = each
      }
    }
    return best
  }
}

customElements.define('series-chart', SeriesChart)

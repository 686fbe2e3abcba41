import { css, html, nothing, type PropertyValues } from 'lit'
import { readable, toInstant, typed } from '../clock'
import { ServerProblem } from '../config'
import { handOver } from '../download'
import { say } from '../language'
import { numberText, unitOf } from '../measured'
import '../messages/monitoring'
import '../messages/series'
import type { Property } from '../monitoring'
import { detailWith, keptOf } from '../parts'
import {
  FILE_MOST,
  instantOf,
  limitsOf,
  readAll,
  readCorrections,
  readSeries,
  type Corrections,
  type Drawn,
  type Source,
  type Span,
} from '../series'
import { csvOf } from '../csv'
import { watchOf, type StationWatch } from '../station_watch'
import { PanelElement } from './panel_element'
import { partStyle } from './part_style'
import { FLAG_NAMES, LIMIT_NAMES, SERIES_COLORS, SERIES_DASHES } from './series_chart'
import './series_tables'
import { theme } from './theme'

const PART = 'series'
const MOST = 4
const SETTLE_MS = 250
const WEEK_MS = 7 * 86_400_000
const ENDING_MS = 3_600_000
const LEAST_WHOLE_MS = 86_400_000

/** 过程线: up to four datastreams over a span of time, with limits, flags, gaps, corrections, table and file. */
export class SeriesPart extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    span: { state: true },
    drawn: { state: true },
    corrections: { state: true },
    reading: { state: true },
    problem: { state: true },
    note: { state: true },
    property: { state: true },
    large: { state: true },
  }
  /** What is in view; null: what the link says, else the last week. */
  declare span: Span | null
  declare drawn: readonly Drawn[]
  declare corrections: readonly Corrections[]
  declare reading: boolean
  declare problem: string | null
  declare note: string | null
  /** The observed property that is chosen among. */
  declare property: number | null
  /** The chart lies over the page. */
  declare large: boolean
  #watch!: StationWatch
  #stop: () => void = () => undefined
  #abort = new AbortController()
  #waiting = 0
  /** The span is being moved. */
  #moving = false
  #asked = ''

  constructor() {
    super()
    this.span = null
    this.drawn = []
    this.corrections = []
    this.reading = false
    this.problem = null
    this.note = null
    this.property = null
    this.large = false
  }

  static override styles = [
    theme,
    partStyle,
    css`
      .add {
        display: grid;
        grid-template-columns: 1fr 1fr auto;
        gap: 0 8px;
        align-items: end;
        margin-bottom: 10px;
      }
      .add > * {
        min-width: 0;
      }
      .add label {
        margin-top: 0;
      }
      .drawn li {
        display: flex;
        gap: 8px;
        align-items: center;
        padding: 2px 0;
        font-size: 13px;
      }
      .drawn span {
        flex: 1;
        min-width: 0;
        overflow-wrap: anywhere;
      }
      .drawn svg {
        flex: none;
      }
      .drawn button {
        padding: 0 7px;
      }
      series-chart {
        margin-top: 8px;
      }
      .signs {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 12px;
        margin-top: 8px;
        color: var(--ink-2);
        font-size: 12px;
      }
      .small {
        margin-top: 4px;
      }
      dialog {
        box-sizing: border-box;
        width: min(1100px, 94vw);
        max-height: 94vh;
        border: 0;
        border-radius: var(--radius);
        box-shadow: var(--shadow);
        padding: 16px;
        color: inherit;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#watch = watchOf(this.workbench.store)
    this.#stop = this.#watch.subscribe(() => this.requestUpdate())
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#stop()
    this.#abort.abort()
    window.clearTimeout(this.#waiting)
    this.#asked = ''
  }

  override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed)
    const before = changed.get('state')
    // Another link: what it says is what is in view.
    if (before && before.detail !== this.state.detail && this.#kept('d') !== keptOf(PART, before.detail).get('d')) {
      this.span = null
    }
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed)
    if (!this.#moving) void this.#read()
  }

  override render() {
    if (this.#watch.stations === null) {
      return this.#watch.problem
        ? html`<p class="bad" role="alert">${say('stationLost', { why: this.#watch.problem })}</p>`
        : html`<p class="how" role="status">${say('reading')}</p>`
    }
    const sources = this.#sources()
    return html`
      <p class="how">${say('seriesHow')}</p>
      ${this.#chooser(sources)}
      ${this.note ? html`<p class="warn" role="alert">${this.note}</p>` : nothing}
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
      ${sources.length ? this.#chart(sources) : html`<p class="how" role="status">${say('seriesNone')}</p>`}
    `
  }

  #chooser(sources: readonly Source[]) {
    const measured = new Map<number, Property>()
    for (const { datastreams } of this.#watch.stations ?? []) {
      for (const { property } of datastreams) {
        const found = this.#watch.properties.get(property)
        if (found) measured.set(property, found)
      }
    }
    const chosen = this.property ?? sources[0]?.stream.property ?? measured.keys().next().value ?? null
    const stations = (this.#watch.stations ?? []).flatMap((station) =>
      station.datastreams.filter(({ property }) => property === chosen).map((stream) => ({ station, stream })),
    )
    return html`<div class="add">
      <div>
        <label for="property">${say('seriesProperty')}</label>
        <select
          id="property"
          @change=${(event: Event) => {
            this.property = Number((event.target as HTMLSelectElement).value)
          }}
        >
          ${[...measured].map(([id, { name }]) => html`<option value=${id} ?selected=${id === chosen}>${name}</option>`)}
        </select>
      </div>
      <div>
        <label for="station">${say('seriesStation')}</label>
        <select id="station">
          ${stations.map(({ station, stream }) => html`<option value=${stream.id}>${station.name}</option>`)}
        </select>
      </div>
      <button class="primary" @click=${() => this.#add(sources)}>${say('seriesAdd')}</button>
    </div>`
  }

  #chart(sources: readonly Source[]) {
    const { asof } = this.state
    const span = this.#span(sources)
    return html`
      <ul class="drawn">
        ${sources.map((each, place) => this.#name(each, place))}
      </ul>
      ${this.#stamps(sources)}
      ${asof ? html`<p class="small">${say('seriesAsof', { time: typed(asof) })}</p>` : nothing}
${this.#picture(sources, span, 250)}
      <p class="unseen" role="status">${this.reading ? say('reading') : ''}</p>
      ${this.#notes(sources)}
      <p class="signs">
        <span>${say('markSuspect')}</span><span>${say('markFail')}</span><span>${say('markMissing')}</span
        ><span>${say('markCorrected')}</span>
      </p>
      <div class="actions">
        <button @click=${() => void this.#enlarge()}>${say('seriesLarge')}</button>
        <button @click=${() => void this.#file(sources, span)}>${say('seriesCsv')}</button>
      </div>
      ${this.large ? this.#large(sources, span) : nothing}
      <series-tables .series=${this.drawn} .corrections=${this.corrections} .span=${span}></series-tables>
    `
  }

  #picture(sources: readonly Source[], span: Span, height_px: number) {
    return html`<series-chart
      .series=${this.drawn}
      .corrections=${this.corrections.map(({ corrections }) => corrections.filter(changesValue))}
      .span=${span}
      .whole=${wholeOf(sources)}
      .height_px=${height_px}
      @span=${(event: CustomEvent<Span>) => this.#look(event.detail)}
    ></series-chart>`
  }

  /** The chart over the page, as large as that is. */
  #large(sources: readonly Source[], span: Span) {
    return html`<dialog
      aria-label=${say('seriesChart')}
      @close=${() => {
        this.large = false
      }}
    >
      <ul class="drawn">
        ${sources.map((each, place) => this.#name(each, place))}
      </ul>
      ${this.#picture(sources, span, Math.max(240, innerHeight - 300))}
      <div class="actions">
        <button @click=${() => this.renderRoot.querySelector('dialog')?.close()}>${say('close')}</button>
      </div>
    </dialog>`
  }

  async #enlarge(): Promise<void> {
    this.large = true
    await this.updateComplete
    this.renderRoot.querySelector('dialog')?.showModal()
  }

  #name({ station, stream, property }: Source, place: number) {
    const name = `${station.name} ${property?.name ?? stream.name}`
    const unit = unitOf(stream.unit)
    return html`<li>
      <svg width="26" height="10" aria-hidden="true">
        <line x1="1" x2="25" y1="5" y2="5" stroke=${SERIES_COLORS[place] ?? ''} stroke-width="2.4" stroke-dasharray=${SERIES_DASHES[place] || nothing}></line>
      </svg>
      <span>${name}${unit ? ` (${unit})` : ''}</span>
      <button class="plain" aria-label=${say('seriesRemove', { name })} title=${say('seriesRemove', { name })} @click=${() => this.#remove(stream.id)}>✕</button>
    </li>`
  }

  #stamps(sources: readonly Source[]) {
    const layers = new Set(sources.map(({ station }) => station.layer))
    const synthetic = this.workbench.config.layers.some((each) => each.synthetic && layers.has(each.id))
    return synthetic ? html`<p class="synthetic"><span class="seal">${say('synthetic')}</span></p>` : nothing
  }

  /** What the picture itself does not tell. */
  #notes(sources: readonly Source[]) {
    const { from_ms, to_ms } = this.#span(sources)
    const empty = !this.reading && this.drawn.every(({ points, flagged }) => !points.length && !flagged.length)
    const bases = new Set(sources.flatMap(({ property }) => (limitsOf(property).length && property?.basis ? [property.basis] : [])))
    const outside = [
      ...new Set(
        this.drawn.flatMap(({ source, points }) => {
          const seen = points.filter(({ time_ms }) => time_ms >= from_ms && time_ms <= to_ms)
          const [low, high] = [Math.min(...seen.map((each) => each.low)), Math.max(...seen.map((each) => each.high))]
          const room = (high - low) * 0.08
          return limitsOf(source.property)
            .filter(({ value }) => value < low - room || value > high + room)
            .map(({ kind, value }) => `${say(LIMIT_NAMES[kind])} ${numberText(value)} ${unitOf(source.stream.unit)}`)
        }),
      ),
    ]
    return html`
      ${empty ? html`<p class="small" role="status">${say('seriesEmpty')}</p>` : nothing}
      ${this.drawn.some(({ exact }) => !exact) ? html`<p class="small">${say('seriesEnvelope')}</p>` : nothing}
      ${this.drawn.some(({ cut }) => cut) ? html`<p class="small">${say('seriesCut')}</p>` : nothing}
      ${outside.length ? html`<p class="small">${say('seriesOutside', { limits: outside.join(say('comma')) })}</p>` : nothing}
      ${[...bases].map((basis) => html`<p class="small">${say('limitBasis', { basis })}</p>`)}
    `
  }

  #kept(name: string): string | null {
    return keptOf(PART, this.state.detail).get(name)
  }

  get #ids(): readonly number[] {
    const ids = (this.#kept('d') ?? '').split(',').map(Number)
    return [...new Set(ids.filter((each) => Number.isSafeInteger(each) && each > 0))].slice(0, MOST)
  }

  #sources(): readonly Source[] {
    return this.#ids.flatMap((id): Source[] => {
      for (const station of this.#watch.stations ?? []) {
        const stream = station.datastreams.find((each) => each.id === id)
        if (stream) return [{ station, stream, property: this.#watch.properties.get(stream.property) }]
      }
      return []
    })
  }

  /** In view: where one moved to, what the link says, else the last week there is. */
  #span(sources: readonly Source[]): Span {
    if (this.span) return this.span
    const [from_ms, to_ms] = ['from', 'to'].map((name) => Date.parse(this.#kept(name) ?? ''))
    if (from_ms !== undefined && to_ms !== undefined && from_ms < to_ms) return { from_ms, to_ms }
    const whole = wholeOf(sources)
    return { from_ms: Math.max(whole.from_ms, whole.to_ms - WEEK_MS), to_ms: whole.to_ms }
  }

  #ask(ids: readonly number[], span: Span | null): void {
    const kept = {
      d: ids.join(','),
      from: span ? instantOf(span.from_ms) : null,
      to: span ? instantOf(span.to_ms) : null,
    }
    this.workbench.store.update({ detail: detailWith(PART, kept) })
  }

  #add(sources: readonly Source[]): void {
    const id = Number(this.renderRoot.querySelector<HTMLSelectElement>('#station')?.value)
    const ids = sources.map(({ stream }) => stream.id)
    const stream = this.#watch.stations?.flatMap(({ datastreams }) => datastreams).find((each) => each.id === id)
    if (!stream || ids.includes(id)) return
    const units = [...new Set(sources.map((each) => unitOf(each.stream.unit)))]
    this.note = null
    if (ids.length >= MOST) this.note = say('seriesFull')
    else if (units.length > 1 && !units.includes(unitOf(stream.unit))) {
      this.note = say('seriesUnits', { units: units.join(say('comma')) })
    } else this.#ask([...ids, id], ids.length ? this.#span(sources) : null)
  }

  #remove(id: number): void {
    this.note = null
    this.#ask(this.#ids.filter((each) => each !== id), this.span)
  }

  /** Shows another span at once with what is there; it is read, and stands in the link, when one rests. */
  #look(span: Span): void {
    this.span = span
    this.#moving = true
    window.clearTimeout(this.#waiting)
    this.#waiting = window.setTimeout(() => {
      this.#moving = false
      this.#ask(this.#ids, span)
      void this.#read()
    }, SETTLE_MS)
  }

  async #read(): Promise<void> {
    const sources = this.#sources()
    if (!sources.length) {
      this.drawn = this.drawn.length ? [] : this.drawn
      this.#asked = ''
      return
    }
    const span = this.#span(sources)
    // A value more or another one is another picture.
    const now = sources.map(({ stream }) => `${stream.id} ${stream.count} ${stream.recorded_at}`)
    const asked = JSON.stringify([now, span, this.state.asof])
    if (asked === this.#asked) return
    this.#asked = asked
    this.#abort.abort()
    this.#abort = new AbortController()
    const { signal } = this.#abort
    const asof = this.state.asof ? toInstant(this.state.asof) : null
    this.reading = true
    try {
      const [drawn, corrections] = await Promise.all([
        Promise.all(sources.map((each) => readSeries(each, span, asof, signal))),
        Promise.all(sources.map(({ stream }) => readCorrections(stream.id, span, signal))),
      ])
      Object.assign(this, { drawn, corrections, problem: null })
    } catch (cause) {
      if (signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    }
    this.reading = false
  }

  /** Every value of what is in view, with its flag. */
  async #file(sources: readonly Source[], span: Span): Promise<void> {
    const { signal } = this.#abort
    const asof = this.state.asof ? toInstant(this.state.asof) : null
    try {
      const rows: string[] = []
      for (const source of sources) {
        const values = await readAll(source, span, asof, signal)
        if (values.length >= FILE_MOST) this.note = say('seriesCsvCut', { count: FILE_MOST })
        const name = `${source.station.name} ${source.property?.name ?? source.stream.name}`
        for (const [time, result, flag] of values) {
          const flagName = FLAG_NAMES[flag]
          const told = flagName ? say(flagName) : ''
          rows.push(csvOf([readable(time.split('/')[0] ?? time), source.stream.id, name, result, unitOf(source.stream.unit), flag, told]))
        }
      }
      const time = `${say('columnTime')}${say('beijing')}`
      const names = csvOf([time, 'datastream', say('columnSeries'), say('columnValue'), 'unit', 'QARTOD', say('columnFlag')])
      // The mark tells spreadsheets that it is UTF-8.
      const content = new Blob(['\ufeff', [names, ...rows].join('\r\n'), '\r\n'], { type: 'text/csv;charset=utf-8' })
      handOver(content, `series-${sources.map(({ stream }) => stream.id).join('-')}.csv`)
    } catch (cause) {
      if (signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    }
  }
}

function changesValue({ value, value_then }: { value: number | null; value_then: number | null }): boolean {
  return value !== value_then
}

/** From the first to the last value of any, and a little more. */
function wholeOf(sources: readonly Source[]): Span {
  const first = sources.flatMap(({ stream }) => (stream.first ? [Date.parse(stream.first)] : []))
  const last = sources.flatMap(({ stream }) => (stream.time ? [Date.parse(stream.time)] : []))
  const to_ms = (last.length ? Math.max(...last) : Date.now()) + ENDING_MS
  return { from_ms: Math.min(...first, to_ms - LEAST_WHOLE_MS), to_ms }
}

customElements.define('series-part', SeriesPart)

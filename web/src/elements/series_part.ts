import { css, html, nothing, type PropertyValues } from 'lit'
import { toInstant, typed } from '../clock'
import { ServerProblem } from '../config'
import { handOver } from '../download'
import { say } from '../language'
import { numberText, unitOf } from '../measured'
import '../messages/monitoring'
import '../messages/series'
import { detailWith, keptOf } from '../parts'
import {
  FILE_MOST,
  instantOf,
  limitsOf,
  limitsOutside,
  readCorrections,
  readSeries,
  wholeOf,
  type Corrections,
  type Drawn,
  type Source,
  type Span,
} from '../series'
import { fileOf } from '../series_file'
import { watchOf, type StationWatch } from '../station_watch'
import { PanelElement } from './panel_element'
import { partStyle } from './part_style'
import './series_chart'
import './series_chooser'
import { LIMIT_NAMES, SERIES_COLORS, SERIES_DASHES } from './series_picture'
import './series_tables'
import { theme } from './theme'

const PART = 'series'
const MOST = 4
const SETTLE_MS = 250
const WEEK_MS = 7 * 86_400_000

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
    large: { state: true },
  }
  /** What is in view; null: what the link says, else the last week. */
  declare span: Span | null
  declare drawn: readonly Drawn[]
  declare corrections: readonly Corrections[]
  declare reading: boolean
  declare problem: string | null
  declare note: string | null
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
    this.large = false
  }

  static override styles = [
    theme,
    partStyle,
    css`
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
      <series-chooser
        .stations=${this.#watch.stations}
        .properties=${this.#watch.properties}
        .first=${sources[0]?.stream.property ?? null}
        @add=${(event: CustomEvent<number>) => this.#add(sources, event.detail)}
      ></series-chooser>
      ${this.note ? html`<p class="warn" role="alert">${this.note}</p>` : nothing}
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
      ${sources.length ? this.#chart(sources) : html`<p class="how" role="status">${say('seriesNone')}</p>`}
    `
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
    const empty = !this.reading && this.drawn.every(({ points, flagged }) => !points.length && !flagged.length)
    const bases = new Set(sources.flatMap(({ property }) => (limitsOf(property).length && property?.basis ? [property.basis] : [])))
    const outside = limitsOutside(this.drawn, this.#span(sources)).map(
      ({ limit: { kind, value }, unit }) => `${say(LIMIT_NAMES[kind])} ${numberText(value)} ${unitOf(unit)}`,
    )
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

  get #asof(): string | null {
    return this.state.asof ? toInstant(this.state.asof) : null
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

  #add(sources: readonly Source[], id: number): void {
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
    this.reading = true
    try {
      const [drawn, corrections] = await Promise.all([
        Promise.all(sources.map((each) => readSeries(each, span, this.#asof, signal))),
        Promise.all(sources.map(({ stream }) => readCorrections(stream.id, span, this.#asof, signal))),
      ])
      Object.assign(this, { drawn, corrections, problem: null })
    } catch (cause) {
      if (signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    }
    this.reading = false
  }

  async #file(sources: readonly Source[], span: Span): Promise<void> {
    const { signal } = this.#abort
    try {
      const { content, name, cut } = await fileOf(sources, span, this.#asof, signal)
      if (cut) this.note = say('seriesCsvCut', { count: FILE_MOST })
      handOver(content, name)
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

customElements.define('series-part', SeriesPart)

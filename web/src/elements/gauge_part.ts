import { css, html, nothing } from 'lit'
import { readable } from '../clock'
import { download, handOver } from '../download'
import { address, fetchJson } from '../config'
import { fileOf, GAP_NAMES, readMeasured, sourceOf, TOLD_DAYS, type Measured } from '../gauge_series'
import { fetchGauge, fetchRatings, seriesAddress, type Element, type Gauge, type Rating } from '../gauges'
import { named, say } from '../language'
import { valueOf } from '../measured'
import '../messages/gauges'
import '../messages/rivers'
import '../messages/series'
import { detailWith } from '../parts'
import { layerOf, setMoment, stationCode, STATIONS, type River } from '../rivers'
import { instantOf, readCorrections, type Corrections, type Span } from '../series'
import { comparableTo, markName } from '../thresholds'
import './gauge_facts'
import { partStyle } from './part_style'
import './rating_chart'
import { RiverPart } from './river_part'
import './series_chart'
import './series_tables'
import type { Band, Line } from './series_picture'
import { theme } from './theme'

const WEEK_MS = 7 * 86_400_000
const HOUR_MS = 3_600_000
const LONGEST_MS = 366 * 86_400_000
const SETTLE_MS = 250

/** A station as the list of all has it. */
interface Listed {
  readonly id: string
  readonly name: string
  readonly route_id: string | null
}

/** 测站: newest values with their age, thresholds, the series with its gaps, the rating curve's versions, files. */
export class GaugePart extends RiverPart {
  static override properties = {
    ...RiverPart.properties,
    listed: { state: true },
    gauge: { state: true },
    ratings: { state: true },
    measured: { state: true },
    corrections: { state: true },
  }
  declare listed: readonly Listed[] | null
  declare gauge: Gauge | null
  declare ratings: readonly Rating[]
  declare measured: Measured | null
  declare corrections: Corrections
  protected readonly partId = 'gauges'
  #span: Span | null = null
  #waiting = 0

  constructor() {
    super()
    this.listed = null
    this.gauge = null
    this.ratings = []
    this.measured = null
    this.corrections = NONE
  }

  static override styles = [
    theme,
    partStyle,
    css`
      .title {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 8px;
        align-items: center;
        margin-top: 12px;
      }
      .title h3 {
        margin: 0;
      }
      .gaps li {
        padding: 2px 0;
        font-size: 12px;
      }
    `,
  ]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    window.clearTimeout(this.#waiting)
    this.#span = null
  }

  protected override get wanted(): string {
    const { kept } = this
    return `${kept.get('station') ?? ''} ${kept.get('element') ?? ''}`
  }

  protected override async read(river: River, signal: AbortSignal): Promise<void> {
    const { datetime, asof } = this.state
    Object.assign(this, { gauge: null, measured: null, ratings: [], corrections: NONE })
    this.#span = null
    if (!layerOf(this.workbench.config, STATIONS)) {
      this.listed = []
      return
    }
    const url = address('rivers/stations')
    setMoment(url, { datetime, asof })
    const { stations } = await fetchJson<{ stations: readonly Listed[] }>(url, signal)
    this.listed = stations
    const wanted = this.kept.get('station')
    const listed = stations.find(({ id }) => id === wanted) ?? stations.find(({ route_id }) => route_id === river.id)
    if (!listed) return
    const [gauge, ratings] = await Promise.all([
      fetchGauge(listed.id, { datetime, asof }, signal),
      layerOf(this.workbench.config, 'river-ratings') ? fetchRatings(listed.id, asof, signal) : [],
    ])
    Object.assign(this, { gauge, ratings })
    await this.#measure(gauge, signal)
  }

  override render() {
    const { river, listed, gauge } = this
    return html`
      ${this.choice()} ${river ? this.trouble() : nothing}
      ${river && !listed && !this.problem ? html`<p class="how" role="status">${say('reading')}</p>` : nothing}
      ${river && listed ? this.#choose(river, listed) : nothing} ${gauge ? this.#station(gauge) : nothing}
    `
  }

  #choose(river: River, listed: readonly Listed[]) {
    if (!listed.length) return html`<p class="how" role="status">${say('gaugeNone')}</p>`
    const here = listed.filter(({ route_id }) => route_id === river.id)
    const groups = [
      ['gaugeHere', here],
      ['gaugeElsewhere', listed.filter((each) => !here.includes(each))],
    ] as const
    const chosen = this.kept.get('station') ?? here[0]?.id
    return html`<label for="station">${say('gaugeStation')}</label>
      <select id="station" @change=${(event: Event) => this.ask({ station: (event.target as HTMLSelectElement).value, element: null })}>
        ${here.length ? nothing : html`<option value="" ?selected=${!chosen}></option>`}
        ${groups.map(([name, some]) =>
          some.length
            ? html`<optgroup label=${say(name)}>
                ${some.map(({ id, name: title }) => html`<option value=${id} ?selected=${id === chosen}>${title} ${id}</option>`)}
              </optgroup>`
            : nothing,
        )}
      </select>
      ${here.length || this.gauge ? nothing : html`<p class="small">${say('gaugeNoneHere')}</p>`}`
  }

  #station(gauge: Gauge) {
    const element = this.#element(gauge)
    return html`
      <div class="title">
        <h3>${gauge.name}</h3>
        ${gauge.synthetic ? html`<span class="seal">${say('synthetic')}</span>` : nothing}
        <button @click=${() => this.workbench.visit({ layer: STATIONS, fid: gauge.id })}>${say('riverShow')}</button>
      </div>
      <gauge-facts
        .gauge=${gauge}
        .kind=${this.#code('kind', gauge.kind)}
        .datumName=${(datum: string) => this.#code('vertical_datum', datum)}
      ></gauge-facts>
      ${element ? this.#series(gauge, element) : html`<p class="how">${say('gaugeMeasuresNone')}</p>`}
      <h3>${say('ratings')}</h3>
      <rating-chart
        .ratings=${this.ratings}
        .datum=${gauge.vertical_datum}
        .datumName=${(datum: string) => this.#code('vertical_datum', datum)}
      ></rating-chart>
    `
  }

  #series(gauge: Gauge, element: Element) {
    const { measured, corrections } = this
    const span = this.#span ?? this.#weekOf(gauge, element)
    const { lines, hidden } = this.#lines(gauge, element)
    return html`
      <h3>${say('gaugeSeries')}</h3>
      <label for="element">${say('gaugeElement')}</label>
      <select id="element" @change=${(event: Event) => this.ask({ station: gauge.id, element: (event.target as HTMLSelectElement).value })}>
        ${gauge.elements.map((each) => html`<option value=${each.id} ?selected=${each === element}>${named(each.title)}</option>`)}
      </select>
      ${
        measured
          ? html`<series-chart
                .series=${[measured.drawn]}
                .corrections=${[corrections.corrections]}
                .span=${span}
                .whole=${this.#weekOf(gauge, element)}
                .lines=${lines}
                .bands=${this.#bands(measured)}
                @span=${(event: CustomEvent<Span>) => this.#move(gauge, event.detail)}
              ></series-chart>
              ${measured.drawn.points.length ? nothing : html`<p class="how" role="status">${say('seriesEmpty')}</p>`}
              ${hidden ? html`<p class="warn">${say('gaugeOtherDatum', { marks: hidden })}</p>` : nothing}
              ${this.#gaps(measured)}
              <series-tables .series=${[measured.drawn]} .corrections=${[corrections]} .span=${span}></series-tables>
              ${this.#files(gauge, element, measured, span)}`
          : html`<p class="how" role="status">${this.problem ? '' : say('reading')}</p>`
      }
    `
  }

  #files(gauge: Gauge, element: Element, { points, gaps }: Measured, span: Span) {
    const title = named(element.title)
    const datum = this.#code('vertical_datum', gauge.vertical_datum)
    const waterml = seriesAddress('waterml', gauge.id, element.id, span, this.state.asof)
    return html`<div class="actions">
      ${
        points
          ? html`<button @click=${() => handOver(fileOf(gauge, element, title, points, gaps ?? [], datum), `${gauge.id}-${element.id}.csv`)}>
              ${say('gaugeCsv')}
            </button>`
          : nothing
      }
      <button @click=${() => void this.guarded(() => download(waterml))}>${say('gaugeWaterml')}</button>
      <button @click=${() => this.#beside(gauge, element, span)}>${say('gaugeOpen')}</button>
    </div>`
  }

  #gaps({ gaps }: Measured) {
    if (gaps === null) return html`<p class="small">${say('gaugeGapsLong', { days: TOLD_DAYS })}</p>`
    if (!gaps.length) return html`<p class="small">${say('gaugeNoGaps')}</p>`
    return html`<details open>
      <summary>${say('gaugeGaps', { count: gaps.length })}</summary>
      <ul class="gaps">
        ${gaps.map(
          ({ kind, start, end, expected }) =>
            html`<li>${say('gaugeGap', { kind: say(GAP_NAMES[kind]), from: readable(start), to: readable(end), count: expected })}</li>`,
        )}
      </ul>
    </details>`
  }

  /** Thresholds that the chart may show, and the names of those that it may not. */
  #lines(gauge: Gauge, { id, unit }: Element): { readonly lines: readonly Line[]; readonly hidden: string } {
    const quantity = id.endsWith('discharge') || id === 'outflow' ? 'discharge' : 'stage'
    if (quantity === 'stage' && unit !== 'm') return { lines: [], hidden: '' }
    const { shown, hidden } = comparableTo(gauge.thresholds, quantity, gauge.vertical_datum)
    const lines = shown.map((each) => ({ value: each.value, unit, name: markName(each), grave: each.kind !== 'warning' }))
    return { lines, hidden: hidden.map((each) => `${markName(each)} ${valueOf(each.value, each.unit)}`).join(say('comma')) }
  }

  #bands({ gaps }: Measured): readonly Band[] {
    return (gaps ?? []).map(({ kind, start, end }) => ({ from_ms: Date.parse(start), to_ms: Date.parse(end), name: say(GAP_NAMES[kind]) }))
  }

  #element(gauge: Gauge): Element | undefined {
    const wanted = this.kept.get('element')
    return gauge.elements.find(({ id }) => id === wanted) ?? gauge.elements[0]
  }

  /** The week up to the newest value. */
  #weekOf(gauge: Gauge, { id }: Element): Span {
    const newest = gauge.latest[id]
    const to_ms = (newest ? Date.parse(newest.time) : Date.now()) + HOUR_MS
    return { from_ms: to_ms - WEEK_MS, to_ms }
  }

  async #measure(gauge: Gauge, signal: AbortSignal): Promise<void> {
    const element = this.#element(gauge)
    if (!element) return
    const { asof } = this.state
    const span = (this.#span ??= this.#weekOf(gauge, element))
    const stream = gauge.datastreams[element.id]
    const [measured, corrections] = await Promise.all([
      stream === undefined
        ? { drawn: { ...EMPTY, source: sourceOf(gauge, element, named(element.title)) }, gaps: [], points: [] }
        : readMeasured(gauge, element, named(element.title), span, asof, signal),
      stream === undefined ? NONE : readCorrections(stream, span, null, signal),
    ])
    Object.assign(this, { measured, corrections })
  }

  /** The picture follows at once, what is read when the span rests. */
  #move(gauge: Gauge, { from_ms, to_ms }: Span): void {
    this.#span = { from_ms: Math.max(from_ms, to_ms - LONGEST_MS), to_ms }
    this.requestUpdate()
    window.clearTimeout(this.#waiting)
    this.#waiting = window.setTimeout(() => void this.guarded((signal) => this.#measure(gauge, signal)), SETTLE_MS)
  }

  #beside(gauge: Gauge, { id }: Element, span: Span): void {
    const d = gauge.datastreams[id]
    if (d === undefined) return
    const kept = { d: String(d), from: instantOf(span.from_ms), to: instantOf(span.to_ms) }
    this.workbench.store.update({ panel: 'monitoring', detail: detailWith('series', kept) })
  }

  #code(field: string, value: string): string {
    return stationCode(this.workbench.config, field, value)
  }
}

const NONE: Corrections = { corrections: [], more: false }
const EMPTY = { points: [], flagged: [], cut: false, exact: true, gap_ms: HOUR_MS } as const

customElements.define('gauge-part', GaugePart)

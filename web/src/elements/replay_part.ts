import { css, html, nothing } from 'lit'
import { fromTyped, readable, toWallTime, typed } from '../clock'
import { ServerProblem } from '../config'
import {
  asofOf,
  elementOf,
  entriesOf,
  fetchFloods,
  fetchGauged,
  fetchKnown,
  fetchModels,
  instantsOf,
  type Flood,
  type Gauged,
  type Known,
} from '../flood_known'
import { fetchRuns, type Listed, type Lacking } from '../flood_runs'
import { fetchSeries, type Series } from '../gauges'
import { named, say } from '../language'
import { numberText } from '../measured'
import '../messages/flood_replay'
import '../messages/floods'
import { FLAGS } from '../monitoring'
import type { Span } from '../series'
import './flood_hydrograph'
import type { Course } from './flood_hydrograph'
import { FloodPart } from './flood_part'
import { partStyle } from './part_style'
import './replay_again'
import './replay_axis'
import type { Told } from './replay_axis'
import './replay_compare'
import './replay_score'
import './surface_player'
import { theme } from './theme'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const SPAN_MOST_MS = 366 * DAY_MS
const OWN = 'own'
/** The newest forecasts that are drawn. */
const FANS = 2
/** Values farther apart than so many of their usual steps are not joined. */
const GAP_STEPS = 3

/** All that is told of one instant. */
interface Shown {
  readonly at_ms: number
  readonly then: Known
  readonly now: Known
  /** What was measured up to the instant, as it was known then. */
  readonly series: Series | null
}

/** 复盘: a flood once more, instant by instant: what was known and decided then, beside what is known today. */
export class ReplayPart extends FloodPart {
  static override properties = {
    ...FloodPart.properties,
    gauged: { state: true },
    floods: { state: true },
    runs: { state: true },
    lacking: { state: true },
    series: { state: true },
    shown: { state: true },
    wrong: { state: true },
  }
  /** null: not read yet. */
  declare gauged: readonly Gauged[] | null
  declare floods: readonly Flood[]
  declare runs: readonly Listed[]
  /** Why some may be missing. */
  declare lacking: Lacking | null
  /** The whole event as it is known today. */
  declare series: Series | null
  declare shown: Shown | null
  /** What was typed and is none. */
  declare wrong: string | null
  protected readonly partId = 'replay'
  /** By station. */
  #models: ReadonlyMap<string, string> = new Map()
  #floods_of: string | null = null
  #series_of: string | null = null

  constructor() {
    super()
    Object.assign(this, { gauged: null, floods: [], runs: [], lacking: null, series: null, shown: null, wrong: null })
  }

  static override styles = [
    theme,
    partStyle,
    css`
      .fields {
        display: flex;
        gap: 8px;
        align-items: end;
      }
      .fields > div {
        flex: 1;
        min-width: 0;
      }
      .head {
        display: flex;
        gap: 8px;
        align-items: center;
      }
    `,
  ]

  protected override get wanted(): string {
    const { kept } = this
    return JSON.stringify([...['station', 'from', 'to', 'at', 'known'].map((name) => kept.get(name)), this.state.asof])
  }

  protected override async read(signal: AbortSignal): Promise<void> {
    if (!this.gauged) {
      const [gauged, models] = await Promise.all([fetchGauged(signal), fetchModels(signal), this.#listRuns(signal)])
      this.#models = models
      this.gauged = gauged
    }
    const station = this.#station
    if (!station) return
    if (this.#floods_of !== station.id) {
      const model = this.#models.get(station.id)
      this.floods = model ? await fetchFloods(model, signal) : []
      this.#floods_of = station.id
    }
    const [event, asof] = [this.#event, asofOf(this.state.asof)]
    const key = JSON.stringify([station.id, event, asof])
    if (this.#series_of !== key) {
      this.series = await seriesOf(station, event, this.state.asof, signal)
      this.#series_of = key
    }
    const at_ms = this.#at_ms
    const known = asofOf(this.kept.get('known'))
    const [then, now] = await Promise.all([
      fetchKnown(at_ms, known, signal),
      fetchKnown(at_ms, asof ?? new Date().toISOString(), signal),
    ])
    const seen = { from_ms: event.from_ms, to_ms: Math.max(at_ms, event.from_ms) + 1000 }
    const series = await seriesOf(station, seen, toWallTime(then.asof), signal)
    this.shown = { at_ms, then, now, series }
  }

  async #listRuns(signal: AbortSignal): Promise<void> {
    const { runs, lacking } = await fetchRuns(signal).catch(noRuns)
    this.lacking = lacking
    this.runs = runs.filter(({ kind }) => kind !== 'ensemble')
  }

  override render() {
    const { gauged, shown } = this
    return html`
      <p class="how">${say('backHow')}</p>
      ${this.trouble()} ${!gauged && !this.problem ? html`<p class="how" role="status">${say('reading')}</p>` : nothing}
      ${gauged?.length === 0 ? html`<p class="how" role="status">${say('backNoStation')}</p>` : nothing}
      ${gauged?.length ? this.#choose(gauged) : nothing} ${shown ? this.#shown(shown) : nothing}
      ${gauged ? this.#again() : nothing}
    `
  }

  #choose(gauged: readonly Gauged[]) {
    const { from_ms, to_ms } = this.#event
    const own = !this.floods.some((each) => this.#is(each))
    const times = instantsOf(this.#event)
    const at = this.#place(times)
    return html`
      <label for="station">${say('backStation')}</label>
      <select id="station" @change=${(event: Event) => this.ask({ station: valueIn(event), from: null, to: null, at: null })}>
        ${gauged.map(({ id, name }) => html`<option value=${id} ?selected=${id === this.#station?.id}>${name} ${id}</option>`)}
      </select>
      <label for="event">${say('backEvent')}</label>
      <select id="event" @change=${(event: Event) => this.#choseEvent(valueIn(event))}>
        ${this.floods.map(
          (each, place) => html`<option value=${place} ?selected=${this.#is(each)}>
            ${say('backFlood', { time: readable(each.peak_observed_at), peak: numberText(Math.round(each.peak_observed_m3_s)) })}
          </option>`,
        )}
        <option value=${OWN} ?selected=${own}>${say('backOwnSpan')}</option>
      </select>
      <form
        novalidate
        @submit=${(event: Event) => {
          event.preventDefault()
          this.#chose()
        }}
      >
        <div class="fields">
          <div>
            <label for="from">${say('backFrom')}</label>
            <input id="from" type="text" autocomplete="off" .value=${wallOf(from_ms)} />
          </div>
          <div>
            <label for="to">${say('backTo')}</label>
            <input id="to" type="text" autocomplete="off" .value=${wallOf(to_ms)} />
          </div>
        </div>
        <label for="known">${say('backKnownBy')}</label>
        <div class="fields">
          <div><input id="known" type="text" autocomplete="off" .value=${typed(this.kept.get('known') ?? '')} /></div>
          <button>${say('backSet')}</button>
        </div>
      </form>
      ${this.wrong ? html`<p class="bad" role="alert">${this.wrong}</p>` : nothing}
      <surface-player
        .times=${times}
        .at=${at}
        .ready=${() => this.shown?.at_ms === this.#at_ms || this.problem !== null}
        @at=${(event: CustomEvent<number>) => this.ask({ at: wallTime(times[event.detail] ?? from_ms) })}
      ></surface-player>
    `
  }

  #shown({ at_ms, then, now }: Shown) {
    const courses = this.#courses()
    return html`
      <div class="head">
        <h3>${say('backHydrograph')}</h3>
        ${now.stamp ? html`<span class="seal">${now.stamp}</span>` : nothing}
      </div>
      ${courses.length ? html`<flood-hydrograph .courses=${courses} .label=${say('backHydrograph')} .at_ms=${at_ms} .whole=${this.#event}></flood-hydrograph>` : html`<p class="small">${say('backNoSeries')}</p>`}
      <h3>${say('backBoth')}</h3>
      <replay-compare .then=${then} .now=${now} .station=${this.#station?.id ?? ''}></replay-compare>
      <h3>${say('backAxis')}</h3>
      <replay-axis .told=${toldBy(then, now)} .span=${this.#event} .at_ms=${at_ms}></replay-axis>
      <h3>${say('backScore')}</h3>
      <replay-score .known=${then}></replay-score>
    `
  }

  #again() {
    const chosen = this.kept.get('run') ?? this.runs[0]?.id ?? ''
    return html`<h3>${say('backAgain')}</h3>
      <replay-again
        .runs=${this.runs}
        .chosen=${chosen}
        @chosen=${(event: CustomEvent<string>) => this.ask({ run: event.detail })}
        @kept=${() => void this.guarded((signal) => this.#listRuns(signal))}
        @open=${(event: CustomEvent<string>) => this.turn('runs', { run: event.detail })}
      ></replay-again>
      ${this.lacking ? html`<p class="small">${named(this.lacking)}</p>` : nothing}`
  }

  /** What was measured, as known then and today, and the newest forecasts that were in force. */
  #courses(): readonly Course[] {
    const { shown, series } = this
    const station = this.#station?.id
    const fans = shown?.then.forecasts?.filter((each) => each.station === station) ?? []
    return [
      ...measuredOf(say('backSeenThen'), shown?.series ?? null),
      ...measuredOf(say('backSeenNow'), series),
      ...fans.slice(0, FANS).map(({ basis_at, instants, quantiles_m3_s: { p05, p50, p95 } }): Course => ({
        name: say('backFan', { time: readable(basis_at) }),
        unit: 'm3/s',
        values: instants.map((each, at) => [Date.parse(each), p50[at] ?? NaN]),
        within: instants.map((_, at) => [p05[at] ?? NaN, p95[at] ?? NaN]),
      })),
    ]
  }

  /** The one in the link, else the first that is forecast. */
  get #station(): Gauged | undefined {
    const [wanted, all] = [this.kept.get('station'), this.gauged]
    return all?.find(({ id }) => id === wanted) ?? all?.find(({ id }) => this.#models.has(id)) ?? all?.[0]
  }

  /** The span in the link, else the newest flood of the record, else the last three days. */
  get #event(): Span {
    const [from_ms, to_ms] = ['from', 'to'].map((name) => Date.parse(asofOf(this.kept.get(name)) ?? ''))
    if (within(from_ms, to_ms)) return { from_ms, to_ms } as Span
    const [newest] = this.floods
    if (newest) return spanOf(newest)
    const now_ms = Math.ceil(Date.now() / HOUR_MS) * HOUR_MS
    return { from_ms: now_ms - 3 * DAY_MS, to_ms: now_ms }
  }

  /** The instant in the link, else the middle of the event. */
  get #at_ms(): number {
    const times = instantsOf(this.#event)
    return times[this.#place(times)] ?? this.#event.from_ms
  }

  /** The place of the instant that lies next to the one in the link. */
  #place(times: readonly number[]): number {
    const { from_ms, to_ms } = this.#event
    const asked = Date.parse(asofOf(this.kept.get('at')) ?? '')
    const wanted = Number.isFinite(asked) ? asked : (from_ms + to_ms) / 2
    return times.reduce((best, each, at) => (Math.abs(each - wanted) < Math.abs((times[best] ?? 0) - wanted) ? at : best), 0)
  }

  #is(flood: Flood): boolean {
    const { from_ms, to_ms } = this.#event
    const span = spanOf(flood)
    return span.from_ms === from_ms && span.to_ms === to_ms
  }

  #choseEvent(value: string): void {
    const flood = value === OWN ? undefined : this.floods[Number(value)]
    if (!flood) return void this.renderRoot.querySelector<HTMLInputElement>('#from')?.focus()
    const { from_ms, to_ms } = spanOf(flood)
    this.ask({ from: wallTime(from_ms), to: wallTime(to_ms), at: null })
  }

  /** What was typed, where it is a span and an instant. */
  #chose(): void {
    const field = (name: string) => this.renderRoot.querySelector<HTMLInputElement>(`#${name}`)?.value.trim() ?? ''
    const [from, to] = [fromTyped(field('from')), fromTyped(field('to'))]
    const text = field('known')
    const known = text ? fromTyped(text) : null
    this.wrong = null
    if (!within(Date.parse(asofOf(from) ?? ''), Date.parse(asofOf(to) ?? ''))) this.wrong = say('backBadSpan')
    else if (text && !known) this.wrong = say('backBadKnown', { text })
    else this.ask({ from, to, known })
  }
}

function noRuns(cause: unknown): { readonly runs: readonly Listed[]; readonly lacking: Lacking | null } {
  if (cause instanceof ServerProblem) return { runs: [], lacking: null }
  throw cause
}

/** What a station measured over a span; null where it has no such series or it may not be read. */
async function seriesOf(station: Gauged, span: Span, asof: string | null, signal: AbortSignal): Promise<Series | null> {
  const element = elementOf(station)
  if (!element) return null
  return fetchSeries(station.id, element, span, asof, signal).catch((cause: unknown) => {
    if (cause instanceof ServerProblem && !signal.aborted) return null
    throw cause
  })
}

function measuredOf(name: string, series: Series | null): readonly Course[] {
  if (!series?.points.length) return []
  const values = series.points.flatMap(({ time, value, flag }): [number, number][] =>
    value === null || flag === FLAGS.fail ? [] : [[Date.parse(time), value]],
  )
  const apart = values.slice(1).map(([time_ms], at) => time_ms - (values[at]?.[0] ?? time_ms)).sort((a, b) => a - b)
  const gap_ms = (apart[apart.length >> 1] ?? Infinity) * GAP_STEPS
  return values.length ? [{ name, unit: series.unit, values, gap_ms }] : []
}

/** What either document tells, and which. */
function toldBy(then: Known, now: Known): readonly Told[] {
  const [before, today] = [then, now].map((each) => new Map(entriesOf(each).map((one) => [one.key, one])))
  const all = new Map([...(today ?? []), ...(before ?? [])])
  return [...all.values()]
    .map((each) => ({ ...each, then: before?.has(each.key) ?? false, now: today?.has(each.key) ?? false }))
    .sort((a, b) => Date.parse(a.time) - Date.parse(b.time))
}

function within(from_ms: number | undefined, to_ms: number | undefined): boolean {
  return from_ms !== undefined && to_ms !== undefined && from_ms < to_ms && to_ms - from_ms <= SPAN_MOST_MS
}

/** To the whole hour, so that an instant of a flood is an instant of the slider. */
function spanOf({ begin, end }: Flood): Span {
  return { from_ms: Math.floor(Date.parse(begin) / HOUR_MS) * HOUR_MS, to_ms: Math.ceil(Date.parse(end) / HOUR_MS) * HOUR_MS }
}

function wallTime(time_ms: number): string {
  return toWallTime(new Date(time_ms).toISOString())
}

function wallOf(time_ms: number): string {
  return typed(wallTime(time_ms))
}

function valueIn(event: Event): string {
  return (event.target as HTMLSelectElement).value
}

customElements.define('replay-part', ReplayPart)

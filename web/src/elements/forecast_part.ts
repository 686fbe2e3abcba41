import { html, nothing } from 'lit'
import { readable } from '../clock'
import { ServerProblem } from '../config'
import { download } from '../download'
import { fetchPlaces, NOWHERE } from '../flood_board'
import {
  fetchForecast,
  fetchForecasts,
  fetchForecastStages,
  percent,
  tableAddress,
  type Course,
  type Forecast,
  type ForecastRecord,
  type ForecastStages,
  type Lead,
  type WholeForecast,
} from '../flood_forecasts'
import { say } from '../language'
import { dischargeText, numberText } from '../measured'
import type { Message } from '../messages'
import '../messages/flood_forecasts'
import '../messages/floods'
import { stationCode, STATIONS } from '../rivers'
import { FloodPart } from './flood_part'
import './forecast_fan'
import './forecast_stages'
import { partStyle } from './part_style'
import { sectionStyle } from './section_style'
import { theme } from './theme'

const SCHEMES: Readonly<Record<string, Message>> = { model: 'castOwn', climatology: 'castClimatology', persistence: 'castPersistence' }

/** 预报: the newest forecasts, issued or withheld, with ensemble, grade, lead and the scores of held-out floods. */
export class ForecastPart extends FloodPart {
  static override properties = {
    ...FloodPart.properties,
    listed: { state: true },
    names: { state: true },
    more: { state: true },
    whole: { state: true },
    staged: { state: true },
  }
  /** null: not read yet. */
  declare listed: readonly Forecast[] | null
  /** What stations are called. */
  declare names: ReadonlyMap<string, string>
  declare more: boolean
  declare whole: WholeForecast | null
  /** Of the open one; why there are none, in words. */
  declare staged: ForecastStages | string | null
  protected readonly partId = 'forecasts'

  constructor() {
    super()
    Object.assign(this, { listed: null, names: NOWHERE.names, more: false, whole: null, staged: null })
  }

  static override styles = [theme, partStyle, sectionStyle]

  protected override get wanted(): string {
    const { datetime, asof } = this.state
    return JSON.stringify([this.kept.get('forecast'), datetime, asof])
  }

  protected override async read(signal: AbortSignal): Promise<void> {
    const { datetime, asof } = this.state
    const id = this.kept.get('forecast')
    this.whole = null
    this.staged = null
    const [{ forecasts, more }, whole, staged, { names }] = await Promise.all([
      fetchForecasts({ datetime, asof }, signal),
      id ? fetchForecast(id, signal) : null,
      id ? stagesOf(id, asof, signal) : null,
      // Without the names of stations their codes tell them apart.
      fetchPlaces({ datetime, asof }, signal).catch(() => NOWHERE),
    ])
    Object.assign(this, { listed: forecasts, names, more, whole, staged })
  }

  override render() {
    const { listed } = this
    return html`
      <p class="how">${say('castHow')}</p>
      ${this.trouble()} ${!listed && !this.problem ? html`<p class="how" role="status">${say('reading')}</p>` : nothing}
      ${listed?.length === 0 ? html`<p class="how" role="status">${say('castNone')}</p>` : nothing}
      <ul aria-label=${say('castList')}>
        ${(listed ?? []).map((each) => this.#row(each))}
      </ul>
      ${this.more ? html`<p class="small">${say('castCut', { count: listed?.length ?? 0 })}</p>` : nothing}
    `
  }

  #row({ id, station, basis_at, issued, grade, peak_m3_s, synthetic }: Forecast) {
    const open = this.kept.get('forecast') === id
    return html`<li class="row">
      <button aria-expanded=${open} @click=${() => this.ask({ forecast: open ? null : id })}>
        <span class="what"
          ><span>${this.names.get(station) ?? station} · ${dischargeText(peak_m3_s)} m³/s</span>${synthetic ? html`<span class="seal">${say('synthetic')}</span>` : html`<span></span>`}
          <small>${say('castBasis', { time: readable(basis_at) })} · ${say('castGrade', { grade })} · ${say(issued ? 'castIssued' : 'castWithheld')}</small></span
        >
      </button>
      ${open && this.whole?.id === id ? this.#whole(this.whole) : nothing}
    </li>`
  }

  #whole({ id, station, issued, record }: WholeForecast) {
    const { peak, model, rain, members_m3_s } = record
    return html`<div class="body">
      ${issued ? nothing : html`<p class="warn">${say('castWithheld')}</p>`}
      <dl>
        <dt>${say('castLead')}</dt>
        <dd>${say('castLeadHours', { hours: record.lead_h })}</dd>
        <dt>${say('castPeak')}</dt>
        <dd>
          ${say('castPeakWords', { median: dischargeText(peak.median_m3_s), low: dischargeText(peak.p05_m3_s), high: dischargeText(peak.p95_m3_s), time: readable(peak.median_at) })}
        </dd>
        <dt>${say('castObserved')}</dt>
        <dd>${dischargeText(record.observed_m3_s)} m³/s</dd>
        <dt>${say('castRain')}</dt>
        <dd>${rain.kind === 'none' ? say('castRainNone') : rain.source}</dd>
        <dt>${say('castModel')}</dt>
        <dd>${say('castModelWords', { kind: model.kind, version: model.version })}</dd>
        <dt>${say('castMembers')}</dt>
        <dd>${members_m3_s.length}</dd>
      </dl>
      <forecast-fan .course=${flowCourse(record)} name=${say('castChart')}></forecast-fan>
      ${this.staged === null ? nothing : html`<forecast-stages
              .staged=${this.staged}
              .datumName=${(datum: string) => stationCode(this.workbench.config, 'vertical_datum', datum)}
            ></forecast-stages>`}
      ${this.#exceedance(record)} ${this.#heldOut(record)}
      <div class="actions">
        <button @click=${() => this.workbench.visit({ layer: STATIONS, fid: station })}>${say('castShow')}</button>
        <button @click=${() => void this.guarded(() => download(tableAddress(id)))}>${say('castTableFile')}</button>
      </div>
    </div>`
  }

  #exceedance({ exceedance }: ForecastRecord) {
    if (!exceedance.length) return nothing
    return html`<h3>${say('castExceedance')}</h3>
      <dl>
        ${exceedance.map(({ threshold_m3_s, probability }) => html`<dt>${numberText(threshold_m3_s)} m³/s</dt><dd>${percent(probability * 100)}</dd>`)}
      </dl>`
  }

  /** What the grade rests on, beside what knows nothing of the rain. */
  #heldOut({ held_out, short, unverified_limits, left_out, standard }: ForecastRecord) {
    const { years, schemes, leads } = held_out
    const graded = Object.entries(schemes).sort(([a], [b]) => ownFirst(a, b))
    const scored = leads.filter(({ crps_m3_s }) => crps_m3_s) // what was kept before this was scored has none
    const title = say('castHeldOut', { years: years.join(say('comma')) })
    return html`<h3>${title}</h3>
      <div class="sheet" tabindex="0" role="region" aria-label=${title}>
        <table>
          <thead>
            <tr>
              ${(['castScheme', 'castFloods', 'castQualified', 'castDetermination'] as const).map((each) => html`<th scope="col">${say(each)}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${graded.map(
              ([name, { floods, qualified_share_percent, determination, grade }]) => html`<tr>
                <td>${wordOf(name)}(${grade})</td>
                <td>${floods}</td>
                <td>${percent(qualified_share_percent)}</td>
                <td>${scoreText(determination)}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
      ${leads.length ? this.#byLead(say('castLeads'), leads, ({ determination }) => determination, scoreText, true) : nothing}
      ${scored.length ? this.#byLead(say('castCrps'), scored, ({ crps_m3_s }) => crps_m3_s ?? {}, flowText, false) : nothing}
      <p class="small">${standard}</p>
      ${short.length ? html`<p class="warn">${say('castShort', { what: short.join(say('comma')) })}</p>` : nothing}
      ${unverified_limits.length ? html`<p class="small">${say('castUnverified', { what: unverified_limits.join(say('comma')) })}</p>` : nothing}
      ${left_out.length ? html`<p class="small">${say('castLeftOut', { what: left_out.join(say('comma')) })}</p>` : nothing}`
  }

  /** A score of each lead, of the model beside the rest. */
  #byLead(
    title: string,
    leads: readonly Lead[],
    scoreOf: (lead: Lead) => Readonly<Record<string, number | null>>,
    words: (value: number | null) => string,
    within: boolean,
  ) {
    const names = [...new Set(leads.flatMap((lead) => Object.keys(scoreOf(lead))))].sort(ownFirst)
    return html`<div class="sheet" tabindex="0" role="region" aria-label=${title}>
      <table>
        <caption class="small">
          ${title}
        </caption>
        <thead>
          <tr>
            <th scope="col">${say('castLead')}</th>
            ${names.map((each) => html`<th scope="col">${wordOf(each)}</th>`)} ${within ? html`<th scope="col">${say('castWithin')}</th>` : nothing}
          </tr>
        </thead>
        <tbody>
          ${leads.map(
            (lead) => html`<tr>
              <td>${say('castLeadHours', { hours: lead.lead_h })}</td>
              ${names.map((each) => html`<td>${words(scoreOf(lead)[each] ?? null)}</td>`)} ${within ? html`<td>${percent(lead.within_90_percent)}</td>` : nothing}
            </tr>`,
          )}
        </tbody>
      </table>
    </div>`
  }
}

/** Whoever may not read the curve sees the forecast all the same. */
async function stagesOf(id: string, asof: string | null, signal: AbortSignal): Promise<ForecastStages | string> {
  try {
    return await fetchForecastStages(id, asof, signal)
  } catch (cause) {
    if (cause instanceof ServerProblem) return cause.words
    throw cause
  }
}

function flowCourse({ instants, best_m3_s, quantiles_m3_s }: ForecastRecord): Course {
  return { unit: 'm³/s', instants, best: best_m3_s, quantiles: quantiles_m3_s, levels: [] }
}

/** The model itself, then what it is held against. */
function ownFirst(a: string, b: string): number {
  return Number(b === 'model') - Number(a === 'model') || a.localeCompare(b)
}

function wordOf(scheme: string): string {
  const message = SCHEMES[scheme]
  return message ? say(message) : scheme.toUpperCase()
}

function scoreText(value: number | null): string {
  return value === null ? '–' : value.toFixed(2)
}

function flowText(value: number | null): string {
  return value === null ? '–' : numberText(Number(value.toPrecision(3)))
}

customElements.define('forecast-part', ForecastPart)

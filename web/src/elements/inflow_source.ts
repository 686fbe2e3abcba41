import { html, nothing, type PropertyValues } from 'lit'
import { toWallTime, typed as asTyped } from '../clock'
import { ServerProblem } from '../config'
import { fetchForecasts, QUANTILES, type Forecast } from '../flood_forecasts'
import { say } from '../language'
import '../messages/scenario'
import type { Named, RiverPlaces } from '../river_places'
import { BEST, UNTAKEN, type Taken } from '../scenario_course'
import { MEMBERS } from '../scenario_many'
import { wrongWords, type Wrong } from '../scenario_typed'
import { PanelElement } from './panel_element'
import { scenarioStyle } from './scenario_style'
import { theme } from './theme'

const SHOWN_OF_ID = 12
const WAYS = [
  [null, 'scenFromHere'],
  ['forecast', 'scenFromForecast'],
  ['station', 'scenFromStation'],
] as const

/** 流量过程从何处取: written here, of a kept forecast, or as a station measured it. Fires `from`. */
export class InflowSource extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    places: { attribute: false },
    from: { attribute: false },
    fault: { attribute: false },
    alone: { attribute: false },
    forecasts: { state: true },
    stations: { state: true },
    problem: { state: true },
  }
  declare places: RiverPlaces
  declare from: Taken | null
  declare fault: Wrong | null
  /** One course is taken: never all members of a forecast. */
  declare alone: boolean
  /** Those there are; null as long as they are not read. */
  declare forecasts: readonly Forecast[] | null
  declare stations: readonly Named[]
  declare problem: string | null
  #reading: RiverPlaces | null = null

  constructor() {
    super()
    Object.assign(this, { from: null, fault: null, alone: false, forecasts: null, stations: [], problem: null })
  }

  static override styles = [theme, scenarioStyle]

  override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed)
    if (this.from && this.#reading !== this.places) void this.#read(this.places)
  }

  override render() {
    const { from } = this
    return html`
      <span class="name" id="from">${say('scenFrom')}</span>
      <div class="kinds" role="group" aria-labelledby="from">
        ${WAYS.map(
          ([by, title]) =>
            html`<button aria-pressed=${(from?.by ?? null) === by} @click=${() => this.#told(by === null ? null : { ...(from ?? UNTAKEN), by, rest: {} })}>${say(title)}</button>`,
        )}
      </div>
      ${from?.by === 'forecast' ? this.#forecast(from) : nothing} ${from?.by === 'station' ? this.#station(from) : nothing}
      ${this.fault ? html`<p class="fault" id="from-fault">${wrongWords(this.fault)}</p>` : nothing}
    `
  }

  #forecast(from: Taken) {
    const { forecasts } = this
    const chosen = forecasts?.find(({ id }) => id === from.forecast)
    const trial = chosen ? !chosen.issued : from.reference
    const courses = [BEST, ...QUANTILES, ...(this.alone ? [] : [MEMBERS])]
    const names: Readonly<Record<string, string>> = { [BEST]: say('scenBest'), [MEMBERS]: say('scenAllMembers') }
    const member = from.rest.member
    return html`
      ${this.problem ? html`<p class="fault" role="alert">${say('scenForecastsUnread', { words: this.problem })}</p>` : nothing}
      ${forecasts?.length === 0 ? html`<p class="small" role="status">${say('scenForecastNone')}</p>` : nothing}
      <label for="forecast">${say('scenForecast')}</label>
      <select id="forecast" aria-invalid=${this.fault !== null} aria-describedby=${this.fault ? 'from-fault' : nothing} @change=${(event: Event) => this.#choose(from, (event.target as HTMLSelectElement).value)}>
        <option value="" ?selected=${!from.forecast}>—</option>
        ${(forecasts ?? []).map((each) => html`<option value=${each.id} ?selected=${each.id === from.forecast}>${this.#words(each)}</option>`)}
        ${from.forecast && !chosen ? html`<option value=${from.forecast} selected>${say('scenForecastOther', { id: from.forecast.slice(0, SHOWN_OF_ID) })}</option>` : nothing}
      </select>
      <label for="course">${say('scenWhichCourse')}</label>
      <select id="course" @change=${(event: Event) => this.#told({ ...from, course: (event.target as HTMLSelectElement).value, rest: {} })}>
        ${member !== undefined && !from.course ? html`<option value="" selected>${say('scenMember', { number: String(member) })}</option>` : nothing}
        ${courses.map((each) => html`<option value=${each} ?selected=${each === from.course}>${names[each] ?? each.toUpperCase()}</option>`)}
      </select>
      ${
        trial
          ? html`<label class="check">
              <input id="reference" type="checkbox" .checked=${from.reference} @change=${(event: Event) => this.#told({ ...from, reference: (event.target as HTMLInputElement).checked })} />
              <span>${say('scenReference')}</span>
            </label>`
          : nothing
      }
      ${chosen?.synthetic ? html`<p class="small"><span class="seal">${say('synthetic')}</span></p>` : nothing}
    `
  }

  #station(from: Taken) {
    const { stations } = this
    const known = stations.some(({ id }) => id === from.station)
    return html`
      <label for="station">${say('scenFromWhich')}</label>
      <select id="station" aria-invalid=${this.fault !== null} aria-describedby=${this.fault ? 'from-fault' : nothing} @change=${(event: Event) => this.#told({ ...from, station: (event.target as HTMLSelectElement).value })}>
        <option value="" ?selected=${!from.station}>—</option>
        ${stations.map(({ id, name }) => html`<option value=${id} ?selected=${id === from.station}>${name}</option>`)}
        ${from.station && !known ? html`<option value=${from.station} selected>${from.station}</option>` : nothing}
      </select>
      <p class="small">${say('scenFromStationHow')}</p>
    `
  }

  #words({ station, basis_at: basis, peak_m3_s: peak, grade, issued }: Forecast): string {
    const name = this.stations.find(({ id }) => id === station)?.name ?? station
    const words = say('scenForecastWords', { station: name, basis: asTyped(toWallTime(basis)), peak: String(Math.round(peak)), grade })
    return issued ? words : `${words} · ${say('scenNotIssued')}`
  }

  /** Another forecast: whether it is a trial is said anew. */
  #choose(from: Taken, forecast: string): void {
    this.#told({ ...from, forecast, reference: false })
  }

  #told(from: Taken | null): void {
    this.dispatchEvent(new CustomEvent<Taken | null>('from', { detail: from }))
  }

  async #read(places: RiverPlaces): Promise<void> {
    this.#reading = places
    const stations = await places.named
    if (this.#reading !== places) return
    this.stations = stations
    try {
      this.forecasts = (await fetchForecasts(places.times, places.signal)).forecasts
      this.problem = null
    } catch (cause) {
      if (!(cause instanceof ServerProblem)) return
      this.problem = cause.words
    }
  }
}

/** In the row of the inflow. */
export function takenWords({ by, forecast, station }: Taken): string {
  if (by === 'station') return station ? say('scenMeasuredAt', { station }) : say('scenFromStation')
  return forecast ? say('scenForecastOther', { id: forecast.slice(0, SHOWN_OF_ID) }) : say('scenFromForecast')
}

customElements.define('inflow-source', InflowSource)

import { html, nothing } from 'lit'
import { readable } from '../clock'
import { lengthText } from '../flood_runs'
import { say } from '../language'
import { dischargeText, numberText } from '../measured'
import '../messages/routing'
import { FIGURES, METHOD_NAMES, type Joined, type Measured, type Peak, type Routed, type RoutedInflow } from '../routing'
import './flood_hydrograph'
import type { Course } from './flood_hydrograph'
import { partStyle } from './part_style'
import { sectionStyle } from './section_style'
import { fact, sheet } from './sheet'
import { Spoken } from './spoken'
import { theme } from './theme'

const M3_S = 'm3/s'

/** 演算成果: courses, peaks and delays, water accounts, stages and what was measured; never without its notice. */
export class RoutingFacts extends Spoken {
  static override properties = { routed: { attribute: false }, datumName: { attribute: false } }
  declare routed: Routed
  declare datumName: (datum: string) => string

  static override styles = [theme, partStyle, sectionStyle]

  override render() {
    const { peak, inflows, station } = this.routed
    return html`
      <p class="warn">${say('routeNoGrade')}</p>
      <dl>
        <dt>${say('routePeak')}</dt>
        <dd>${peakWords(peak)}</dd>
      </dl>
      <h3>${say('routeCourses')}</h3>
      <flood-hydrograph .courses=${coursesOf(this.routed)} .label=${say('routeCourses')}></flood-hydrograph>
      <h3>${say('routePeaks')}</h3>
      ${sheet(say('routePeaks'), [say('routeName'), say('routePeakAbove'), say('routePeakBelow'), say('routeDelay'), say('routeLess')], inflows.map(peaksOf))}
      <h3>${say('routeAccounts')}</h3>
      ${sheet(say('routeAccounts'), [say('routeName'), say('routeIn'), say('routeOut'), say('routeStored'), say('routeError')], inflows.map(accountOf))}
      ${station ? this.#station(station) : nothing} ${this.#basis()}
    `
  }

  #station(station: Joined) {
    const { name, vertical_datum, ratings, stage_m } = station
    const known = stage_m.flatMap((stage, at) => (stage === null ? [] : [[this.#ms(at), stage] as const]))
    const beyond = stage_m.length - known.length
    const [when, highest] = known.reduce((best, each) => (each[1] > best[1] ? each : best), known[0] ?? [0, 0])
    return html`<h3>${say('routeStages', { name })}</h3>
      ${
        ratings.length
          ? html`<dl>
                ${known.length ? fact('routeStagePeak', say('routeStageAt', { stage: highest.toFixed(2), time: readable(new Date(when).toISOString()) })) : nothing}
                ${fact('routeDatum', this.datumName(vertical_datum))} ${fact('routeCurve', ratings.join(say('comma')))}
              </dl>
              ${known.length ? html`<flood-hydrograph .courses=${[{ name: say('routeStageChart'), unit: 'm', values: known, gap_ms: this.routed.step_s * 1500 }]} .label=${say('routeStages', { name })}></flood-hydrograph>` : nothing}
              ${beyond ? html`<p class="warn">${say('routeBeyond', { count: beyond })}</p>` : nothing}`
          : html`<p class="small">${say('routeNoCurve')}</p>`
      }
      <h3>${say('routeMet')}</h3>
      ${station.measured ? met(station.measured) : html`<p class="small">${say('routeUnmeasured')}</p>`}`
  }

  #ms(at: number): number {
    return Date.parse(this.routed.instants[at] ?? '')
  }

  /** Of each inflow: where it was taken from, its reaches with their figures, who says so. */
  #basis() {
    const { asof, inflows } = this.routed
    return html`<details>
      <summary>${say('routeBasis')}</summary>
      <dl>
        ${fact('routeAsof', readable(asof))}
        ${inflows.map(({ id, taken, reaches, source }) => html`<dt>${id}</dt><dd>${[taken ? takenFrom(taken) : '', ...reaches.map(reachWords), source].filter(Boolean).map((line) => html`${line}<br />`)}</dd>`)}
      </dl>
    </details>`
  }
}

/** Total first, then what was measured there, then each inflow as it comes out. */
function coursesOf({ instants, total_m3_s, inflows, station }: Routed): readonly Course[] {
  const times = instants.map((each) => Date.parse(each))
  const along = (name: string, flows: readonly number[]): Course => ({ name, unit: M3_S, values: flows.map((flow, at) => [times[at] ?? 0, flow] as const) })
  const measured = station?.measured
  const seen: readonly Course[] = measured
    ? [{ name: say('routeMeasured', { name: station.name }), unit: M3_S, values: measured.m3_s.map((flow, at) => [Date.parse(measured.instants[at] ?? ''), flow] as const) }]
    : []
  const first = inflows[0]
  const above = inflows.length === 1 && first ? [along(say('routeAbove', { name: first.id }), first.inflow_m3_s)] : inflows.map(({ id, outflow_m3_s }) => along(say('routeBelow', { name: id }), outflow_m3_s))
  return [along(say('routeTotal'), total_m3_s), ...seen, ...above]
}

function peaksOf({ id, peak_above, peak_below, delay_s }: RoutedInflow): readonly string[] {
  const less = peak_above.m3_s > 0 ? `${numberText(Math.round((1000 * (peak_above.m3_s - peak_below.m3_s)) / peak_above.m3_s) / 10)}%` : '–'
  return [id, peakWords(peak_above), peakWords(peak_below), delay_s < 0 ? `−${lengthText(-delay_s)}` : lengthText(delay_s), less]
}

function accountOf({ id, account }: RoutedInflow): readonly string[] {
  return [id, ...[account.in_m3, account.out_m3, account.stored_m3].map((each) => numberText(Math.round(each))), account.relative_error.toExponential(1)]
}

function met({ values, peak, peak_error_percent: error, determination }: Measured) {
  return html`<dl>
    ${fact('routeMetPeak', peakWords(peak))}
    ${error === null ? nothing : fact('routeMetError', `${error > 0 ? '+' : ''}${numberText(error)}%`)}
    ${determination === null ? nothing : fact('routeMetDc', determination.toFixed(3))} ${fact('routeMetValues', numberText(values))}
  </dl>`
}

function peakWords({ m3_s, at }: Peak): string {
  return say('routeAt', { flow: dischargeText(m3_s), time: readable(at) })
}

function reachWords({ method, parts, ...figures }: RoutedInflow['reaches'][number]): string {
  const told = FIGURES[method].filter(([name]) => name !== 'parts' && figures[name] !== undefined).map(([name, title]) => `${say(title)} ${String(figures[name])}`)
  const reach = `${say(METHOD_NAMES[method])}:${told.join(say('comma'))}`
  return parts === undefined ? reach : say('routeWithParts', { reach, parts })
}

function takenFrom(taken: Readonly<Record<string, unknown>>): string {
  if (typeof taken.forecast === 'string') return say('routeTakenForecast', { id: taken.forecast.slice(0, 12), grade: String(taken.grade ?? '–') })
  return say('routeTakenStation', { station: String(taken.station ?? '') })
}

customElements.define('routing-facts', RoutingFacts)

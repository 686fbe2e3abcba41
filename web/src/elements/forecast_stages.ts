import { html, nothing } from 'lit'
import { readable } from '../clock'
import { percent, type Course, type ForecastStages, type StageThreshold } from '../flood_forecasts'
import { say } from '../language'
import { numberText } from '../measured'
import '../messages/flood_forecasts'
import { markName } from '../thresholds'
import './forecast_fan'
import { partStyle } from './part_style'
import { sectionStyle } from './section_style'
import { Spoken } from './spoken'
import { theme } from './theme'

/** 预报水位: a forecast's stages by the rating curve, and how likely thresholds are reached, as far as the curve tells. */
export class ForecastStagesView extends Spoken {
  static override properties = { staged: { attribute: false }, datumName: { attribute: false } }
  /** Words where they cannot be had. */
  declare staged: ForecastStages | string
  declare datumName: (datum: string) => string

  static override styles = [theme, partStyle, sectionStyle]

  override render() {
    const { staged } = this
    if (typeof staged === 'string') return this.#none(staged)
    if (!staged.ratings.length) return this.#none(say('castNoCurve'))
    const { peak, ratings, members, members_outside, vertical_datum } = staged
    const thresholds = [...staged.thresholds].sort((one, other) => one.value_m - other.value_m)
    const known = staged.best_m.some((each) => each !== null) || staged.quantiles_m.p05.some((each) => each !== null)
    return html`<h3>${say('castStages')}</h3>
      <dl>
        <dt>${say('castStagePeak')}</dt>
        <dd>
          ${say('castStagePeakWords', { median: metres(peak.median_m), low: metres(peak.p05_m), high: metres(peak.p95_m), time: readable(peak.median_at) })}
        </dd>
        ${peak.curve_uncertainty_m === null ? nothing : html`<dt>${say('castCurveError')}</dt><dd>±${numberText(peak.curve_uncertainty_m)} m</dd>`}
        <dt>${say('castDatum')}</dt>
        <dd>${vertical_datum === null ? '–' : this.datumName(vertical_datum)}</dd>
        <dt>${say('castCurve')}</dt>
        <dd>${ratings.map(({ version, document, range_m: [low, high] }) => `${version} (${numberText(low)}–${numberText(high)} m, ${document})`).join(say('comma'))}</dd>
        ${thresholds.map((each) => html`<dt>${say('castReaches', { mark: markName({ kind: each.kind, quantity: 'stage' }), value: numberText(each.value_m) })}</dt><dd>${likely(each)}</dd>`)}
      </dl>
      ${known ? html`<forecast-fan .course=${course(staged)} name=${say('castStageChart')}></forecast-fan>` : nothing}
      ${members_outside ? html`<p class="warn">${say('castOutside', { outside: members_outside, members })}</p>` : nothing}
      <p class="small">${say('castSteady')}</p>`
  }

  #none(why: string) {
    return html`<h3>${say('castStages')}</h3>
      <p class="small">${why}</p>`
  }
}

function course({ instants, best_m, quantiles_m, thresholds }: ForecastStages): Course {
  const levels = thresholds.flatMap(({ kind, value_at_station_m: value }) => (value === null ? [] : [{ name: markName({ kind, quantity: 'stage' }), value }]))
  return { unit: 'm', instants, best: best_m, quantiles: quantiles_m, levels }
}

function metres(value: number | null): string {
  return value === null ? say('castBeyond') : value.toFixed(2)
}

/** A share, or between what it must lie where the curve does not tell. */
function likely({ probability, at_least, at_most }: StageThreshold): string {
  if (probability !== null) return percent(probability * 100)
  return say('castBetween', { low: percent(at_least * 100), high: percent(at_most * 100) })
}

customElements.define('forecast-stages', ForecastStagesView)

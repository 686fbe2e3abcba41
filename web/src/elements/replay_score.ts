import { css, html, nothing } from 'lit'
import { readable } from '../clock'
import type { Fate, Foretold, Judged, Known, Outcome } from '../flood_known'
import { lengthText } from '../flood_runs'
import { named, say } from '../language'
import { numberText } from '../measured'
import type { Message } from '../messages'
import '../messages/flood_replay'
import { colourStyle } from './colour_style'
import { partStyle } from './part_style'
import { sign } from './replay_axis'
import { Spoken } from './spoken'
import { theme } from './theme'

const FATES: Readonly<Record<Fate['fate'], Message>> = {
  hit: 'backHit',
  miss: 'backMiss',
  'false-alarm': 'backFalse',
  unknown: 'backUnknown',
}

/** 评分: each forecast in force against what was measured afterwards, each warning by the ledger. */
export class ReplayScore extends Spoken {
  static override properties = { known: { attribute: false } }
  declare known: Known

  static override styles = [
    theme,
    partStyle,
    colourStyle,
    css`
      .card {
        margin-top: 6px;
        border: 1px solid var(--rule);
        border-radius: 8px;
        padding: 6px 10px;
        font-size: 13px;
      }
      .card strong {
        font-weight: 600;
      }
      .missed {
        color: var(--seal);
      }
    `,
  ]

  override render() {
    const { forecasts, outcome } = this.known
    const { standard, unverified_limits } = outcome
    const cards = (forecasts ?? []).map((each) => this.#forecast(each, outcome.forecasts?.find(({ forecast }) => forecast === each.id)))
    const fates = outcome.warnings ?? []
    const unscored = this.known.warnings?.length && outcome.warnings && !fates.length
    return html`
      ${cards.length ? html`<p class="small">${say('backScoreHow', { standard, what: unverified_limits.join('、') })}</p>` : nothing}
      ${cards} ${fates.length ? html`<ul aria-label=${say('backWarnings')}>${fates.map((each) => this.#fate(each))}</ul>` : nothing}
      ${unscored ? html`<p class="small" role="status">${say('backUnverified')}</p>` : nothing}
      ${cards.length || fates.length || unscored ? nothing : html`<p class="small" role="status">${say('backScoreNone')}</p>`}
    `
  }

  #forecast({ station, basis_at, grade, lead_h, peak }: Foretold, outcome: Outcome | undefined) {
    const { judged = {}, why, peak_m3_s, peak_at, within_90_share, ensemble } = outcome ?? {}
    const words = say('backForecastWords', { grade, time: readable(basis_at), hours: lead_h, peak: numberText(peak.median_m3_s) })
    return html`<div class="card">
      <strong>${station}</strong> <span class="small">${words}</span>
      <dl>
        <dt>${say('backObserved')}</dt>
        <dd>${typeof peak_m3_s === 'number' && peak_at ? `${numberText(peak_m3_s)} m³/s · ${readable(peak_at)}` : say('backNone')}</dd>
        ${this.#judged('backPeakError', 'm³/s', judged.peak)} ${this.#judged('backTimeError', 'h', judged['peak-time'])}
        ${ensemble ? html`<dt>${say('backCrps')}</dt><dd>${crpsText(ensemble)}</dd>` : nothing}
        ${typeof within_90_share === 'number' ? html`<dt>${say('backWithin')}</dt><dd>${numberText(Math.round(within_90_share * 1000) / 10)}%</dd>` : nothing}
      </dl>
      ${why ? html`<p class="small">${say('backUnjudged')}:${named(why)}</p>` : nothing}
    </div>`
  }

  #judged(title: Message, unit: string, judged: Judged | undefined) {
    if (!judged) return nothing
    const { error, allowed, qualified } = judged
    const sign_ = error > 0 ? '+' : ''
    return html`<dt>${say(title)}</dt>
      <dd>
        ${say('backErrorWords', { error: `${sign_}${numberText(error)}`, unit, allowed: numberText(allowed) })}
        <strong class=${qualified ? '' : 'missed'}>${say(qualified ? 'backQualified' : 'backUnqualified')}</strong>
      </dd>`
  }

  #fate({ colour, station, fate, lead_s, event, warned, rule }: Fate) {
    const [from] = event ?? warned ?? []
    const lead = lead_s === null ? '' : ` · ${say(lead_s < 0 ? 'backLateBy' : 'backLead', { span: lengthText(Math.abs(lead_s)) })}`
    return html`<li class="card">
      <strong class=${fate === 'hit' ? '' : 'missed'}>${say(FATES[fate])}</strong> ${sign(colour)} ${station}${lead}
      <span class="small">${rule}${from ? ` · ${readable(from)}` : ''}</span>
    </li>`
  }
}

function crpsText({ crps_m3_s, persistence_m3_s }: NonNullable<Outcome['ensemble']>): string {
  const [own, persistence] = [crps_m3_s, persistence_m3_s].map((each) => numberText(Number(each.toPrecision(3)))) as [string, string]
  return say('backCrpsWords', { own, persistence })
}

customElements.define('replay-score', ReplayScore)

import { css, html, nothing } from 'lit'
import { readable } from '../clock'
import type { Gauge } from '../gauges'
import { named, say } from '../language'
import { ageText, FLAG_NAMES, numberText, valueOf } from '../measured'
import type { Message } from '../messages'
import '../messages/gauges'
import { FLAGS } from '../monitoring'
import { markName } from '../thresholds'
import { partStyle } from './part_style'
import { sheetStyle } from './sheet'
import { Spoken } from './spoken'
import { theme } from './theme'

const STANDINGS: Readonly<Record<string, Message>> = {
  sourced: 'gaugeSourced',
  verified: 'gaugeVerified',
  unverified: 'gaugeUnverified',
}

/** What a station is, what it measured last and how long ago, and its thresholds with their source. */
export class GaugeFacts extends Spoken {
  static override properties = { gauge: { attribute: false }, kind: { attribute: false }, datumName: { attribute: false } }
  declare gauge: Gauge
  /** Its class, in words. */
  declare kind: string
  declare datumName: (datum: string) => string

  static override styles = [
    theme,
    partStyle,
    sheetStyle,
    css`
      tbody th {
        color: var(--ink-2);
        white-space: nowrap;
      }
      .reached {
        color: var(--seal);
        font-weight: 600;
      }
    `,
  ]

  override render() {
    const { gauge } = this
    const datum = this.datumName(gauge.vertical_datum)
    const at = gauge.datum_elevation_m
    return html`
      <dl>
        <dt>${say('gaugeClass')}</dt>
        <dd>${this.kind}</dd>
        <dt>${say('gaugeDatum')}</dt>
        <dd>${at === null ? datum : say('gaugeDatumAt', { datum, value: numberText(at) })}</dd>
      </dl>
      <h3>${say('gaugeLatest')}</h3>
      <dl>
        ${gauge.elements.map((each) => {
          const newest = gauge.latest[each.id]
          const flag = newest && newest.flag !== FLAGS.pass ? FLAG_NAMES[newest.flag] : undefined
          return html`<dt>${named(each.title)}</dt>
            <dd>
              ${
                newest
                  ? html`<b>${valueOf(newest.value, each.unit)}</b> · ${readable(newest.time)} · ${ageText(newest.time, Date.now())}${flag ? ` · ${say(flag)}` : ''}`
                  : say('gaugeNever')
              }
            </dd>`
        })}
      </dl>
      <h3>${say('gaugeThresholds')}</h3>
      ${gauge.thresholds.length ? this.#thresholds() : html`<p class="small">${say('gaugeNoThresholds')}</p>`}
    `
  }

  #thresholds() {
    return html`<div class="sheet" tabindex="0" role="region" aria-label=${say('gaugeThresholds')}>
      <table>
        <tbody>
          ${this.gauge.thresholds.map(
            (each) => html`<tr>
              <th scope="row">${markName(each)}</th>
              <td>${valueOf(each.value, each.unit)}${each.quantity === 'stage' ? html`<br />${this.datumName(each.vertical_datum)}` : nothing}</td>
              <td class=${each.reached ? 'reached' : ''}>${say(each.reached === true ? 'gaugeReached' : each.reached === false ? 'gaugeBelow' : 'gaugeUnknown')}</td>
              <td>
                ${each.document} · ${say(STANDINGS[each.standing] ?? 'gaugeUnverified')}
                ${each.season ? html`<br />${say('gaugeSeason', { from: each.season[0], to: each.season[1] })}` : nothing}
              </td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>`
  }
}

customElements.define('gauge-facts', GaugeFacts)

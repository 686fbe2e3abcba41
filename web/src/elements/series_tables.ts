import { css, html, nothing } from 'lit'
import { readable } from '../clock'
import { say } from '../language'
import { FLAG_NAMES, numberText, valueOf } from '../measured'
import '../messages/series'
import type { Correction, Corrections, Drawn, Span } from '../series'
import { partStyle } from './part_style'
import { sheetStyle } from './sheet'
import { Spoken } from './spoken'
import { theme } from './theme'

const ROWS_MOST = 200

/** What the chart shows, as tables: what was corrected, and the values. */
export class SeriesTables extends Spoken {
  static override properties = {
    series: { attribute: false },
    corrections: { attribute: false },
    span: { attribute: false },
    all: { state: true },
  }
  declare series: readonly Drawn[]
  /** Of each of them. */
  declare corrections: readonly Corrections[]
  declare span: Span
  /** With corrections that changed a flag alone. */
  declare all: boolean

  constructor() {
    super()
    this.series = []
    this.corrections = []
    this.all = false
  }

  static override styles = [
    theme,
    partStyle,
    sheetStyle,
    css`
      .sheet {
        max-height: 240px;
      }
      th,
      .time {
        white-space: nowrap;
      }
    `,
  ]

  override render() {
    const rows = this.corrections.flatMap(({ corrections }, place) =>
      corrections
        .filter(({ value, value_then }) => this.all || value !== value_then)
        .map((each) => ({ each, place })),
    )
    return html`
      <details>
        <summary>${say('seriesCorrections', { count: rows.length })}</summary>
        <label class="check">
          <input
            type="checkbox"
            .checked=${this.all}
            @change=${(event: Event) => {
              this.all = (event.target as HTMLInputElement).checked
            }}
          />
          ${say('seriesAllCorrections')}
        </label>
        ${rows.length ? this.#corrected(rows) : html`<p class="small">${say('seriesNoCorrections')}</p>`}
      </details>
      <details>
        <summary>${say('seriesTable')}</summary>
        ${this.#values()}
      </details>
    `
  }

  #corrected(rows: readonly { readonly each: Correction; readonly place: number }[]) {
    return html`<div class="sheet" tabindex="0" role="region" aria-label=${say('seriesCorrections', { count: rows.length })}>
      <table>
        <thead>
          <tr>
            <th scope="col">${say('columnTime')}</th>
            ${this.#several ? html`<th scope="col">${say('columnSeries')}</th>` : nothing}
            <th scope="col" class="number">${say('columnBefore')}</th>
            <th scope="col" class="number">${say('columnAfter')}</th>
            <th scope="col">${say('columnWhen')}</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ each, place }) => html`<tr>
              <td class="time">${readable(each.time)}</td>
              ${this.#several ? html`<td>${this.series[place]?.source.station.name}</td>` : nothing}
              <td class="number">${this.#told(each.value, each.flag, place)}</td>
              <td class="number">
                ${each.withdrawn ? say('correctionWithdrawn') : this.#told(each.value_then, each.flag_then, place)}
              </td>
              <td class="time">${readable(each.superseded_at)}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>`
  }

  #told(value: number | null, flag: number | null, place: number) {
    const name = FLAG_NAMES[flag ?? 0]
    const unit = this.series[place]?.source.stream.unit ?? null
    return html`${valueOf(value, unit)}${this.all && name ? html`<br />${say(name)}` : nothing}`
  }

  get #several(): boolean {
    return this.series.length > 1
  }

  #values() {
    const rows = this.series.flatMap((drawn, place) => rowsOf(drawn, this.span).map((each) => ({ ...each, place })))
    rows.sort((a, b) => b.time_ms - a.time_ms || a.place - b.place)
    return html`
      ${rows.length > ROWS_MOST ? html`<p class="small">${say('seriesTableCut', { count: ROWS_MOST })}</p>` : nothing}
      <div class="sheet" tabindex="0" role="region" aria-label=${say('seriesTable')}>
        <table>
          <thead>
            <tr>
              <th scope="col">${say('columnTime')}</th>
              ${this.#several ? html`<th scope="col">${say('columnSeries')}</th>` : nothing}
              <th scope="col" class="number">${say('columnValue')}</th>
              <th scope="col">${say('columnFlag')}</th>
            </tr>
          </thead>
          <tbody>
            ${rows.slice(0, ROWS_MOST).map(({ time_ms, told, flag, place }) => {
              const name = FLAG_NAMES[flag]
              return html`<tr>
                <td class="time">${readable(new Date(time_ms).toISOString())}</td>
                ${this.#several ? html`<td>${this.series[place]?.source.station.name}</td>` : nothing}
                <td class="number">${told}</td>
                <td>${name ? say(name) : '—'}</td>
              </tr>`
            })}
          </tbody>
        </table>
      </div>
    `
  }
}

/** Values in view, each once; of an envelope its intervals. */
function rowsOf({ source, points, flagged, exact }: Drawn, { from_ms, to_ms }: Span) {
  const { unit } = source.stream
  const values = points.map(({ time_ms, low, mean, high, count, flag }) => ({
    time_ms,
    told: count > 1 ? `${numberText(low)} – ${numberText(mean)} – ${numberText(high)}` : valueOf(mean, unit),
    flag: exact ? flag : 0,
  }))
  const there = new Set(points.map(({ time_ms }) => time_ms))
  const marks = flagged
    .filter(({ time_ms }) => !there.has(time_ms))
    .map(({ time_ms, value, flag }) => ({ time_ms, told: valueOf(value, unit), flag }))
  return [...values, ...marks].filter(({ time_ms }) => time_ms >= from_ms && time_ms <= to_ms)
}

customElements.define('series-tables', SeriesTables)

import { css, html, nothing, svg } from 'lit'
import type { Strip, Volumes } from '../flights'
import { say } from '../language'
import { numberText } from '../measured'
import '../messages/flights'
import { ticks } from '../series'
import { chartStyle } from './chart_style'
import { partStyle } from './part_style'
import { sheetStyle } from './sheet'
import { Spoken } from './spoken'
import { theme } from './theme'

const WIDTH = 360
const HEIGHT = 210
const LEFT = 52
const RIGHT = 8
const TOP = 14
const BOTTOM = 24
const WHOLE = new Intl.NumberFormat('zh-CN', { maximumFractionDigits: 1 })

/** 挖填方图: fill above the line, cut below, strip by strip; the same as a table. Fires `strip` with the one chosen. */
export class VolumeChart extends Spoken {
  static override properties = { volumes: { attribute: false } }
  declare volumes: Volumes

  static override styles = [
    theme,
    partStyle,
    chartStyle,
    sheetStyle,
    css`
      .zero {
        stroke: var(--ink-2);
      }
      .fill {
        fill: #b3471d;
      }
      .cut {
        fill: #2b7bb0;
      }
      .net {
        fill: none;
        stroke: var(--ink);
        stroke-width: 1.4;
        stroke-dasharray: 3 2;
      }
      .signs {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 12px;
        margin-top: 6px;
        color: var(--ink-2);
        font-size: 12px;
      }
      .swatch {
        display: inline-block;
        width: 10px;
        height: 10px;
        margin-right: 4px;
      }
      .sheet {
        max-height: 240px;
      }
      th,
      td {
        text-align: right;
        white-space: nowrap;
      }
      th:first-child,
      td:first-child {
        text-align: left;
      }
      td button {
        padding: 0 6px;
        font-size: 12px;
      }
    `,
  ]

  override render() {
    const { strips, total, newer, older } = this.volumes
    const missing = total.area_m2 ? (1 - total.known_m2 / total.area_m2) * 100 : 0
    return html`
      <p class="small">${say('volumeBetween', { older: nameOf(older), newer: nameOf(newer) })}</p>
      <dl>
        ${this.#fact('volumeFill', `${WHOLE.format(total.fill_m3)} m³`)} ${this.#fact('volumeCut', `${WHOLE.format(total.cut_m3)} m³`)}
        ${this.#fact('volumeNet', `${WHOLE.format(total.net_m3)} m³`)} ${this.#fact('volumeArea', `${WHOLE.format(total.area_m2)} m²`)}
        ${this.#fact('volumeKnown', `${WHOLE.format(total.known_m2)} m²`)}
        ${typeof total.sigma_m3 === 'number' ? this.#fact('volumeSigmaOf', `${WHOLE.format(total.sigma_m3)} m³`) : nothing}
      </dl>
      ${missing > 1 ? html`<p class="warn">${say('volumeHalf', { share: WHOLE.format(missing) })}</p>` : nothing}
      ${this.#picture(strips)}
      <p class="signs">
        <span>${this.#swatch('fill')}${say('volumeFill')} ▲</span><span>${this.#swatch('cut')}${say('volumeCut')} ▼</span><span>┄ ${say('volumeNet')}</span>
      </p>
      <details>
        <summary>${say('volumeStrips', { count: strips.length })}</summary>
        <div class="sheet" tabindex="0" role="region" aria-label=${say('volumeStrips', { count: strips.length })}>
          <table>
            <thead>
              <tr>
                ${(['volumeStrip', 'volumeFill', 'volumeCut', 'volumeNet'] as const).map((each) => html`<th scope="col">${say(each)}${each === 'volumeStrip' ? '' : ' m³'}</th>`)}
              </tr>
            </thead>
            <tbody>
              ${strips.map(
                (each) => html`<tr>
                  <td><button @click=${() => this.#choose(each)}>${each.from}</button></td>
                  <td>${WHOLE.format(each.fill_m3)}</td>
                  <td>${WHOLE.format(each.cut_m3)}</td>
                  <td>${WHOLE.format(each.net_m3)}</td>
                </tr>`,
              )}
            </tbody>
          </table>
        </div>
      </details>
    `
  }

  #fact(name: 'volumeFill' | 'volumeCut' | 'volumeNet' | 'volumeArea' | 'volumeKnown' | 'volumeSigmaOf', value: string) {
    return html`<dt>${say(name)}</dt><dd>${value}</dd>`
  }

  #swatch(kind: 'fill' | 'cut') {
    return html`<svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">${svg`<rect class=${kind} width="10" height="10"></rect>`}</svg>`
  }

  #picture(strips: readonly Strip[]) {
    const high = Math.max(...strips.map(({ fill_m3 }) => fill_m3), 0)
    const low = Math.min(...strips.map(({ cut_m3 }) => -cut_m3), 0)
    const [most, least] = high === low ? [1, 0] : [high, low]
    const each = (WIDTH - LEFT - RIGHT) / Math.max(1, strips.length)
    const y = (volume: number) => TOP + ((most - volume) / (most - least)) * (HEIGHT - TOP - BOTTOM)
    const x = (place: number) => LEFT + place * each
    const net = strips.map(({ net_m3 }, place) => `${(x(place) + each / 2).toFixed(1)},${y(net_m3).toFixed(1)}`).join(' ')
    return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${say('volumePlot')}>
      ${ticks(least, most, 5).map(
        (value) => svg`<line class=${value ? 'grid' : 'zero'} x1=${LEFT} x2=${WIDTH - RIGHT} y1=${y(value)} y2=${y(value)}></line>
        <text x=${LEFT - 4} y=${y(value) + 4} text-anchor="end">${numberText(Math.abs(value))}</text>`,
      )}
      <text x="2" y="9">m³</text>
      ${strips.map(
        (strip, place) => svg`<g class="strip" @click=${() => this.#choose(strip)}>
          <title>${strip.from} – ${strip.to}</title>
          <rect class="fill" x=${x(place) + each * 0.1} width=${each * 0.8} y=${y(strip.fill_m3)} height=${y(0) - y(strip.fill_m3)}></rect>
          <rect class="cut" x=${x(place) + each * 0.1} width=${each * 0.8} y=${y(0)} height=${y(-strip.cut_m3) - y(0)}></rect>
        </g>`,
      )}
      <polyline class="net" points=${net}></polyline>
      <text x=${LEFT} y=${HEIGHT - 8}>${strips[0]?.from ?? ''}</text>
      <text x=${WIDTH - RIGHT} y=${HEIGHT - 8} text-anchor="end">${strips.at(-1)?.to ?? ''}</text>
    </svg>`
  }

  #choose(strip: Strip): void {
    this.dispatchEvent(new CustomEvent<Strip>('strip', { detail: strip }))
  }
}

function nameOf({ name, acquired }: Volumes['newer']): string {
  return acquired ? `${name} ${acquired}` : name
}

customElements.define('volume-chart', VolumeChart)

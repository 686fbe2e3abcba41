import { css, html, nothing } from 'lit'
import { readable } from '../clock'
import { say } from '../language'
import { ageText, newest, testNames } from '../measured'
import '../messages/monitoring'
import { stateOf, type Property, type Station, type Stream } from '../monitoring'
import { detailWith } from '../parts'
import type { Workbench } from '../workbench'
import { partStyle } from './part_style'
import { Spoken } from './spoken'
import { stateSign, stateStyle } from './state_sign'
import { theme } from './theme'

/** One station: each of its datastreams with the newest value; ways to its chart, its asset and its place. */
export class StationCard extends Spoken {
  static override properties = {
    workbench: { attribute: false },
    station: { attribute: false },
    properties: { attribute: false },
  }
  declare workbench: Workbench
  declare station: Station
  declare properties: ReadonlyMap<number, Property>

  static override styles = [
    theme,
    partStyle,
    stateStyle,
    css`
      :host {
        margin: 0 0 10px 8px;
        border-left: 2px solid var(--rule-2);
        padding: 2px 0 2px 12px;
        font-size: 13px;
      }
      li {
        display: grid;
        grid-template-columns: 1fr auto auto;
        gap: 0 10px;
        align-items: baseline;
        padding: 3px 0;
      }
      .name {
        margin: 0;
        overflow-wrap: anywhere;
      }
      li small {
        grid-column: 1 / -1;
        color: var(--ink-2);
        font-size: 12px;
      }
      strong {
        font-weight: 600;
        white-space: nowrap;
      }
      .stale {
        color: var(--ink-2);
        font-style: italic;
        font-weight: 400;
      }
      .actions {
        margin-top: 6px;
      }
    `,
  ]

  override render() {
    const { datastreams, key, layer, position } = this.station
    const { workbench } = this
    const held = key && workbench.config.layers.some(({ id }) => id === layer)
    const ids = datastreams.slice(0, 4).map(({ id }) => id)
    return html`
      <ul>
        ${datastreams.map((each) => this.#stream(each))}
      </ul>
      <div class="actions">
        <button @click=${() => workbench.store.update({ detail: detailWith('series', { d: ids.join(',') }) })}>
          ${say('stationChart')}
        </button>
        ${
          held
            ? html`<button
                @click=${() => workbench.store.update({ detail: detailWith('assets', { layer, open: key }) })}
              >
                ${say('stationAsset')}
              </button>`
            : nothing
        }
        ${
          position && workbench.stage
            ? html`<button @click=${() => workbench.stage?.reveal([...position, ...position])}>${say('stationShow')}</button>`
            : nothing
        }
      </div>
    `
  }

  #stream(stream: Stream) {
    const property = this.properties.get(stream.property)
    const state = stateOf(stream, Date.now())
    const late = state === 'offline' && stream.due ? ` · ${say('stationDue', { time: readable(stream.due) })}` : ''
    const failed = stream.tests.length ? ` · ${testNames(stream.tests)}` : ''
    return html`<li>
      <span class="name">${property?.name ?? stream.name}</span>
      <strong class=${state === 'offline' ? 'stale' : ''}>${newest(stream)}</strong>
      ${stateSign(state)}
      ${
        stream.time
          ? html`<small>${readable(stream.time)} · ${ageText(stream.time, Date.now())}${late}${failed}</small>`
          : nothing
      }
    </li>`
  }
}

customElements.define('station-card', StationCard)

import { css, html } from 'lit'
import { say } from '../language'
import '../messages/series'
import type { Property, Station } from '../monitoring'
import { partStyle } from './part_style'
import { Spoken } from './spoken'
import { theme } from './theme'

/** Which datastream is added to the chart: an observed property, and a station that measures it. Fires `add`. */
export class SeriesChooser extends Spoken {
  static override properties = {
    stations: { attribute: false },
    properties: { attribute: false },
    first: { attribute: false },
    chosen: { state: true },
  }
  declare stations: readonly Station[]
  declare properties: ReadonlyMap<number, Property>
  /** The property that is chosen among until another is. */
  declare first: number | null
  declare chosen: number | null

  constructor() {
    super()
    this.chosen = null
  }

  static override styles = [
    theme,
    partStyle,
    css`
      .add {
        display: grid;
        grid-template-columns: 1fr 1fr auto;
        gap: 0 8px;
        align-items: end;
        margin-bottom: 10px;
      }
      .add > * {
        min-width: 0;
      }
      .add label {
        margin-top: 0;
      }
    `,
  ]

  override render() {
    const measured = new Set(this.stations.flatMap(({ datastreams }) => datastreams.map(({ property }) => property)))
    const properties = [...this.properties.values()].filter(({ id }) => measured.has(id))
    const chosen = this.chosen ?? this.first ?? properties[0]?.id ?? null
    const streams = this.stations.flatMap(({ name, datastreams }) =>
      datastreams.filter(({ property }) => property === chosen).map(({ id }) => ({ id, name })),
    )
    return html`<div class="add">
      <div>
        <label for="property">${say('seriesProperty')}</label>
        <select
          id="property"
          @change=${(event: Event) => {
            this.chosen = Number((event.target as HTMLSelectElement).value)
          }}
        >
          ${properties.map(({ id, name }) => html`<option value=${id} ?selected=${id === chosen}>${name}</option>`)}
        </select>
      </div>
      <div>
        <label for="station">${say('seriesStation')}</label>
        <select id="station">
          ${streams.map(({ id, name }) => html`<option value=${id}>${name}</option>`)}
        </select>
      </div>
      <button class="primary" @click=${() => this.#add()}>${say('seriesAdd')}</button>
    </div>`
  }

  #add(): void {
    const id = Number(this.renderRoot.querySelector<HTMLSelectElement>('#station')?.value)
    if (id) this.dispatchEvent(new CustomEvent<number>('add', { detail: id }))
  }
}

customElements.define('series-chooser', SeriesChooser)

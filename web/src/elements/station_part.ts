import { css, html, nothing, type PropertyValues } from 'lit'
import { readable } from '../clock'
import { say } from '../language'
import { ageText, newest } from '../measured'
import '../messages/monitoring'
import { stateOf, STATES, worst, type Station, type Stream, type StreamState } from '../monitoring'
import { detailWith, keptOf } from '../parts'
import type { Pixel } from '../stage'
import { markOf, STATIONS } from '../station_overlay'
import { watchOf, type StationWatch } from '../station_watch'
import { PanelElement } from './panel_element'
import { partStyle } from './part_style'
import './station_card'
import './station_findings'
import { CHOICES, stateName, stateSign, stateStyle } from './state_sign'
import { theme } from './theme'

const PAGE = 40
const PART = 'stations'

/** What the list is narrowed to, and what of it is open; it stands in the link. */
interface Asked {
  readonly q: string
  /** Number of the observed property. */
  readonly property: number | null
  readonly state: StreamState | null
  /** The Thing that is open. */
  readonly open: number | null
  readonly view: 'stations' | 'alarms'
}

interface Row {
  readonly station: Station
  readonly state: StreamState
  /** The datastream that the row tells of. */
  readonly stream: Stream | undefined
}

/** 站点: every station with its newest values, live, by property and state; beside them what quality control found. */
export class StationPart extends PanelElement {
  static override properties = { ...PanelElement.properties, shown: { state: true } }
  /** So many rows are shown. */
  declare shown: number
  #watch!: StationWatch
  #stop: () => void = () => undefined
  #marked = ''

  constructor() {
    super()
    this.shown = PAGE
  }

  static override styles = [
    theme,
    partStyle,
    stateStyle,
    css`
      .kinds {
        margin-bottom: 10px;
      }
      .filters {
        margin-bottom: 6px;
      }
      .live {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 10px;
        justify-content: space-between;
        margin: 8px 0 4px;
        color: var(--ink-2);
        font-size: 12px;
      }
      .newest {
        margin: 0 0 4px;
        font-size: 12px;
      }
      .what .stand {
        font-weight: 600;
      }
      .row > button {
        padding: 6px 2px;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#watch = watchOf(this.workbench.store)
    this.#stop = this.#watch.subscribe(() => this.requestUpdate())
    this.workbench.stage?.offer({
      near: (pixel, reach_px, choose) => this.#near(pixel, reach_px, choose),
      inside: () => undefined,
    })
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#stop()
    this.#marked = ''
    this.workbench.stage?.offer(null)
    this.workbench.stage?.lay(STATIONS, [])
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed)
    this.#mark(this.#rows())
  }

  override render() {
    const { view } = this.#asked
    const { stations, problem } = this.#watch
    return html`
      <p class="how">${say('stationHow')}</p>
      <div class="kinds" role="group" aria-label=${say('stationViews')}>
        ${this.#view('stations', say('stationsHere'), view)}
        ${this.#view('alarms', say('alarms'), view)}
      </div>
      ${problem ? html`<p class="bad" role="alert">${say('stationLost', { why: problem })}</p>` : nothing}
      ${view === 'alarms' ? this.#alarms() : stations ? this.#list(stations) : html`<p class="how" role="status">${say('reading')}</p>`}
    `
  }

  #view(view: Asked['view'], words: string, open: Asked['view']) {
    return html`<button aria-pressed=${view === open} @click=${() => this.#ask({ view })}>${words}</button>`
  }

  #alarms() {
    return html`<station-findings .workbench=${this.workbench} .watch=${this.#watch}></station-findings>`
  }

  #list(stations: readonly Station[]) {
    const rows = this.#rows()
    const asked = this.#asked
    return html`
      ${this.#filters(asked)}
      <div class="live">
        <span role="status">${stations.length ? say('stationCount', { shown: rows.length, all: stations.length }) : say('stationNone')}</span>
        <span>${this.#live()}</span>
      </div>
      ${this.#newest(stations)} ${this.#synthetic(stations)}
      <ul>
        ${rows.slice(0, this.shown).map((each) => this.#row(each, asked))}
      </ul>
      ${stations.length && !rows.length ? html`<p class="how">${say('stationNoneSuch')}</p>` : nothing}
      ${
        rows.length > this.shown
          ? html`<div class="actions">
              <button
                @click=${() => {
                  this.shown += PAGE
                }}
              >
                ${say('stationMore', { count: Math.min(PAGE, rows.length - this.shown) })}
              </button>
            </div>`
          : nothing
      }
    `
  }

  #live(): string {
    const { told, written } = this.#watch
    return say(told ? 'stationTold' : 'stationLive', { time: written ? readable(written) : say('stationStill') })
  }

  /** How old what is known is: of a sample, or where nothing comes any more, that is to be seen at once. */
  #newest(stations: readonly Station[]) {
    const times = stations.flatMap(({ datastreams }) => datastreams.flatMap(({ time }) => (time ? [Date.parse(time)] : [])))
    if (!times.length) return nothing
    const time = new Date(times.reduce((one, other) => Math.max(one, other))).toISOString()
    const late = this.#rows().filter(({ state }) => state === 'offline').length
    const words = say('stationNewest', { time: readable(time), age: ageText(time, Date.now()) })
    return html`<p class="newest">
      ${words}${late ? html` · <strong>${say('stationLate', { count: late })}</strong>` : nothing}
    </p>`
  }

  #synthetic(stations: readonly Station[]) {
    const layers = new Set(stations.map(({ layer }) => layer))
    const synthetic = this.workbench.config.layers.some((each) => each.synthetic && layers.has(each.id))
    return synthetic ? html`<p class="synthetic"><span class="seal">${say('synthetic')}</span></p>` : nothing
  }

  #filters({ q, property, state }: Asked) {
    const measured = new Set(this.#watch.stations?.flatMap((each) => each.datastreams.map((one) => one.property)))
    const properties = [...this.#watch.properties.values()].filter(({ id }) => measured.has(id))
    return html`<div class="filters">
      <label for="q">${say('stationFind')}</label>
      <input
        id="q"
        type="text"
        autocomplete="off"
        .value=${q}
        @input=${(event: Event) => this.#ask({ q: (event.target as HTMLInputElement).value })}
      />
      <div class="pair">
        <div>
          <label for="property">${say('stationProperty')}</label>
          <select
            id="property"
            @change=${(event: Event) => this.#ask({ property: Number((event.target as HTMLSelectElement).value) || null })}
          >
            <option value="" ?selected=${!property}>${say('stationAll')}</option>
            ${properties.map(({ id, name }) => html`<option value=${id} ?selected=${id === property}>${name}</option>`)}
          </select>
        </div>
        <div>
          <label for="state">${say('stationState')}</label>
          <select
            id="state"
            @change=${(event: Event) => this.#ask({ state: stateNamed((event.target as HTMLSelectElement).value) })}
          >
            <option value="" ?selected=${!state}>${say('stationAll')}</option>
            ${CHOICES.map((each) => html`<option value=${each} ?selected=${each === state}>${stateName(each)}</option>`)}
          </select>
        </div>
      </div>
    </div>`
  }

  #row({ station, state, stream }: Row, { open }: Asked) {
    const opened = station.thing === open
    const name = stream && this.#watch.properties.get(stream.property)?.name
    return html`<li class="row">
      <button
        id="station-${station.thing}"
        aria-expanded=${opened}
        @click=${() => this.#ask({ open: opened ? null : station.thing })}
      >
        <span class="what">
          <span>${station.name}</span>
          ${stateSign(state)}
          ${
            stream
              ? html`<small>${name} ${newest(stream)}${stream.time ? html` · ${ageText(stream.time, Date.now())}` : nothing}</small>`
              : nothing
          }
        </span>
      </button>
      ${
        opened
          ? html`<station-card .workbench=${this.workbench} .station=${station} .properties=${this.#watch.properties}></station-card>`
          : nothing
      }
    </li>`
  }

  get #asked(): Asked {
    const kept = keptOf(PART, this.state.detail)
    return {
      q: kept.get('q') ?? '',
      property: Number(kept.get('property')) || null,
      state: stateNamed(kept.get('state') ?? ''),
      open: Number(kept.get('open')) || null,
      view: kept.get('view') === 'alarms' ? 'alarms' : 'stations',
    }
  }

  #ask(change: Partial<Asked>): void {
    const { q, property, state, open, view } = { ...this.#asked, ...change }
    if (!('open' in change)) this.shown = PAGE
    const kept = {
      q,
      property: property ? String(property) : null,
      state,
      open: open ? String(open) : null,
      view: view === 'alarms' ? view : null,
    }
    this.workbench.store.update({ detail: detailWith(PART, kept) })
  }

  /** What is asked for, the gravest state first. */
  #rows(): readonly Row[] {
    const { q, property, state } = this.#asked
    const text = q.trim().toLowerCase()
    const now_ms = Date.now()
    const rows = (this.#watch.stations ?? []).flatMap((station): Row[] => {
      const named = `${station.name} ${station.key ?? ''}`.toLowerCase()
      const streams = station.datastreams.filter((each) => property === null || each.property === property)
      if (!streams.length || !named.includes(text)) return []
      const states = streams.map((each) => stateOf(each, now_ms))
      const gravest = worst(states)
      if (state !== null && gravest !== state) return []
      return [{ station, state: gravest, stream: streams[states.indexOf(gravest)] }]
    })
    return rows.sort((a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state))
  }

  #mark(rows: readonly Row[]): void {
    const { open, property, view } = this.#asked
    const marks = view === 'alarms' ? [] : rows.flatMap(({ station, state, stream }) => {
      const told = property && stream ? newest(stream) : ''
      const weight = STATES.length - STATES.indexOf(state)
      return station.position ? [markOf(station.position, state, told, station.thing === open, weight)] : []
    })
    const key = JSON.stringify(marks)
    if (view === 'alarms' || key === this.#marked) return
    this.#marked = key
    this.workbench.stage?.lay(STATIONS, marks)
  }

  /** Whether a station is within this reach; `choose` opens its row. */
  #near([x, y]: Pixel, reach_px: number, choose: boolean): boolean {
    const { stage } = this.workbench
    if (!stage || this.#asked.view === 'alarms') return false
    const found = this.#rows().find(({ station }) => {
      if (!station.position) return false
      const [left, top] = stage.pixel(station.position)
      return Math.hypot(left - x, top - y) <= reach_px
    })
    if (found && choose) void this.#choose(found)
    return found !== undefined
  }

  async #choose(row: Row): Promise<void> {
    const place = this.#rows().findIndex(({ station }) => station.thing === row.station.thing)
    this.shown = Math.max(this.shown, place + 1)
    this.#ask({ open: row.station.thing })
    await this.updateComplete
    this.renderRoot.querySelector(`#station-${row.station.thing}`)?.scrollIntoView({ block: 'nearest' })
  }
}

function stateNamed(text: string): StreamState | null {
  return STATES.find((each) => each === text) ?? null
}

customElements.define('station-part', StationPart)

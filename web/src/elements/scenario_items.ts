import { css, html, nothing } from 'lit'
import { say } from '../language'
import type { Message } from '../messages'
import '../messages/scenario'
import type { RiverPlaces } from '../river_places'
import { COURSES, FIGURES, itemOf, KIND_NAMES, KINDS, NOWHERE, type Fault, type Item, type Kind, type Spot } from '../scenario'
import { STEADY, type Course, type Taken } from '../scenario_course'
import { verticesOf } from '../scenario_dyke'
import { MARKS } from '../scenario_overlay'
import type { Wrong } from '../scenario_typed'
import { courseWords } from './course_field'
import './course_field'
import './dyke_field'
import { takenWords } from './inflow_source'
import './inflow_source'
import { PanelElement } from './panel_element'
import './place_field'
import { scenarioStyle } from './scenario_style'
import { theme } from './theme'
import { typedField } from './typed_field'

/**
 * 来水与工程: inflows, breaches, gates, pumps, dykes and points of a scenario, listed with their marks, edited in place.
 *
 * Fires `items` with all of them, `open` with the place of the one that is edited.
 */
export class ScenarioItems extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    items: { attribute: false },
    open: { attribute: false },
    places: { attribute: false },
    faults: { attribute: false },
    hours: { attribute: false },
  }
  declare items: readonly Item[]
  /** The one that is edited; -1: none. */
  declare open: number
  declare places: RiverPlaces
  declare faults: readonly Fault[]
  /** How long the scenario lasts, as typed. */
  declare hours: string

  constructor() {
    super()
    Object.assign(this, { items: [], open: -1, faults: [], hours: '' })
  }

  static override styles = [
    theme,
    scenarioStyle,
    css`
      .adds {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
        margin: 4px 0 8px;
      }
      .row > .head {
        display: flex;
        gap: 4px;
        align-items: center;
      }
      .head > button:first-child {
        display: flex;
        flex: 1;
        gap: 8px;
        align-items: center;
        min-width: 0;
        border: 0;
        border-radius: 6px;
        background: none;
        padding: 6px 2px;
        text-align: left;
      }
      .head > button:first-child:hover {
        background: var(--paper);
      }
      .sign {
        flex: none;
        width: 24px;
        height: 24px;
      }
      .sign text {
        fill: #ffffff;
        font: 13px/1 var(--sans);
        text-anchor: middle;
      }
      .told {
        min-width: 0;
        overflow-wrap: anywhere;
      }
      .told small {
        display: block;
        color: var(--ink-2);
        font-size: 12px;
      }
      .told .wrong {
        color: var(--seal);
      }
      .form {
        margin: 0 0 12px 12px;
        border-left: 2px solid var(--rule-2);
        padding: 0 0 2px 12px;
      }
    `,
  ]

  override render() {
    return html`
      <div class="adds" role="group" aria-label=${say('scenItems')}>
        ${KINDS.map((kind) => html`<button @click=${() => this.#add(kind)}>+ ${say('scenAdd', { kind: say(KIND_NAMES[kind]) })}</button>`)}
      </div>
      ${this.items.length ? nothing : html`<p class="small">${say('scenNoItems')}</p>`}
      <ul aria-label=${say('scenItems')}>
        ${this.items.map((each, at) => this.#row(each, at))}
      </ul>
    `
  }

  #row(item: Item, at: number) {
    const { kind, id } = item
    const [sign, color] = MARKS[kind]
    const opened = at === this.open
    const name = id.trim() || say(KIND_NAMES[kind])
    return html`<li class="row">
      <div class="head">
        <button id="item-${at}" aria-expanded=${opened} @click=${() => this.#fire('open', opened ? -1 : at)}>
          <svg class="sign" viewBox="0 0 24 24" aria-hidden="true">
            <circle cx="12" cy="12" r="12" fill=${color}></circle>
            <text x="12" y="16.5">${sign}</text>
          </svg>
          <span class="told">${name}<small>${itemWords(item)}</small>${this.#count(at)}</span>
        </button>
        <button class="plain" aria-label=${say('scenDelete', { name })} @click=${() => this.#delete(at)}>${say('scenDeleteShort')}</button>
      </div>
      ${opened ? this.#form(item, at) : nothing}
    </li>`
  }

  #count(at: number) {
    const count = this.faults.filter((each) => each.at.startsWith(`items/${at}/`)).length
    return count ? html`<small class="wrong">${say('scenFaults', { count })}</small>` : nothing
  }

  #form(item: Item, at: number) {
    const { kind, typed, course } = item
    const [series, heading] = COURSES[kind] ?? []
    const figures = FIGURES[kind].filter(({ name }) => !(name === 'grows_s' && item.rest.erosion))
    return html`<div class="form" role="group" aria-label=${item.id}>
      ${this.#text('id', 'scenName', item.id, this.#fault(at, 'id'), (id) => this.#change(at, { id }))}
      ${kind === 'dykes' ? this.#dyke(item, at) : this.#place(item, at)}
      ${
        kind === 'inflows'
          ? html`<inflow-source
              id="from"
              .workbench=${this.workbench}
              .places=${this.places}
              .from=${item.from ?? null}
              .fault=${this.#fault(at, 'from')}
              @from=${(event: CustomEvent<Taken | null>) => this.#change(at, { from: event.detail })}
            ></inflow-source>`
          : nothing
      }
      ${
        series && heading && !item.from
          ? html`<course-field
              id="course"
              .course=${course ?? STEADY}
              .heading=${heading}
              .hours=${this.hours}
              .fault=${this.#fault(at, 'course')}
              @course=${(event: CustomEvent<Course>) => this.#change(at, { course: event.detail })}
            ></course-field>`
          : nothing
      }
      ${
        figures.length
          ? html`<div class="pair">
              ${figures.map(({ name, title }) => html`<div>${this.#text(name, title, typed[name] ?? '', this.#fault(at, name), (text) => this.#type(at, name, text))}</div>`)}
            </div>`
          : nothing
      }
      ${kind === 'inflows' ? this.#text('source', 'scenSource', typed.source ?? '', this.#fault(at, 'source'), (text) => this.#type(at, 'source', text)) : nothing}
      ${kind === 'pumps' ? this.#to(item, at) : nothing}
      ${Object.keys(item.rest).length ? html`<p class="small">${say('scenCarried', { names: Object.keys(item.rest).join(say('comma')) })}</p>` : nothing}
      <div class="actions"><button @click=${() => this.#fire('open', -1)}>${say('scenDone')}</button></div>
    </div>`
  }

  #place({ kind, at: spot }: Item, at: number) {
    return html`<place-field
      id="at"
      .workbench=${this.workbench}
      .places=${this.places}
      .kind=${kind}
      .spot=${spot}
      .heading=${'scenPlace'}
      .fault=${this.#fault(at, 'at')}
      @spot=${(event: CustomEvent<Spot>) => this.#change(at, { at: event.detail })}
    ></place-field>`
  }

  #dyke({ typed }: Item, at: number) {
    return html`<dyke-field
      id="line"
      .workbench=${this.workbench}
      .typed=${typed}
      .faults=${{ line: this.#fault(at, 'line'), crest_m: this.#fault(at, 'crest_m') }}
      @typed=${(event: CustomEvent<Item['typed']>) => this.#change(at, { typed: event.detail })}
    ></dyke-field>`
  }

  /** Where a pump lifts to. */
  #to(item: Item, at: number) {
    const away = item.to === null
    return html`<span class="name" id="to-name">${say('scenTo')}</span>
      <div class="kinds" role="group" aria-labelledby="to-name">
        <button aria-pressed=${away} @click=${() => this.#change(at, { to: null })}>${say('scenAway')}</button>
        <button aria-pressed=${!away} @click=${() => this.#change(at, { to: item.to ?? { ...NOWHERE, by: 'point' } })}>${say('scenElsewhere')}</button>
      </div>
      ${
        item.to
          ? html`<place-field
              id="to"
              .workbench=${this.workbench}
              .places=${this.places}
              .kind=${'pumps'}
              .spot=${item.to}
              .heading=${'scenTo'}
              .fault=${this.#fault(at, 'to')}
              @spot=${(event: CustomEvent<Spot>) => this.#change(at, { to: event.detail })}
            ></place-field>`
          : nothing
      }`
  }

  #text(id: string, title: Message, value: string, fault: Wrong | null, told: (text: string) => void) {
    return typedField({ id, title, value, fault }, told)
  }

  #fault(at: number, name: string): Wrong | null {
    return this.faults.find((each) => each.at === `items/${at}/${name}`)?.message ?? null
  }

  #add(kind: Kind): void {
    this.#fire('items', [...this.items, itemOf(kind, this.items)])
    this.#fire('open', this.items.length)
    void this.#focus(`#item-${this.items.length}`)
  }

  #delete(at: number): void {
    this.#fire('items', this.items.filter((_, place) => place !== at))
    this.#fire('open', this.open === at ? -1 : this.open > at ? this.open - 1 : this.open)
    void this.#focus(`#item-${Math.max(0, at - 1)}`)
  }

  async #focus(id: string): Promise<void> {
    await new Promise((done) => window.setTimeout(done))
    await this.updateComplete
    const found = this.renderRoot.querySelector<HTMLElement>(id) ?? this.renderRoot.querySelector<HTMLElement>('.adds button')
    found?.focus()
  }

  #type(at: number, name: string, text: string): void {
    const item = this.items[at]
    if (item) this.#change(at, { typed: { ...item.typed, [name]: text } })
  }

  #change(at: number, change: Partial<Item>): void {
    this.#fire('items', this.items.map((each, place) => (place === at ? { ...each, ...change } : each)))
  }

  #fire(name: 'items' | 'open', detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail }))
  }
}

/** What an item says in its row: where it is, and its figures. */
export function itemWords({ at, to, kind, typed, course, from }: Item): string {
  const banks = { left: say('scenLeft'), right: say('scenRight'), '': '' }
  if (kind === 'dykes') return dykeWords(typed)
  const where = (spot: Spot) => (spot.by === 'point' ? [spot.lon, spot.lat].filter(Boolean).join(', ') : [spot.chainage, banks[spot.bank]].filter(Boolean).join(' '))
  const figures = FIGURES[kind].filter(({ name }) => typed[name]?.trim()).map(({ name, title }) => `${say(title)} ${typed[name] ?? ''}`)
  const [, heading] = COURSES[kind] ?? []
  const series = heading && course && !from ? courseWords(course) : ''
  return [where(at), from ? takenWords(from) : '', heading && series ? `${say(heading)} ${series}` : '', ...figures, to ? `${say('scenTo')} ${where(to)}` : '', typed.source ?? ''].filter(Boolean).join(' · ')
}

function dykeWords({ line = '', crest_m = '' }: Item['typed']): string {
  const vertices = verticesOf(line) ?? []
  return [vertices.length ? say('scenDykeVertices', { count: vertices.length }) : '', crest_m.trim() ? `${say('scenDykeCrest')} ${crest_m}` : ''].filter(Boolean).join(' · ')
}

customElements.define('scenario-items', ScenarioItems)

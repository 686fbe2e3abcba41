import { css, html, nothing } from 'lit'
import { say } from '../language'
import type { Message } from '../messages'
import '../messages/routing'
import '../messages/scenario'
import type { RiverPlaces } from '../river_places'
import { faultAt, FIGURES, inflowAfter, METHOD_NAMES, METHODS, NEW_REACH, type Faults, type Inflow, type Method, type Reach } from '../routing'
import type { Course, Taken } from '../scenario_course'
import type { Wrong } from '../scenario_typed'
import { courseWords } from './course_field'
import './course_field'
import { takenWords } from './inflow_source'
import './inflow_source'
import { PanelElement } from './panel_element'
import { scenarioStyle } from './scenario_style'
import { theme } from './theme'
import { faultBelow, typedField } from './typed_field'

/** 下泄与来水: what is routed, each with the reaches on its way, edited in place. Fires `inflows`, and `open` with the one that is edited. */
export class RoutingInflows extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    inflows: { attribute: false },
    open: { attribute: false },
    places: { attribute: false },
    faults: { attribute: false },
    hours: { attribute: false },
  }
  declare inflows: readonly Inflow[]
  /** The one that is edited; -1: none. */
  declare open: number
  declare places: RiverPlaces
  declare faults: Faults
  /** How long the routing lasts, as typed. */
  declare hours: string

  constructor() {
    super()
    Object.assign(this, { inflows: [], open: -1, faults: new Map(), hours: '' })
  }

  static override styles = [
    theme,
    scenarioStyle,
    css`
      .head {
        display: flex;
        gap: 4px;
        align-items: center;
      }
      .head > button:first-child {
        flex: 1;
        min-width: 0;
        border: 0;
        border-radius: 6px;
        background: none;
        padding: 6px 2px;
        text-align: left;
        overflow-wrap: anywhere;
      }
      .head > button:first-child:hover {
        background: var(--paper);
      }
      .head small {
        display: block;
        color: var(--ink-2);
        font-size: 12px;
      }
      .head .wrong {
        color: var(--seal);
      }
      .form {
        margin: 0 0 12px 8px;
        border-left: 2px solid var(--rule-2);
        padding: 0 0 2px 12px;
      }
      .reach {
        margin-top: 8px;
        border: 1px solid var(--rule);
        border-radius: 8px;
        padding: 8px 10px 10px;
      }
      .reach .line select {
        flex: 1;
      }
    `,
  ]

  override render() {
    const fault = this.faults.get('inflows')
    return html`
      <ul aria-label=${say('routeInflows')}>
        ${this.inflows.map((each, at) => this.#row(each, at))}
      </ul>
      ${this.inflows.length ? nothing : html`<p class="small">${say('routeNone')}</p>`}
      <div class="line"><button id="inflows" aria-invalid=${fault ? 'true' : nothing} @click=${() => this.#add()}>+ ${say('routeAdd')}</button></div>
    `
  }

  #row(inflow: Inflow, at: number) {
    const opened = at === this.open
    const name = inflow.id.trim() || say('routeReach', { number: at + 1 })
    const wrong = faultAt(this.faults, `inflows/${at}`)
    return html`<li class="row">
      <div class="head">
        <button id="inflow-${at}" aria-expanded=${opened} @click=${() => this.#fire('open', opened ? -1 : at)}>
          ${name}<small>${inflowWords(inflow)}</small>${wrong && !opened ? html`<small class="wrong">${say('scenFaults', { count: this.#count(at) })}</small>` : nothing}
        </button>
        <button class="plain" aria-label=${say('scenDelete', { name })} @click=${() => this.#delete(at)}>${say('scenDeleteShort')}</button>
      </div>
      ${opened ? this.#form(inflow, at) : nothing}
    </li>`
  }

  #count(at: number): number {
    return [...this.faults.keys()].filter((each) => each.startsWith(`inflows/${at}/`)).length || 1
  }

  #form(inflow: Inflow, at: number) {
    const { course, from, reaches, source } = inflow
    return html`<div class="form" role="group" aria-label=${inflow.id}>
      ${typedField({ id: 'id', title: 'routeName', value: inflow.id, fault: this.#fault(at, 'id') }, (id) => this.#change(at, { id }))}
      <inflow-source
        id="from"
        .workbench=${this.workbench}
        .places=${this.places}
        .from=${from}
        .alone=${true}
        .fault=${this.#fault(at, 'from')}
        @from=${(event: CustomEvent<Taken | null>) => this.#change(at, { from: event.detail })}
      ></inflow-source>
      ${
        from
          ? nothing
          : html`<course-field
              id="discharge_m3_s"
              .course=${course}
              .heading=${'routeDischarge'}
              .hours=${this.hours}
              .fault=${this.#fault(at, 'discharge_m3_s')}
              @course=${(event: CustomEvent<Course>) => this.#change(at, { course: event.detail })}
            ></course-field>`
      }
      <span class="name" id="reaches-name">${say('routeReaches')}</span>
      <div role="group" aria-labelledby="reaches-name">
        ${reaches.map((each, place) => this.#reach(each, at, place))}
        ${reaches.length ? nothing : html`<p class="small">${say('routeNoReach')}</p>`}
      </div>
      <div class="actions"><button id="add-reach" @click=${() => this.#reaches(at, [...reaches, reaches.at(-1) ?? NEW_REACH])}>+ ${say('routeAddReach')}</button></div>
      ${typedField({ id: 'source', title: 'routeSource', value: source, fault: this.#fault(at, 'source') }, (text) => this.#change(at, { source: text }))}
      <div class="actions"><button @click=${() => this.#fire('open', -1)}>${say('scenDone')}</button></div>
    </div>`
  }

  #reach({ method, typed }: Reach, at: number, place: number) {
    const number = place + 1
    const here = `reaches/${place}`
    const whole = this.faults.get(`inflows/${at}/${here}`) ?? this.faults.get(`inflows/${at}/${here}/method`)
    return html`<div class="reach" role="group" aria-label=${say('routeReach', { number })}>
      <div class="line">
        <select
          id=${here}
          aria-label=${say('routeMethod', { number })}
          aria-invalid=${Boolean(whole)}
          aria-describedby=${whole ? `${here}-fault` : nothing}
          @change=${(event: Event) => this.#turn(at, place, { method: (event.target as HTMLSelectElement).value as Method })}
        >
          ${METHODS.map((each) => html`<option value=${each} ?selected=${each === method}>${say(METHOD_NAMES[each])}</option>`)}
        </select>
        ${place ? html`<button aria-label=${say('routeEarlier', { number })} @click=${() => this.#earlier(at, place)}>↑</button>` : nothing}
        <button aria-label=${say('routeDropReach', { number })} @click=${() => this.#drop(at, place)}>×</button>
      </div>
      ${faultBelow(here, whole)}
      <div class="pair">
        ${FIGURES[method].map(
          ([name, title]) =>
            html`<div>${this.#figure(`${here}/${name}`, title, typed[name] ?? '', this.#fault(at, `${here}/${name}`), (text) => this.#turn(at, place, { typed: { ...typed, [name]: text } }))}</div>`,
        )}
      </div>
    </div>`
  }

  #figure(id: string, title: Message, value: string, fault: Wrong | null, told: (text: string) => void) {
    return typedField({ id, title, value, fault, mode: 'decimal' }, told)
  }

  #fault(at: number, name: string): Wrong | null {
    return faultAt(this.faults, `inflows/${at}/${name}`)
  }

  #add(): void {
    this.#fire('inflows', [...this.inflows, inflowAfter(this.inflows)])
    this.#fire('open', this.inflows.length)
    void this.#focus(`#inflow-${this.inflows.length}`)
  }

  #delete(at: number): void {
    this.#fire('inflows', this.inflows.filter((_, place) => place !== at))
    this.#fire('open', this.open === at ? -1 : this.open > at ? this.open - 1 : this.open)
    void this.#focus(this.inflows.length > 1 ? `#inflow-${Math.max(0, at - 1)}` : '#inflows')
  }

  #drop(at: number, place: number): void {
    this.#reaches(at, (this.inflows[at]?.reaches ?? []).filter((_, each) => each !== place))
    void this.#focus('#add-reach')
  }

  #earlier(at: number, place: number): void {
    const reaches = [...(this.inflows[at]?.reaches ?? [])]
    reaches.splice(place - 1, 0, ...reaches.splice(place, 1))
    this.#reaches(at, reaches)
  }

  #turn(at: number, place: number, change: Partial<Reach>): void {
    this.#reaches(at, (this.inflows[at]?.reaches ?? []).map((each, number) => (number === place ? { ...each, ...change } : each)))
  }

  #reaches(at: number, reaches: readonly Reach[]): void {
    this.#change(at, { reaches })
  }

  #change(at: number, change: Partial<Inflow>): void {
    this.#fire('inflows', this.inflows.map((each, place) => (place === at ? { ...each, ...change } : each)))
  }

  async #focus(id: string): Promise<void> {
    await new Promise((done) => window.setTimeout(done))
    await this.updateComplete
    this.renderRoot.querySelector<HTMLElement>(id)?.focus()
  }

  #fire(name: 'inflows' | 'open', detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail }))
  }
}

function inflowWords({ course, from, reaches }: Inflow): string {
  const way = reaches.map(({ method }) => say(METHOD_NAMES[method])).join(' → ')
  return [from ? takenWords(from) : `${say('routeDischarge')} ${courseWords(course)}`, way || say('routeNoReach')].join(' · ')
}

customElements.define('routing-inflows', RoutingInflows)

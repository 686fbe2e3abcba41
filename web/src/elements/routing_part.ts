import { css, html, nothing } from 'lit'
import { fromTyped, readable, toWallTime, typed as asTyped } from '../clock'
import { ServerProblem } from '../config'
import { download } from '../download'
import { named, say } from '../language'
import '../messages/routing'
import '../messages/scenario'
import { forgetJob, isOver, keepJob, keptJob, seenToEnd } from '../job_shelf'
import { dismiss, handedIn, outputOf, standingOf, type Standing } from '../process'
import { RiverPlaces, type Named } from '../river_places'
import { stationCode } from '../rivers'
import { EMPTY, intoScenario, keepRouting, keptRouting, PROCESS, ROWS_MOST, written, type Faults, type Inflow, type Routed, type Routing } from '../routing'
import { refusedWords, type Refusal } from '../scenario_typed'
import { isIdle, showField } from './fault_field'
import { FloodPart } from './flood_part'
import './job_line'
import './routing_facts'
import './routing_inflows'
import type { RoutingInflows } from './routing_inflows'
import { scenarioStyle } from './scenario_style'
import { theme } from './theme'
import { faultBelow, typedField } from './typed_field'

/** 演算: releases led down their reaches, as a job; what comes of it may go into a scenario. The link keeps the job, the browser one under way. */
export class RoutingPart extends FloodPart {
  static override properties = {
    ...FloodPart.properties,
    routing: { state: true },
    open: { state: true },
    tried: { state: true },
    standing: { state: true },
    refusal: { state: true },
    routed: { state: true },
    stations: { state: true },
    told: { state: true },
    places: { state: true },
  }
  declare routing: Routing
  /** The inflow that is edited; -1: none. */
  declare open: number
  /** It was tried to hand it in: what is missing is marked from then on. */
  declare tried: boolean
  declare standing: Standing | null
  declare refusal: Refusal | null
  declare routed: Routed | null
  declare stations: readonly Named[]
  declare told: string
  declare places: RiverPlaces
  protected readonly partId = 'routing'
  #handing = new AbortController()

  constructor() {
    super()
    Object.assign(this, { routing: keptRouting(), open: -1, tried: false, standing: null, refusal: null, routed: null, stations: [], told: '' })
  }

  static override styles = [
    theme,
    scenarioStyle,
    css`
      h3 {
        margin-top: 18px;
      }
      .title {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 8px;
        align-items: center;
      }
      .title h3 {
        margin: 0;
      }
      .bad button {
        margin-top: 4px;
        font-size: 13px;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#handing = new AbortController()
    this.#replace()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#handing.abort()
  }

  protected override get wanted(): string {
    return this.kept.get('job') ?? ''
  }

  /** To the end of a job, which may have been handed in on another page. */
  protected override async read(signal: AbortSignal): Promise<void> {
    const job = this.kept.get('job')
    Object.assign(this, { routed: null, standing: null })
    if (!job) {
      const underWay = keptJob('routing')
      if (underWay) this.ask({ job: underWay.job })
      return
    }
    try {
      const { value } = await seenToEnd<Routed>('routing', standingOf(job, signal), 'result', signal, (standing) => {
        this.standing = standing
      })
      this.routed = value
    } catch (cause) {
      if (signal.aborted) return
      if (!isOver(cause)) throw cause
      // What was asked can be asked otherwise: the fields are shown again, with the reason.
      this.ask({ job: null })
      this.#refused(cause)
    } finally {
      if (!signal.aborted) this.standing = null
    }
  }

  override render() {
    const job = this.kept.get('job')
    return html`
      <p class="how">${say('routeHow')}</p>
      ${this.trouble()} ${job ? (this.routed ? this.#found(job, this.routed) : this.#waiting(job)) : this.#form()}
    `
  }

  #waiting(job: string) {
    if (this.problem) return nothing
    return html`<p class="warn">${say('routeNoGrade')}</p>
      <job-line .standing=${this.standing} .label=${say('routeRunning')} .cancel=${say('routeCancel')} @cancel=${() => this.#cancel(job)}></job-line>`
  }

  #found(job: string, routed: Routed) {
    const rows = routed.instants.length
    return html`
      <div class="title">
        <h3>${readable(routed.begins_at)} – ${readable(routed.instants.at(-1) ?? routed.begins_at)}</h3>
        ${routed.synthetic ? html`<span class="seal">${say('synthetic')}</span>` : nothing}
      </div>
      <div class="actions">
        <button @click=${() => this.ask({ job: null })}>${say('routeAnother')}</button>
        <button @click=${() => void this.guarded(() => download(outputOf(job, 'table')))}>${say('routeSaveCsv')}</button>
        ${rows <= ROWS_MOST ? html`<button @click=${() => this.#intoScenario(routed)}>${say('routeToScenario')}</button>` : nothing}
      </div>
      ${rows > ROWS_MOST ? html`<p class="small">${say('routeTooLong', { most: ROWS_MOST })}</p>` : nothing}
      <routing-facts .routed=${routed} .datumName=${(datum: string) => stationCode(this.workbench.config, 'vertical_datum', datum)}></routing-facts>
    `
  }

  #form() {
    const { routing, stations, refusal } = this
    const { faults } = this.#written()
    const fault = (at: string) => faults.get(at) ?? null
    const known = stations.some(({ id }) => id === routing.station)
    return html`
      <p class="warn">${say('routeNoGrade')}</p>
      ${typedField({ id: 'begins_at', title: 'routeBegins', value: routing.begins, fault: fault('begins_at') }, (begins) => this.#change({ begins }, true))}
      <div class="pair">
        <div>${typedField({ id: 'duration_s', title: 'scenHours', value: routing.hours, fault: fault('duration_s'), mode: 'decimal' }, (hours) => this.#change({ hours }))}</div>
        <div>${typedField({ id: 'step_s', title: 'routeStep', value: routing.step, fault: fault('step_s'), mode: 'decimal' }, (step) => this.#change({ step }))}</div>
      </div>
      <label for="station">${say('routeStation')}</label>
      <select
        id="station"
        aria-invalid=${fault('station') !== null}
        aria-describedby=${fault('station') ? 'station-fault' : 'station-how'}
        @change=${(event: Event) => this.#change({ station: (event.target as HTMLSelectElement).value })}
      >
        <option value="" ?selected=${!routing.station}>—</option>
        ${stations.map(({ id, name }) => html`<option value=${id} ?selected=${id === routing.station}>${name}</option>`)}
        ${routing.station && !known ? html`<option value=${routing.station} selected>${routing.station}</option>` : nothing}
      </select>
      ${fault('station') ? faultBelow('station', fault('station')) : html`<p class="small" id="station-how">${say('routeStationHow')}</p>`}
      <h3>${say('routeInflows')}</h3>
      <routing-inflows
        .workbench=${this.workbench}
        .inflows=${routing.inflows}
        .open=${this.open}
        .places=${this.places}
        .faults=${faults}
        .hours=${routing.hours}
        @inflows=${(event: CustomEvent<readonly Inflow[]>) => this.#change({ inflows: event.detail })}
        @open=${(event: CustomEvent<number>) => {
          this.open = event.detail
        }}
      ></routing-inflows>
      ${refusal ? this.#refusal(refusal) : this.tried && faults.size ? html`<p class="bad" role="alert">${say('scenFaults', { count: faults.size })}</p>` : nothing}
      <div class="actions">
        <button class="primary" aria-disabled=${this.standing !== null} @click=${() => void this.#send()}>${say('routeRun')}</button>
        ${JSON.stringify(routing) === JSON.stringify(EMPTY) ? nothing : html`<button @click=${() => this.#clear()}>${say('routeClear')}</button>`}
      </div>
      <p class="small" role="status">${this.told}</p>
    `
  }

  #refusal({ at, ...words }: Refusal) {
    return html`<div class="bad" role="alert">
      <strong>${say('routeRefused')}</strong>
      <p>${named(words)}</p>
      ${at ? html`<button @click=${() => void this.#goTo(at)}>${say('routeGo')}</button>` : nothing}
    </div>`
  }

  /** What the draft means; as faults what the platform said of it, else once it was tried what is missing. */
  #written(): { readonly inputs: Readonly<Record<string, unknown>>; readonly faults: Faults } {
    const { inputs, faults } = written(this.routing)
    const { refusal } = this
    if (refusal?.at) return { inputs, faults: new Map([[refusal.at, refusal]]) }
    return { inputs, faults: this.tried ? faults : new Map() }
  }

  async #send(): Promise<void> {
    if (this.standing) return
    const { inputs, faults } = written(this.routing)
    Object.assign(this, { tried: true, refusal: null, told: '' })
    const [first] = faults.keys()
    if (first !== undefined) return this.#goTo(first)
    this.standing = { jobID: '', status: 'accepted', progress: 0, message: '' }
    try {
      const { jobID } = await handedIn(PROCESS, inputs, this.#handing.signal)
      keepJob('routing', { job: jobID })
      this.ask({ job: jobID })
    } catch (cause) {
      if (this.#handing.signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.#refused(cause)
    } finally {
      this.standing = null
    }
  }

  #refused(cause: ServerProblem): void {
    const { pointer } = cause
    const at = pointer?.startsWith('/inputs/') ? pointer.slice('/inputs/'.length) : null
    this.refusal = { ...refusedWords(cause), at }
    if (at && isIdle()) void this.#goTo(at)
  }

  /** The field of a fault, or what it is within. */
  async #goTo(at: string): Promise<void> {
    const [list = '', number = '', ...rest] = at.split('/')
    const inflow = list === 'inflows' && number !== ''
    if (inflow) this.open = Number(number)
    await this.updateComplete
    if (list !== 'inflows') return void (await showField(this.renderRoot, list))
    const root = this.renderRoot.querySelector<RoutingInflows>('routing-inflows')
    await root?.updateComplete
    if (!root) return
    for (let steps = rest.length; steps; steps--) if (await showField(root.renderRoot, rest.slice(0, steps).join('/'))) return
    await showField(root.renderRoot, inflow ? `inflow-${number}` : 'inflows')
  }

  #cancel(job: string): void {
    dismiss(job)
    forgetJob('routing')
    this.ask({ job: null })
    this.told = say('routeCancelled')
  }

  #clear(): void {
    this.tried = false
    this.open = -1
    this.#change(EMPTY, true)
  }

  #change(change: Partial<Routing>, placed = false): void {
    Object.assign(this, { refusal: null, told: '', routing: { ...this.routing, ...change } })
    keepRouting(this.routing)
    if (placed) this.#replace()
  }

  /** Stations as they are at the beginning. */
  #replace(): void {
    const datetime = fromTyped(this.routing.begins) ?? this.state.datetime
    if (this.places && !this.places.signal.aborted && this.places.times.datetime === datetime) return
    const places = new RiverPlaces({ datetime, asof: null }, this.#handing.signal)
    this.places = places
    void places.named.then((stations) => {
      if (this.places === places) this.stations = stations
    })
  }

  #intoScenario(routed: Routed): void {
    const begins = asTyped(toWallTime(routed.begins_at))
    if (intoScenario(routed, begins, say('routeGiven', { time: begins }))) this.turn('scenario', {})
  }
}

customElements.define('routing-part', RoutingPart)

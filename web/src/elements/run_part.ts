import { css, html, nothing, type PropertyValues } from 'lit'
import { readable } from '../clock'
import { FLOOD_MARKS, markFeature } from '../flood_overlay'
import { FloodPicture } from '../flood_picture'
import {
  fetchDepths,
  fetchMarks,
  fetchRun,
  fetchRuns,
  fetchTable,
  instantAt,
  lengthText,
  pictureOf,
  shownOf,
  THROUGH_TIME,
  type Kind,
  type Listed,
  type Mark,
  type Run,
  type Table,
  type Lacking,
} from '../flood_runs'
import { named, say } from '../language'
import { numberText } from '../measured'
import type { Message } from '../messages'
import '../messages/flood_runs'
import '../messages/floods'
import type { Position4490 } from '../model'
import './flood_hydrograph'
import type { Course } from './flood_hydrograph'
import './flood_legend'
import { FloodPart } from './flood_part'
import { partStyle } from './part_style'
import './run_facts'
import './surface_player'
import { theme } from './theme'

const KINDS: Readonly<Record<Kind, Message>> = { scenario: 'runScenario', replay: 'runReplay', ensemble: 'runEnsemble' }
const DECIMALS = 6

/** A point of the map with its depth at the instants that are kept. */
interface Taken {
  readonly place: Position4490
  readonly depths_m: readonly number[]
}

/** 推演: the kept runs; the one that is open lies on the map, through time too, with its hydrographs and files. */
export class RunPart extends FloodPart {
  static override properties = {
    ...FloodPart.properties,
    listed: { state: true },
    matched: { state: true },
    lacking: { state: true },
    run: { state: true },
    points: { state: true },
    breaches: { state: true },
    marks: { state: true },
    taken: { state: true },
    picking: { state: true },
    spoilt: { state: true },
  }
  declare listed: readonly Listed[] | null
  /** How many there are in all. */
  declare matched: number
  /** Why some may be missing. */
  declare lacking: Lacking | null
  declare run: Run | null
  declare points: Table | null
  declare breaches: Table | null
  declare marks: readonly Mark[]
  declare taken: Taken | null
  declare picking: boolean
  declare spoilt: boolean
  protected readonly partId = 'runs'
  #picture: FloodPicture | null = null

  constructor() {
    super()
    Object.assign(this, { listed: null, matched: 0, lacking: null, marks: [], picking: false, spoilt: false })
    Object.assign(this, { run: null, points: null, breaches: null, taken: null })
  }

  static override styles = [
    theme,
    partStyle,
    css`
      .title {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 8px;
        align-items: center;
        margin-top: 8px;
      }
      .title h3 {
        margin: 0;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    const { stage, config } = this.workbench
    if (!stage) return
    this.#picture = new FloodPicture(stage.map, config.city.central_meridian_deg, (failed) => {
      this.spoilt = failed
    })
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#pick(false)
    this.#picture?.end()
    this.#picture = null
    this.workbench.stage?.lay(FLOOD_MARKS, [])
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed)
    this.#draw()
  }

  protected override get wanted(): string {
    return `${this.kept.get('run') ?? ''} ${this.kept.get('point') ?? ''}`
  }

  protected override async read(signal: AbortSignal): Promise<void> {
    const id = this.kept.get('run')
    if (!id) {
      Object.assign(this, { run: null, points: null, breaches: null, marks: [], taken: null })
      const { runs, numberMatched, lacking } = await fetchRuns(signal)
      Object.assign(this, { listed: runs, matched: numberMatched, lacking })
      return
    }
    if (this.run?.id !== id) await this.#open(id, signal)
    await this.#take(signal)
  }

  async #open(id: string, signal: AbortSignal): Promise<void> {
    Object.assign(this, { run: null, points: null, breaches: null, marks: [], taken: null })
    const run = await fetchRun(id, signal)
    const [points, breaches, marks] = await Promise.all([
      fetchTable(run, 'points', signal),
      fetchTable(run, 'breaches', signal),
      fetchMarks(run, signal),
    ])
    Object.assign(this, { run, points, breaches, marks })
  }

  async #take(signal: AbortSignal): Promise<void> {
    const { run } = this
    const place = this.#place
    if (!run || !place) return void (this.taken = null)
    if (this.taken?.place.join() === place.join()) return
    this.taken = null
    this.taken = { place, depths_m: await fetchDepths(run, place, signal) }
  }

  override render() {
    const open = this.kept.get('run')
    return html`${open ? this.#opened() : this.#list()}`
  }

  #list() {
    const { listed } = this
    return html`
      <p class="how">${say('runHow')}</p>
      ${this.trouble()} ${!listed && !this.problem ? html`<p class="how" role="status">${say('reading')}</p>` : nothing}
      ${listed?.length === 0 ? html`<p class="how" role="status">${say('runNone')}</p>` : nothing}
      ${listed && this.lacking ? html`<p class="small">${named(this.lacking)}</p>` : nothing}
      <ul aria-label=${say('runList')}>
        ${(listed ?? []).map((each) => this.#row(each))}
      </ul>
      ${listed && this.matched > listed.length ? html`<p class="small">${say('runCut', { all: this.matched, count: listed.length })}</p>` : nothing}
    `
  }

  #row(each: Listed) {
    const { id, kind, title, begins_at, duration_s, bbox } = each
    return html`<li class="row">
      <button
        @click=${() => {
          this.ask({ run: id })
          this.workbench.stage?.reveal(bbox)
        }}
      >
        <span class="what"
          ><span>${title}</span>${each['onemap:synthetic'] ? html`<span class="seal">${say('synthetic')}</span>` : html`<span></span>`}
          <small>${say(KINDS[kind])} · ${readable(begins_at)} · ${lengthText(duration_s)}</small></span
        >
      </button>
    </li>`
  }

  #opened() {
    const { run } = this
    return html`
      <button @click=${() => this.#close()}>${say('floodBack')}</button>
      ${this.trouble()} ${!run && !this.problem ? html`<p class="how" role="status">${say('reading')}</p>` : nothing}
      ${run ? this.#whole(run) : nothing}
    `
  }

  #whole(run: Run) {
    const { accuracy } = run.told
    return html`
      <div class="title">
        <h3>${run.title}</h3>
        ${run['onemap:synthetic'] ? html`<span class="seal">${say('synthetic')}</span>` : nothing}
        ${this.workbench.stage ? html`<button @click=${() => this.workbench.stage?.reveal(run.bbox)}>${say('runLocate')}</button>` : nothing}
      </div>
      <p class="small">${say(KINDS[run.kind])} · ${readable(run.begins_at)} · ${lengthText(run.duration_s)}</p>
      ${accuracy ? html`<p class="warn">${named(accuracy)}</p>` : nothing}
      <div class="actions">
        ${run.kind === 'ensemble' ? nothing : html`<button @click=${() => this.turn('scenario', { base: run.id })}>${say('runAsBase')}</button>`}
        ${run.kind === 'ensemble' ? nothing : html`<button @click=${() => this.turn('evacuation', { run: run.id })}>${say('runEvacuation')}</button>`}
      </div>
      ${this.workbench.stage ? this.#shown(run) : html`<p class="how">${say('runNoMap')}</p>`} ${this.#courses(run)}
      <run-facts .run=${run}></run-facts>
    `
  }

  #shown(run: Run) {
    const quantity = this.#quantity(run)
    const picture = pictureOf(run, quantity)
    return html`
      <label for="show">${say('runShow')}</label>
      <select id="show" @change=${(event: Event) => this.ask({ show: (event.target as HTMLSelectElement).value, at: null })}>
        ${shownOf(run).map((each) => html`<option value=${each} ?selected=${each === quantity}>${this.#titleOf(run, each)}</option>`)}
      </select>
      ${picture ? html`<flood-legend .picture=${picture} .heading=${this.#titleOf(run, quantity)}></flood-legend>` : nothing}
      ${this.spoilt ? html`<p class="warn" role="status">${say('runUndrawn')}</p>` : nothing}
      ${quantity === THROUGH_TIME ? this.#player(run) : nothing}
    `
  }

  #player(run: Run) {
    const times_s = run.told.times_s ?? []
    const at = this.#instant(run)
    return html`<surface-player
        .times=${times_s.map((each) => Date.parse(instantAt(run, each)))}
        .at=${at}
        .ready=${() => this.#picture?.drawn ?? true}
        @at=${(event: CustomEvent<number>) => this.ask({ at: String(times_s[event.detail] ?? 0) })}
      ></surface-player>
      <p class="small">${say('runAfter', { span: lengthText(times_s[at] ?? 0) })}</p>`
  }

  #courses(run: Run) {
    const { points, breaches, taken, workbench } = this
    const times_s = run.told.times_s ?? []
    const at_ms = this.#quantity(run) === THROUGH_TIME ? Date.parse(instantAt(run, times_s[this.#instant(run)] ?? 0)) : null
    const courses = [...(taken ? [takenCourse(run, taken)] : []), ...(points ? coursesOf(points, ' depth_m', 'm') : [])]
    const flows = breaches ? coursesOf(breaches, ' discharge_m3_s', 'm3/s') : []
    return html`
      ${courses.length || times_s.length ? html`<h3>${say('runPoints')}</h3>` : nothing}
      ${
        times_s.length && workbench.stage
          ? html`<div class="actions">
                <button aria-pressed=${this.picking} @click=${() => this.#pick(!this.picking)}>${say('runPick')}</button>
                ${this.kept.get('point') ? html`<button @click=${() => this.ask({ point: null })}>${say('runPickedDrop')}</button>` : nothing}
              </div>
              <p class="small" role="status">${this.picking ? say('runPicking') : taken ? takenWords(run, taken) : ''}</p>`
          : nothing
      }
      ${courses.length ? html`<flood-hydrograph .courses=${courses} .label=${say('runPoints')} .at_ms=${at_ms}></flood-hydrograph>` : nothing}
      ${
        flows.length
          ? html`<h3>${say('runBreaches')}</h3>
              <flood-hydrograph .courses=${flows} .label=${say('runBreaches')} .at_ms=${at_ms}></flood-hydrograph>`
          : nothing
      }
    `
  }

  /** The quantity that the link names, else the first there is. */
  #quantity(run: Run): string {
    const all = shownOf(run)
    return all.find((each) => each === this.kept.get('show')) ?? all[0] ?? ''
  }

  /** The place of the instant that the link names: the kept one nearest to it. */
  #instant(run: Run): number {
    const times_s = run.told.times_s ?? []
    const wanted = Number(this.kept.get('at') ?? 0)
    return times_s.reduce((best, each, at) => (Math.abs(each - wanted) < Math.abs((times_s[best] ?? 0) - wanted) ? at : best), 0)
  }

  get #place(): Position4490 | null {
    const [lon = NaN, lat = NaN] = (this.kept.get('point') ?? '').split(',').map(Number)
    return Number.isFinite(lon) && Number.isFinite(lat) ? [lon, lat] : null
  }

  #titleOf(run: Run, quantity: string): string {
    if (quantity === THROUGH_TIME) return say('runThroughTime')
    const picture = pictureOf(run, quantity)
    if (quantity === 'arrival') return say('runArrivalLegend')
    return picture ? named(picture.title) : quantity
  }

  #close(): void {
    this.#pick(false)
    this.workbench.store.update({ detail: this.partId })
  }

  #pick(on: boolean): void {
    if (on === this.picking) return
    this.picking = on
    this.workbench.stage?.take(on ? (position) => this.#picked(position) : null)
    if (on) this.workbench.stage?.focus()
  }

  #picked(place: Position4490): void {
    this.#pick(false)
    this.ask({ point: place.map((each) => each.toFixed(DECIMALS)).join() })
  }

  #draw(): void {
    const { run, marks, state, workbench } = this
    const quantity = run ? this.#quantity(run) : ''
    const place = this.#place
    const through = quantity === THROUGH_TIME
    this.#picture?.show(
      run && quantity
        ? {
            run: run.id,
            quantity,
            at_s: through ? (run.told.times_s?.[this.#instant(run)] ?? 0) : null,
            bounds: run.bbox,
            frame: state.frame,
          }
        : null,
    )
    workbench.stage?.lay(FLOOD_MARKS, run
      ? [
          ...marks.map((each) => markFeature(each.kind, each.name, each.place)),
          ...(place ? [markFeature('taken', say('runPicked'), place)] : []),
        ]
      : [])
  }
}

/** The columns of a table that end so, each as a line. */
function coursesOf({ begins_at, columns, rows }: Table, ending: string, unit: string): readonly Course[] {
  const begin_ms = Date.parse(begins_at)
  return columns.flatMap((column, place): Course[] =>
    column.endsWith(ending)
      ? [{ name: column.slice(0, -ending.length), unit, values: rows.map((row) => [begin_ms + (row[0] ?? 0) * 1000, row[place] ?? 0]) }]
      : [],
  )
}

function takenCourse(run: Run, { depths_m }: Taken): Course {
  const times_s = run.told.times_s ?? []
  return {
    name: say('runPicked'),
    unit: 'm',
    values: times_s.map((each, at) => [Date.parse(instantAt(run, each)), depths_m[at] ?? 0]),
  }
}

function takenWords(run: Run, { depths_m }: Taken): string {
  const depth = Math.max(...depths_m)
  if (!(depth > 0)) return say('runPickedDry')
  const at_s = run.told.times_s?.[depths_m.indexOf(depth)] ?? 0
  return say('runPickedDeep', { depth: numberText(depth), time: readable(instantAt(run, at_s)) })
}

customElements.define('run-part', RunPart)

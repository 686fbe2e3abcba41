import type { Geometry } from 'geojson'
import { css, html, nothing, type PropertyValues } from 'lit'
import { fromTyped, toInstant, toWallTime, typed } from '../clock'
import { ServerProblem } from '../config'
import { fetchItems, itemsAddress } from '../items'
import { say } from '../language'
import { numberText, unitOf, valueOf } from '../measured'
import '../messages/monitoring'
import '../messages/surface'
import type { Station } from '../monitoring'
import { detailWith, keptOf } from '../parts'
import { instantOf } from '../series'
import { watchOf, type StationWatch } from '../station_watch'
import { instantsOf, STEPS_MOST, surfaceRunOf, type Choice, type Step, type SurfaceRun, type Wanted } from '../surface'
import { cellsOf, classesOf, sampleOf, SURFACE, within, type Classes } from '../surface_overlay'
import { PanelElement } from './panel_element'
import { partStyle } from './part_style'
import './surface_form'
import type { Written } from './surface_form'
import './surface_legend'
import './surface_player'
import { theme } from './theme'

const PART = 'surface'
const OUTLINE = 'city-outline'
const DAY_MS = 86_400_000

/** 插值面: a property over the city through a span of time, with what it is worth. */
export class SurfacePart extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    written: { state: true },
    problem: { state: true },
    outline: { state: true },
  }
  /** What is typed and chosen; null: what the link says. */
  declare written: Written | null
  declare problem: string | null
  declare outline: Geometry | null
  #watch!: StationWatch
  #stop: () => void = () => undefined
  #run!: SurfaceRun
  #abort = new AbortController()
  #laid: readonly unknown[] = []
  #begun = false

  constructor() {
    super()
    this.written = null
    this.problem = null
    this.outline = null
  }

  static override styles = [
    theme,
    partStyle,
    css`
      .progress {
        display: flex;
        gap: 10px;
        align-items: center;
        margin-top: 10px;
        font-size: 13px;
      }
      progress {
        flex: 1;
        min-width: 60px;
        accent-color: var(--accent);
      }
      .kinds {
        margin-top: 8px;
      }
      .facts {
        margin-top: 8px;
        color: var(--ink-2);
        font-size: 12px;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#abort = new AbortController()
    this.#watch = watchOf(this.workbench.store)
    this.#stop = this.#watch.subscribe(() => this.requestUpdate())
    this.#run = surfaceRunOf(this.workbench.store)
    this.#run.changed = () => this.requestUpdate()
    void this.#outline()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#stop()
    this.#run.changed = () => undefined
    this.#abort.abort()
    this.#laid = []
    this.workbench.stage?.lay(SURFACE, [])
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed)
    this.#again()
    this.#lay()
  }

  override render() {
    if (this.#watch.stations === null) {
      return this.#watch.problem
        ? html`<p class="bad" role="alert">${say('stationLost', { why: this.#watch.problem })}</p>`
        : html`<p class="how" role="status">${say('reading')}</p>`
    }
    const choices = this.#choices()
    if (!choices.length) return html`<p class="how" role="status">${say('surfaceNone')}</p>`
    const { running, steps, total } = this.#run
    return html`
      <p class="how">${say('surfaceHow')}</p>
      <surface-form
        .choices=${choices}
        .written=${this.#written(choices)}
        .busy=${running}
        @written=${(event: CustomEvent<Written>) => (this.written = event.detail)}
        @start=${() => this.#start(choices)}
      ></surface-form>
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
      ${
        running
          ? html`<div class="progress">
              <progress max=${total} value=${steps.length} aria-label=${say('surfaceProgress', { done: steps.length, total })}></progress>
              <span>${say('surfaceProgress', { done: steps.length, total })}</span>
              <button @click=${() => this.#run.cancel()}>${say('surfaceCancel')}</button>
            </div>`
          : nothing
      }
      ${steps.length ? this.#shown(choices) : nothing}
    `
  }

  #shown(choices: readonly Choice[]) {
    const { steps, wanted } = this.#run
    const step = this.#step
    const choice = choices.find(({ key }) => key === wanted?.property)
    const deviation = this.#deviation
    const synthetic = this.workbench.config.layers.some((each) => each.synthetic && each.id === wanted?.stations)
    return html`
      <surface-player
        .times=${steps.map(({ time_ms }) => time_ms)}
        .at=${steps.indexOf(step as Step)}
        @at=${(event: CustomEvent<number>) => this.#go(event.detail)}
      ></surface-player>
      ${synthetic ? html`<p class="synthetic"><span class="seal">${say('synthetic')}</span>${say('surfaceSynthetic')}</p>` : nothing}
      ${wanted?.asof ? html`<p class="facts">${say('surfaceAsof', { time: typed(toWallTime(wanted.asof)) })}</p>` : nothing}
      <div class="kinds" role="group" aria-label=${say('surfaceShown')}>
        <button aria-pressed=${!deviation} @click=${() => this.#ask({ show: null })}>${say('surfaceValues')}</button>
        <button aria-pressed=${deviation} aria-disabled=${wanted?.method !== 'kriging'} @click=${() => this.#ask({ show: 'deviation' })}>
          ${say('surfaceDeviations')}
        </button>
      </div>
      ${wanted?.method === 'idw' ? html`<p class="facts">${say('surfaceNoDeviation')}</p>` : nothing}
      <surface-legend
        .classes=${this.#classes}
        .heading=${`${choice?.property.name ?? ''}${choice?.unit ? ` (${choice.unit})` : ''}`}
      ></surface-legend>
      ${step?.problem ? html`<p class="warn" role="status">${say('surfaceMissing', { why: step.problem })}</p>` : nothing}
      ${step?.grid ? this.#worth(step, choice) : nothing}
    `
  }

  /** What the surface is worth. */
  #worth({ grid }: Step, choice: Choice | undefined) {
    if (!grid) return nothing
    const error = `${numberText(grid.loo_rmse)} ${choice?.unit ?? ''}`.trim()
    const { variogram } = grid
    return html`<p class="facts">
      ${say('surfaceLoo', { error, samples: grid.samples })}
      ${
        variogram
          ? html`<br />${say('surfaceVariogram', {
                nugget: numberText(variogram.nugget),
                sill: numberText(variogram.sill),
                range: numberText(variogram.range_m / 1000),
              })}`
          : nothing
      }
    </p>`
  }

  #choices(): readonly Choice[] {
    const found = new Map<string, Choice & { readonly stations: number }>()
    for (const { layer, datastreams, position } of this.#watch.stations ?? []) {
      for (const { property: id, time, unit } of datastreams) {
        const property = this.#watch.properties.get(id)
        if (!property?.key || !layer || !position || !time) continue
        const { key } = property
        const known = found.get(`${key} ${layer}`)
        const last_ms = Math.max(known?.last_ms ?? 0, Date.parse(time))
        const stations = (known?.stations ?? 0) + 1
        found.set(`${key} ${layer}`, { key, property, layer, last_ms, unit: unitOf(unit), stations })
      }
    }
    return [...found.values()].filter(({ stations }) => stations > 1)
  }

  /** What is typed, else what the link says, else the last day of the first property. */
  #written(choices: readonly Choice[]): Written {
    if (this.written) return this.written
    const kept = keptOf(PART, this.state.detail)
    const property = kept.get('property') ?? choices[0]?.key ?? ''
    const last_ms = choices.find(({ key }) => key === property)?.last_ms ?? Date.now()
    const time = (name: string, otherwise_ms: number) => wall(Date.parse(kept.get(name) ?? '') || otherwise_ms)
    return {
      property,
      from: time('from', last_ms - DAY_MS),
      to: time('to', last_ms),
      step_h: Number(kept.get('step')) || 3,
      method: kept.get('method') === 'idw' ? 'idw' : 'kriging',
      cell_m: Number(kept.get('cell')) || 1000,
      within_h: Number(kept.get('within')) || 1,
    }
  }

  #wanted(choices: readonly Choice[]): Wanted | null {
    const { property, from, to, step_h, method, cell_m, within_h } = this.#written(choices)
    const choice = choices.find(({ key }) => key === property)
    const [from_ms, to_ms] = [from, to].map((each) => Date.parse(toInstant(fromTyped(each) ?? '')))
    if (!choice || from_ms === undefined || to_ms === undefined || !(from_ms <= to_ms)) return null
    const asof = this.state.asof ? toInstant(this.state.asof) : null
    const bbox = this.workbench.config.city.extent
    return { property, stations: choice.layer, from_ms, to_ms, step_h, method, cell_m, within_h, bbox, asof }
  }

  #start(choices: readonly Choice[]): void {
    const wanted = this.#wanted(choices)
    this.problem = wanted ? null : say('surfaceBadTime')
    if (!wanted) return
    const count = Math.floor((wanted.to_ms - wanted.from_ms) / (wanted.step_h * 3_600_000)) + 1
    if (count > STEPS_MOST) {
      this.problem = say('surfaceTooMany', { count, most: STEPS_MOST })
      return
    }
    this.#begun = true
    this.#ask({ ...linkOf(wanted), at: instantOf(wanted.from_ms) })
    void this.#run.start(wanted)
  }

  /** A link of a surface computes it anew; what is computed already is shown. */
  #again(): void {
    if (this.#begun || this.#watch.stations === null) return
    const choices = this.#choices()
    if (!choices.length) return
    this.#begun = true
    const wanted = keptOf(PART, this.state.detail).has('at') ? this.#wanted(choices) : null
    if (!wanted || instantsOf(wanted).length < 1 || this.#run.running) return
    if (JSON.stringify(this.#run.wanted) !== JSON.stringify(wanted)) void this.#run.start(wanted)
  }

  get #deviation(): boolean {
    return keptOf(PART, this.state.detail).get('show') === 'deviation' && this.#run.wanted?.method === 'kriging'
  }

  /** The instant of the link, else the newest that is there. */
  get #step(): Step | undefined {
    const at_ms = Date.parse(keptOf(PART, this.state.detail).get('at') ?? '')
    const { steps } = this.#run
    return steps.find(({ time_ms }) => time_ms === at_ms) ?? steps.at(-1)
  }

  get #classes(): Classes {
    const deviation = this.#deviation
    const grids = this.#run.steps.flatMap(({ grid }) => (grid ? [grid] : []))
    return classesOf(grids.map((each) => (deviation ? (each.deviations ?? []) : each.values)), deviation)
  }

  #go(place: number): void {
    const step = this.#run.steps[place]
    if (step) this.#ask({ at: instantOf(step.time_ms) })
  }

  #ask(change: Readonly<Record<string, string | null>>): void {
    const kept = Object.fromEntries(keptOf(PART, this.state.detail))
    this.workbench.store.update({ detail: detailWith(PART, { ...kept, ...change }) })
  }

  #lay(): void {
    const { stage, config } = this.workbench
    const step = this.#step
    const made = [step, this.#deviation, this.#run.steps.length, this.outline] as const
    if (!stage || made.every((each, place) => each === this.#laid[place])) return
    this.#laid = made
    const grid = step?.grid
    if (!grid) return stage.lay(SURFACE, [])
    const numbers = this.#deviation ? (grid.deviations ?? []) : grid.values
    const cells = cellsOf(grid, numbers, this.#classes, config.city.central_meridian_deg, within(this.outline))
    const stations = new Map<string | null, Station>((this.#watch.stations ?? []).map((each) => [each.key, each]))
    const samples = grid.stations.flatMap(({ thing, value }) => {
      const position = stations.get(thing)?.position
      return position ? [sampleOf(position, valueOf(value, null))] : []
    })
    stage.lay(SURFACE, [...cells, ...samples])
  }

  /** The ground that is shown: the city, where its outline is there. */
  async #outline(): Promise<void> {
    if (!this.workbench.config.layers.some(({ id }) => id === OUTLINE)) return
    try {
      const now = { datetime: null, asof: null }
      const { features } = await fetchItems(itemsAddress(OUTLINE, { limit: 1 }, now), this.#abort.signal)
      this.outline = features[0]?.geometry ?? null
    } catch (cause) {
      // Without it more is shown, not less.
      if (!this.#abort.signal.aborted && !(cause instanceof ServerProblem)) throw cause
    }
  }
}

function wall(time_ms: number): string {
  return toWallTime(new Date(time_ms).toISOString()).replace('T', ' ')
}

function linkOf({ property, from_ms, to_ms, step_h, method, cell_m, within_h }: Wanted): Record<string, string> {
  return {
    property,
    from: instantOf(from_ms),
    to: instantOf(to_ms),
    step: String(step_h),
    method,
    cell: String(cell_m),
    within: String(within_h),
  }
}

customElements.define('surface-part', SurfacePart)

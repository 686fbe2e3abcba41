import type { Feature, Geometry } from 'geojson'
import { html, nothing, type PropertyValues } from 'lit'
import { ServerProblem } from '../config'
import { extentOf } from '../extent'
import { choiceOf } from '../figure_hit'
import { named, say } from '../language'
import '../messages/publication'
import {
  daysLeft,
  publication,
  published,
  told,
  type Publication,
  type PublishedLayer,
  type Step,
} from '../publication'
import { drawnOf, placeOf, PUBLISHED, SAID_PLACE } from '../publication_overlay'
import { PanelElement } from './panel_element'
import './publication_comments'
import './publication_form'
import { planStyle } from './plan_style'
import { swatch, swatchStyles } from './swatch'
import { theme } from './theme'

/** Of one layer in view. */
const FEATURES_MOST = 1500
const SETTLE_MS = 250
const STEPS = {
  opened: 'stepOpened',
  extended: 'stepExtended',
  closed: 'stepClosed',
  withdrawn: 'stepWithdrawn',
  erased: 'stepErased',
} as const satisfies Record<Step['action'], string>

interface Drawn {
  readonly layer: PublishedLayer
  readonly feature: Feature
}

/** One publication: what it is, its layers on the map as they were published, and what is said of it. */
export class PublicationView extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    number: { attribute: false },
    handles: { attribute: false },
    found: { state: true },
    shown: { state: true },
    drawn: { state: true },
    cut: { state: true },
    chosen: { state: true },
    problem: { state: true },
    desk: { state: true },
    rounds: { state: true },
  }
  declare number: number
  declare handles: boolean
  declare found: Publication | null
  /** Layers that are on the map. */
  declare shown: readonly string[]
  declare drawn: readonly Drawn[]
  /** There is more in view than is drawn. */
  declare cut: boolean
  declare chosen: Drawn | null
  declare problem: string | null
  declare desk: HTMLElement | null
  /** Grows when comments are to be read again. */
  declare rounds: number
  #abort = new AbortController()
  #reading = new AbortController()
  #timer = 0
  #view = ''
  #first = true

  constructor() {
    super()
    this.handles = false
    this.found = null
    this.shown = []
    this.drawn = []
    this.cut = false
    this.chosen = null
    this.problem = null
    this.desk = null
    this.rounds = 0
  }

  static override styles = [theme, swatchStyles, planStyle]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#abort = new AbortController()
    const { stage } = this.workbench
    if (!stage) return
    const figures = () => this.drawn.map(({ feature }) => ({ geometry: feature.geometry, name: '', note: '', color: '' }))
    const choose = (at: number) => {
      this.chosen = this.drawn[at] ?? null
    }
    const choice = choiceOf(figures, choose, stage)
    // An area is chosen by its inside, which is looked at before the layers of the city are.
    stage.offer({
      near: (pixel, reach_px, really) => {
        if (!this.drawn.length) return false
        if (really) {
          this.chosen = null
          choice.inside(stage.ground(pixel))
          if (this.chosen) return true
        }
        return choice.near(pixel, reach_px, really)
      },
      inside: () => undefined,
    })
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
    this.#reading.abort()
    window.clearTimeout(this.#timer)
    const { stage } = this.workbench
    stage?.offer(null)
    stage?.lay(PUBLISHED, [])
    stage?.lay(SAID_PLACE, [])
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('number')) {
      Object.assign(this, { found: null, shown: [], drawn: [], chosen: null, desk: null })
      this.#first = true
      void this.#read()
    }
    if (this.handles && this.found && !this.desk) void this.#readDesk(this.found)
  }

  override updated(): void {
    const { chosen } = this
    this.workbench.stage?.lay(
      PUBLISHED,
      this.drawn.map((each) => drawnOf(each.layer, each.feature, each === chosen)),
    )
    const view = JSON.stringify([this.state.camera, this.shown, this.found?.id])
    if (view === this.#view) return
    this.#view = view
    window.clearTimeout(this.#timer)
    this.#timer = window.setTimeout(() => void this.#draw(), SETTLE_MS)
  }

  override render() {
    const { found, problem } = this
    if (!found) {
      return html`${problem ? html`<p class="bad" role="alert">${problem}</p>` : html`<p role="status" class="small">${say('pubLoading')}</p>`}`
    }
    const open = found.standing.id === 'open' && !found.elsewhere
    const left = daysLeft(found.closes_on)
    return html`
      <h3><span class="state ${found.standing.id}">${named(found.standing)}</span></h3>
      <h4>${found.title}</h4>
      ${found.summary ? html`<p class="text">${found.summary}</p>` : nothing}
      <dl>
        <dt>${say('pubPeriodLabel')}</dt>
        <dd>
          ${say('pubPeriod', { from: found.opens_on, to: found.closes_on })}
          ${found.standing.id === 'open' ? html`· ${left ? say('pubLeft', { days: left }) : say('pubLastDay')}` : nothing}
        </dd>
        <dt>${say('pubBy')}</dt>
        <dd>${found.department}</dd>
        <dt>${say('pubPaper')}</dt>
        <dd lang="zh-CN">
          ${found.document.title}${found.document.number ? ` ${found.document.number}` : ''}
          ${found.document.issued_on ?? ''}
        </dd>
        <dt>${say('pubVersion')}</dt>
        <dd>${found.version}</dd>
        ${found.elsewhere ? html`<dt>${say('pubElsewhere')}</dt><dd>${found.elsewhere}</dd>` : nothing}
      </dl>
      <details>
        <summary>${say('pubSteps', { count: found.steps.length })}</summary>
        <ul>
          ${found.steps.map(
            (each) => html`<li class="row">
              <span class="state">${say(STEPS[each.action])}</span> ${told(each.recorded_at)} · ${each.department}
              <p class="text small">${each.note}</p>
            </li>`,
          )}
        </ul>
      </details>
      ${found.layers.length ? this.#layers(found.layers) : nothing}
      ${problem ? html`<p class="bad" role="alert">${problem}</p>` : nothing}
      ${
        open
          ? html`<publication-form
              .workbench=${this.workbench}
              .number=${found.id}
              .about=${this.chosen ? { layer: this.chosen.layer.layer, title: named(this.chosen.layer.title), fid: String(this.chosen.feature.id) } : null}
              @sent=${() => {
                this.rounds += 1
              }}
            ></publication-form>`
          : html`<p class="small" id="closed">${say('comClosed')}</p>`
      }
      <publication-comments
        .number=${found.id}
        .rounds=${this.rounds}
        @place=${(event: CustomEvent<Geometry | null>) => this.#place(event.detail)}
      ></publication-comments>
      ${this.desk ?? nothing}
    `
  }

  #layers(layers: readonly PublishedLayer[]) {
    return html`<h3>${say('pubLayers')}</h3>
      ${layers.some(({ synthetic }) => synthetic) ? html`<p class="small"><span class="seal">${say('synthetic')}</span> ${say('pubSynthetic')}</p>` : nothing}
      <ul>
        ${layers.map((layer) => this.#layer(layer))}
      </ul>
      ${this.cut ? html`<p class="small" role="status">${say('pubPart', { count: FEATURES_MOST })}</p>` : nothing}
      ${this.chosen ? this.#feature(this.chosen) : this.drawn.length ? html`<p class="small">${say('pubChosenHow')}</p>` : nothing}`
  }

  #layer(layer: PublishedLayer) {
    const { precision, grid_m, features, classes, legend } = layer
    const counted = precision.id === 'counted'
    const color = (code: string | null) =>
      legend.entries.find((each) => String(each.code) === String(code))?.color ?? legend.color
    return html`<li class="row">
      <label class="check">
        ${
          counted
            ? nothing
            : html`<input
                type="checkbox"
                .checked=${this.shown.includes(layer.layer)}
                @change=${(event: Event) => this.#toggle(layer.layer, (event.target as HTMLInputElement).checked)}
              />`
        }
        <span><strong>${named(layer.title)}</strong> <span class="state">${named(precision)}</span></span>
      </label>
      <p class="small">
        ${say('pubFeatures', { count: features })}${grid_m === null ? nothing : html` · ${say('pubCoarse', { grid: grid_m })}`}
      </p>
      <ul class="swatches">
        ${classes.slice(0, 12).map(
          (each) => html`<li>${swatch(legend, color(each.code))}${named(each)} ${each.features}</li>`,
        )}
      </ul>
    </li>`
  }

  #feature({ layer, feature }: Drawn) {
    const value = (name: string) => {
      const held = feature.properties?.[name] as unknown
      return held === null || held === undefined || held === '' ? '' : String(held)
    }
    return html`<div class="box" id="chosen">
      <h3>${say('pubChosen')}:${named(layer.title)} ${String(feature.id)}</h3>
      <dl>
        ${layer.fields
          .filter(({ name }) => value(name) !== '')
          .map(({ name, title }) => html`<dt>${named(title)}</dt><dd>${value(name)}</dd>`)}
      </dl>
      <div class="actions">
        <button
          @click=${() => {
            this.chosen = null
          }}
        >
          ${say('pubChosenClose')}
        </button>
      </div>
    </div>`
  }

  #toggle(layer: string, on: boolean): void {
    this.shown = on ? [...this.shown, layer] : this.shown.filter((each) => each !== layer)
    if (this.chosen?.layer.layer === layer) this.chosen = null
  }

  #place(geometry: Geometry | null): void {
    const { stage } = this.workbench
    stage?.lay(SAID_PLACE, geometry ? [placeOf(geometry)] : [])
    const box = extentOf(geometry)
    if (box) stage?.reveal(box)
  }

  async #read(): Promise<void> {
    await this.#guarded(async () => {
      const found = await publication(this.number, this.#abort.signal)
      this.found = found
      this.problem = null
      const drawable = found.layers.filter(({ precision }) => precision.id !== 'counted')
      if (this.#first) this.shown = drawable.slice(0, 1).map(({ layer }) => layer)
      this.#first = false
    })
  }

  /** Reads what is in view of the layers that are shown. */
  async #draw(): Promise<void> {
    const { found, workbench } = this
    if (!found || !workbench.stage) return
    this.#reading.abort()
    this.#reading = new AbortController()
    const { signal } = this.#reading
    const view = workbench.stage.view()
    const layers = found.layers.filter(({ layer }) => this.shown.includes(layer))
    await this.#guarded(async () => {
      const read = await Promise.all(
        layers.map(async (layer) => ({
          layer,
          of: await published(found.id, layer.layer, view, FEATURES_MOST, signal),
        })),
      )
      if (signal.aborted) return
      this.cut = read.some(({ of }) => of.more)
      this.drawn = read.flatMap(({ layer, of }) => of.features.map((feature) => ({ layer, feature })))
      const held = this.chosen
      if (held) {
        this.chosen =
          this.drawn.find((each) => each.feature.id === held.feature.id && each.layer.layer === held.layer.layer) ?? held
      }
    }, signal)
  }

  async #readDesk(found: Publication): Promise<void> {
    const { open } = await import('./publication_desk')
    if (this.desk || this.found !== found) return
    const desk = open(this.workbench)
    desk.publication = found
    desk.addEventListener('handled', () => {
      this.rounds += 1
    })
    desk.addEventListener('stepped', () => {
      void this.#read().then(() => {
        if (this.found) desk.publication = this.found
      })
      this.dispatchEvent(new CustomEvent('changed'))
    })
    desk.addEventListener('place', (event) => this.#place((event as CustomEvent<Geometry | null>).detail))
    this.desk = desk
  }

  async #guarded(work: () => Promise<void>, signal: AbortSignal = this.#abort.signal): Promise<void> {
    try {
      await work()
    } catch (cause) {
      if (signal.aborted || this.#abort.signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    }
  }
}

customElements.define('publication-view', PublicationView)

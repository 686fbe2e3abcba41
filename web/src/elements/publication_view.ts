import type { Geometry } from 'geojson'
import { html, nothing, type PropertyValues } from 'lit'
import { ServerProblem } from '../config'
import { extentOf } from '../extent'
import { named, say } from '../language'
import '../messages/publication'
import {
  daysLeft,
  publication,
  told,
  type Publication,
  type PublishedLayer,
  type Step,
} from '../publication'
import { placeOf, SAID_PLACE } from '../publication_overlay'
import { PublishedTiles, type PublishedFeature } from '../publication_tiles'
import { PanelElement } from './panel_element'
import './publication_comments'
import './publication_form'
import { planStyle } from './plan_style'
import { swatch, swatchStyles } from './swatch'
import { theme } from './theme'

const STEPS = {
  opened: 'stepOpened',
  extended: 'stepExtended',
  closed: 'stepClosed',
  withdrawn: 'stepWithdrawn',
  erased: 'stepErased',
} as const satisfies Record<Step['action'], string>

/** One publication: what it is, its layers on the map as they were published, and what is said of it. */
export class PublicationView extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    number: { attribute: false },
    handles: { attribute: false },
    found: { state: true },
    shown: { state: true },
    partial: { state: true },
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
  /** At this scale the tiles leave features out. */
  declare partial: boolean
  declare chosen: PublishedFeature | null
  declare problem: string | null
  declare desk: HTMLElement | null
  /** Grows when comments are to be read again. */
  declare rounds: number
  #abort = new AbortController()
  #tiles: PublishedTiles | null = null
  #first = true

  constructor() {
    super()
    this.handles = false
    this.found = null
    this.shown = []
    this.partial = false
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
    const tiles = new PublishedTiles(
      stage.map,
      this.workbench.config.city.central_meridian_deg,
      () => void this.#draw(),
      () => {
        this.problem = say('pubTilesFailed')
      },
    )
    this.#tiles = tiles
    // An area is chosen by its inside, which is looked at before the layers of the city are.
    stage.offer({
      near: (pixel, reach_px, really) => {
        const found = tiles.near(pixel, reach_px)
        if (really) this.chosen = found
        return found !== null
      },
      inside: () => undefined,
    })
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
    this.#tiles?.end()
    this.#tiles = null
    const { stage } = this.workbench
    stage?.offer(null)
    stage?.lay(SAID_PLACE, [])
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('number')) {
      Object.assign(this, { found: null, shown: [], chosen: null, desk: null })
      this.#first = true
      void this.#read()
    }
    if (this.handles && this.found && !this.desk) void this.#readDesk(this.found)
  }

  override updated(): void {
    this.#tiles?.choose(this.chosen)
    void this.#draw()
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
              .about=${this.chosen ? { layer: this.chosen.layer.layer, title: named(this.chosen.layer.title), fid: this.chosen.fid } : null}
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
      ${this.partial ? html`<p class="small" role="status">${say('pubPart')}</p>` : nothing}
      ${this.chosen ? this.#feature(this.chosen) : this.shown.length ? html`<p class="small">${say('pubChosenHow')}</p>` : nothing}`
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

  #feature({ layer, fid, properties }: PublishedFeature) {
    const value = (name: string) => {
      const held = properties[name]
      return held === null || held === undefined || held === '' ? '' : String(held)
    }
    return html`<div class="box" id="chosen">
      <h3>${say('pubChosen')}:${named(layer.title)} ${fid}</h3>
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

  /** Has the layers that are shown on the map, in the frame it is drawn in. */
  async #draw(): Promise<void> {
    const { found } = this
    const tiles = this.#tiles
    if (!found || !tiles) return
    const layers = found.layers.filter(({ layer }) => this.shown.includes(layer))
    await this.#guarded(() => tiles.show({ publication: found.id, layers, frame: this.state.frame }))
    this.partial = tiles.partial
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

  async #guarded(work: () => Promise<void>): Promise<void> {
    const { signal } = this.#abort
    try {
      await work()
    } catch (cause) {
      if (signal.aborted || (cause as Error).name === 'AbortError') return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    }
  }
}

customElements.define('publication-view', PublicationView)

import type { Geometry } from 'geojson'
import { html, nothing } from 'lit'
import { together, type Area } from '../compliance'
import { siteFeature, SITE } from '../compliance_overlay'
import { reviewOf, type Site } from '../compliance_review'
import { Drawing } from '../drawing'
import { extentOf } from '../extent'
import type { Figure } from '../figure'
import { calledOf, sizeOf } from '../figure_facts'
import { say } from '../language'
import '../messages/planning'
import '../messages/sketch'
import { PanelElement } from './panel_element'
import { siteStyle } from './site_style'
import './sketch_files'
import type { SketchFiles } from './sketch_files'
import { sketchStyle } from './sketch_style'
import { theme } from './theme'
import './vertex_list'

type Way = 'sketch' | 'file'

/** 项目范围: drawn, taken from the sketch or read from a file. Fires `site` when it is another. */
export class SiteField extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    over: { attribute: false },
    site: { attribute: false },
    way: { state: true },
    hand: { state: true },
    chosen: { state: true },
    read: { state: true },
    problem: { state: true },
  }
  /** A file is over the panel. */
  declare over: boolean
  declare site: Site | null
  declare way: Way | null
  /** The geometry under the hand. */
  declare hand: Geometry | null
  declare chosen: number | null
  /** The areas of a file. */
  declare read: readonly Figure[]
  declare problem: string | null
  #drawing: Drawing | null = null
  /** What that which is under the hand is called. */
  #name = ''

  constructor() {
    super()
    this.over = false
    this.site = null
    this.way = null
    this.hand = null
    this.chosen = null
    this.read = []
    this.problem = null
  }

  static override styles = [theme, sketchStyle, siteStyle]

  override connectedCallback(): void {
    super.connectedCallback()
    const { stage, store } = this.workbench
    if (!stage) return
    this.#drawing = new Drawing(stage, {
      changed: (geometry, done) => this.#changed(geometry, done),
      chose: (vertex) => {
        this.chosen = vertex
        this.requestUpdate()
      },
    })
    const { begun } = reviewOf(store)
    if (begun.length) this.#begin('', () => this.#drawing?.draw('area', begun))
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    const drawing = this.#drawing
    reviewOf(this.workbench.store).begun = drawing?.busy === 'draw' ? drawing.vertices : []
    drawing?.stop()
    this.workbench.stage?.lay(SITE, [])
  }

  override updated(): void {
    const shown = this.site && this.#drawing?.busy !== 'reshape'
    this.workbench.stage?.lay(SITE, shown && this.site ? [siteFeature(this.site.geometry)] : [])
  }

  override render() {
    const drawing = this.#drawing
    return html`
      <div @keydown=${(event: KeyboardEvent) => this.#key(event)}>
        <h3>${say('siteHeading')}</h3>
        <div class="kinds" role="group" aria-label=${say('siteWhence')}>
          ${
            drawing
              ? html`<button id="site-draw" aria-pressed=${drawing.busy === 'draw'} @click=${() => this.#draw()}>
                  ${say('siteDraw')}
                </button>`
              : nothing
          }
          ${this.#from('sketch')} ${this.#from('file')}
        </div>
        ${drawing?.busy ? this.#hand(drawing) : nothing} ${this.way === 'sketch' ? this.#sketch() : nothing}
        ${this.#file()} ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
        ${this.site && !drawing?.busy ? this.#told(this.site) : nothing}
      </div>
    `
  }

  /** Whether a site is being drawn or reshaped just now. */
  get busy(): boolean {
    return Boolean(this.#drawing?.busy)
  }

  /** A file was dropped on the panel. */
  dropped(file: File): void {
    this.#open('file')
    void this.updateComplete.then(() =>
      this.renderRoot.querySelector<SketchFiles>('sketch-files')?.read(file),
    )
  }

  get #meridian_deg(): number {
    return this.workbench.config.city.central_meridian_deg
  }

  #from(way: Way) {
    return html`<button
      aria-pressed=${this.way === way}
      @click=${() => this.#open(this.way === way ? null : way)}
    >
      ${say(way === 'sketch' ? 'siteSketch' : 'siteFile')}
    </button>`
  }

  #hand(drawing: Drawing) {
    const drawn = drawing.busy === 'draw'
    return html`<div class="hand">
      <p class="how">${say(drawn ? 'drawAreaHow' : 'reshapeHow')}</p>
      <p class="size" role="status">${this.hand ? sizeOf(this.hand, this.#meridian_deg) : nothing}</p>
      <div class="actions">
        <button class="main" ?disabled=${!this.hand} @click=${() => drawing.finish()}>${say('finishDrawing')}</button>
        <button ?disabled=${!drawing.canUndo} @click=${() => drawing.undo()}>${say('undo')}</button>
        <button ?disabled=${!drawing.canRedo} @click=${() => drawing.redo()}>${say('redo')}</button>
        <button @click=${() => this.#stop()}>${say(drawn ? 'giveUp' : 'restore')}</button>
      </div>
      <vertex-list
        .drawing=${drawing}
        .vertices=${drawing.vertices}
        .chosen=${this.chosen}
        .meridian_deg=${this.#meridian_deg}
      ></vertex-list>
    </div>`
  }

  #sketch() {
    const areas = areasOf(this.state.sketch.figures)
    if (!areas.length) return html`<p class="from how">${say('siteNoFigures')}</p>`
    return this.#choice(areas, '')
  }

  #file() {
    return html`<div class="from" ?hidden=${this.way !== 'file'}>
      <sketch-files
        reading
        .workbench=${this.workbench}
        .over=${this.over}
        @figures=${(event: CustomEvent<readonly Figure[]>) => this.#took(event.detail)}
      ></sketch-files>
      ${this.way === 'file' && this.read.length > 1 ? this.#choice(this.read, 'all') : nothing}
    </div>`
  }

  /** One of several areas, or all of them. */
  #choice(areas: readonly Figure[], first: '' | 'all') {
    const pick = (event: Event) => {
      const { value } = event.target as HTMLSelectElement
      if (value === 'all') this.#use(areas)
      else if (value) this.#use(areas.slice(Number(value), Number(value) + 1), Number(value))
    }
    return html`<div class="from">
      <label for="which">${say('siteChoose')}</label>
      <select id="which" @change=${pick}>
        <option value="" ?hidden=${first !== ''}></option>
        ${
          areas.length > 1
            ? html`<option value="all" ?selected=${first === 'all'}>${say('siteAll', { count: areas.length })}</option>`
            : nothing
        }
        ${areas.map(
          ({ geometry, name }, at) =>
            html`<option value=${at}>
              ${calledOf(geometry, name, at + 1)} · ${sizeOf(geometry, this.#meridian_deg)}
            </option>`,
        )}
      </select>
    </div>`
  }

  #told(site: Site) {
    const { name, geometry } = site
    return html`<div class="site">
      <strong>${name || say('siteDrawn')}</strong>
      <p class="size" id="site-size">${sizeOf(geometry, this.#meridian_deg)}</p>
      <div class="actions">
        ${
          this.#drawing
            ? html`<button id="site-zoom" @click=${() => this.#zoom(geometry)}>${say('siteZoom')}</button>
                <button @click=${() => this.#reshape(site)}>${say('siteReshape')}</button>`
            : nothing
        }
        <button @click=${() => this.#set(null)}>${say('siteRemove')}</button>
      </div>
    </div>`
  }

  #open(way: Way | null): void {
    this.#drawing?.stop()
    this.problem = null
    this.way = way
    const areas = way === 'sketch' ? areasOf(this.state.sketch.figures) : []
    if (areas.length === 1) this.#use(areas)
  }

  #draw(): void {
    if (this.#drawing?.busy === 'draw') return this.#stop()
    this.#open(null)
    this.#begin('', () => this.#drawing?.draw('area'))
  }

  #reshape({ name, geometry }: Site): void {
    this.#zoom(geometry)
    this.#begin(name, () => this.#drawing?.reshape(geometry))
  }

  #begin(name: string, start: () => void): void {
    this.#name = name
    this.chosen = null
    this.problem = null
    start()
    this.hand = this.#drawing?.geometry ?? null
    this.requestUpdate()
  }

  #changed(geometry: Geometry | null, done: boolean): void {
    this.hand = geometry
    this.requestUpdate()
    if (!done) return
    const within = this.renderRoot.querySelector('.hand')?.matches(':focus-within')
    if (isArea(geometry)) this.#set({ name: this.#name, geometry })
    // What was under the hand goes: the focus goes on to what belongs to it.
    if (within) {
      void this.updateComplete.then(() =>
        this.renderRoot.querySelector<HTMLElement>(geometry ? '#site-zoom' : '#site-draw')?.focus(),
      )
    }
  }

  #took(figures: readonly Figure[]): void {
    this.read = areasOf(figures)
    this.problem = this.read.length ? null : say('siteNoAreas', { count: figures.length })
    if (this.read.length) this.#use(this.read)
  }

  /** These areas are the site; `at` is the number of a single one among its own. */
  #use(areas: readonly Figure[], at = 0): void {
    const [first] = areas
    if (!first) return
    const name = areas.length > 1 ? say('siteAll', { count: areas.length }) : calledOf(first.geometry, first.name, at + 1)
    const geometry = together(areas.map((figure) => figure.geometry).filter(isArea))
    this.#set({ name, geometry })
    this.#zoom(geometry)
  }

  #set(site: Site | null): void {
    this.dispatchEvent(new CustomEvent('site', { detail: site }))
  }

  #zoom(geometry: Area): void {
    const box = extentOf(geometry)
    if (box) this.workbench.stage?.reveal(box)
  }

  /** Gives the new site up, or restores the one that was reshaped. */
  #stop(): void {
    this.#drawing?.choose(null)
    this.#drawing?.key(new KeyboardEvent('keydown', { key: 'Escape' }))
  }

  /** Escape belongs to what is under the hand before it belongs to the panel. */
  #key(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || !this.#drawing?.busy) return
    event.stopPropagation()
    this.#drawing.key(event)
  }
}

function isArea(geometry: Geometry | null): geometry is Area {
  return geometry?.type === 'Polygon' || geometry?.type === 'MultiPolygon'
}

function areasOf(figures: readonly Figure[]): readonly Figure[] {
  return figures.filter(({ geometry }) => isArea(geometry))
}

customElements.define('site-field', SiteField)

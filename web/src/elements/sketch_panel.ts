import type { Geometry, Position } from 'geojson'
import { html, nothing } from 'lit'
import { Drawing, type Shape } from '../drawing'
import { extentOf } from '../extent'
import { calledOf, sizeOf } from '../figure_facts'
import { choiceOf } from '../figure_hit'
import { say } from '../language'
import '../messages/sketch'
import { pathsOf } from '../paths'
import { COLORS, type Figure } from '../figure'
import { bookOf, type SketchBook } from '../sketch_book'
import { draft, keepDraft } from '../sketch_draft'
import type { Workbench } from '../workbench'
import { iconOf, signOf, wordsOf, type Icon } from './figure_words'
import { needsMap } from './no_map'
import { equipped, PanelElement } from './panel_element'
import './sketch_files'
import type { SketchFiles } from './sketch_files'
import { sketchStyle } from './sketch_style'
import { theme } from './theme'
import './vertex_list'

const SHAPES: readonly Shape[] = ['point', 'line', 'area']
const NAMES = { point: 'drawPoint', line: 'drawLine', area: 'drawArea' } as const
const HOW = { point: 'drawPointHow', line: 'drawLineHow', area: 'drawAreaHow' } as const
/** A vertex that is being dragged is kept when the hand rests. */
const REST_MS = 250
/** 草图: draws points, lines and areas; lists, names, reshapes, imports and exports them. */
export class SketchPanel extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    shape: { state: true },
    geometry: { state: true },
    chosen: { state: true },
    opened: { state: true },
    reshaped: { state: true },
    resumed: { state: true },
    over: { state: true },
  }
  /** What is being drawn anew. */
  declare shape: Shape | null
  /** The geometry under the hand. */
  declare geometry: Geometry | null
  declare chosen: number | null
  /** Number of the figure whose words are open. */
  declare opened: number | null
  /** Number of the figure that is being reshaped. */
  declare reshaped: number | null
  declare resumed: boolean
  /** A file is over the panel. */
  declare over: boolean
  #drawing: Drawing | null = null
  #rest: ReturnType<typeof setTimeout> | null = null
  /** Something of this reshaping is in the sketch already. */
  #written = false
  #color = COLORS[0] ?? ''
  readonly #leaving = () => this.#settle()

  constructor() {
    super()
    this.shape = null
    this.geometry = null
    this.chosen = null
    this.opened = null
    this.reshaped = null
    this.resumed = false
    this.over = false
  }

  static override styles = [theme, sketchStyle]

  override connectedCallback(): void {
    super.connectedCallback()
    const { stage } = this.workbench
    if (!stage) return
    this.#drawing = new Drawing(stage, {
      changed: (geometry, done) => this.#changed(geometry, done),
      chose: (vertex) => {
        this.chosen = vertex
        this.requestUpdate()
      },
    })
    stage.offer(choiceOf(() => (this.#busy ? [] : this.#book.figures), (at) => this.#choose(at), stage))
    window.addEventListener('pagehide', this.#leaving)
    this.#resume()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    window.removeEventListener('pagehide', this.#leaving)
    this.#settle()
    this.workbench.stage?.offer(null)
    this.#drawing?.stop()
    this.shape = null
    this.reshaped = null
  }

  override render() {
    return html`
      <div
        @keydown=${(event: KeyboardEvent) => this.#key(event)}
        @dragover=${(event: DragEvent) => this.#dragged(event)}
        @dragleave=${(event: DragEvent) => this.#dragged(event)}
        @drop=${(event: DragEvent) => this.#dropped(event)}
      >
        ${needsMap(this.workbench)}
        ${
          this.#drawing
            ? html`<div class="kinds" role="group" aria-label=${say('drawWhat')}>${SHAPES.map((shape) => this.#kind(shape))}</div>`
            : nothing
        }
        ${this.#drawing?.busy ? this.#hand(this.#drawing) : nothing} ${this.#list()} ${this.#told()}
        <sketch-files
          .workbench=${this.workbench}
          .over=${this.over}
          @figures=${(event: CustomEvent<readonly Figure[]>) => this.#take(event.detail)}
        ></sketch-files>
      </div>
    `
  }

  get #book(): SketchBook {
    return bookOf(this.workbench.store)
  }

  get #meridian_deg(): number {
    return this.workbench.config.city.central_meridian_deg
  }

  #kind(shape: Shape) {
    return html`<button
      id="draw-${shape}"
      aria-pressed=${this.shape === shape}
      @click=${() => (this.shape === shape ? this.#stop() : this.#draw(shape))}
    >
      ${say(NAMES[shape])}
    </button>`
  }

  /** What is under the hand, and what can be done with it. */
  #hand(drawing: Drawing) {
    const { shape, geometry } = this
    const drawn = shape !== null
    return html`<div class="hand">
      <p class="how" id="how">
        ${this.resumed ? say('resumed') : nothing}
        ${shape ? say(HOW[shape]) : html`${say('reshaping', { name: this.#called(this.reshaped ?? 0) })}<br />${say('reshapeHow')}`}
      </p>
      <p class="size" role="status">${geometry ? sizeOf(geometry, this.#meridian_deg) : nothing}</p>
      <div class="actions">
        <button class="main" ?disabled=${!geometry} @click=${() => drawing.finish()}>${say('finishDrawing')}</button>
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

  #list() {
    const book = this.#book
    const { figures } = book
    return html`
      <div class="heading">
        <h3>${say('figures')}${figures.length ? ` ${figures.length}` : ''}</h3>
        <button ?disabled=${!book.canUndo || this.#busy} @click=${() => this.#step(() => book.undo())}>${say('undo')}</button>
        <button ?disabled=${!book.canRedo || this.#busy} @click=${() => this.#step(() => book.redo())}>${say('redo')}</button>
        <button ?disabled=${!figures.length || this.#busy} @click=${() => this.#step(() => book.clear())}>
          ${say('clearSketch')}
        </button>
      </div>
      ${
        figures.length
          ? html`<ul aria-label=${say('figures')}>${figures.map((figure, at) => this.#figure(figure, at))}</ul>`
          : this.#nothing()
      }
    `
  }

  #nothing() {
    const last = this.#book.last()
    return html`<div class="none">
      <p>${say('noFigures')}</p>
      ${
        last
          ? html`<button @click=${() => this.#take(last)}>${say('takeLast', { count: last.length })}</button>`
          : nothing
      }
    </div>`
  }

  #figure(figure: Figure, at: number) {
    const name = this.#called(at)
    const open = this.opened === at
    return html`<li class="figure">
      <div class="row">
        ${signOf(figure)}
        <button
          id="figure-${at}"
          class="name"
          aria-expanded=${open}
          @click=${() => {
            this.opened = open ? null : at
          }}
        >
          <span>${name}</span><small>${sizeOf(figure.geometry, this.#meridian_deg)}</small>
        </button>
        ${
          this.#drawing
            ? html`${this.#tool('zoom', at, say('zoomTo', { name }), () => this.#zoom(figure))}
                ${this.#tool('reshape', at, say('reshape', { name }), () => this.#reshape(at))}`
            : nothing
        }
        ${this.#tool('remove', at, say('deleteFigure', { name }), () => this.#step(() => this.#book.remove(at)))}
      </div>
      ${open ? wordsOf(figure, name, (change) => this.#alter(at, change)) : nothing}
    </li>`
  }

  #tool(icon: Icon, at: number, title: string, done: () => void) {
    return html`<button id="${icon}-${at}" class="tool" aria-label=${title} title=${title} ?disabled=${this.#busy && icon !== 'zoom'} @click=${done}>
      ${iconOf(icon)}
    </button>`
  }

  /** Where the sketch is kept, and what is wrong with that. */
  #told() {
    const { figures, keptAs, missing } = this.#book.sketch
    if (missing === 'elsewhere') return html`<p class="warn" role="alert">${say('sketchElsewhere')}</p>`
    if (missing === 'unreadable') return html`<p class="warn" role="alert">${say('sketchUnreadable')}</p>`
    if (this.#book.unkept) return html`<p class="warn" role="alert">${say('notKept')}</p>`
    if (keptAs) return html`<p class="warn" role="status">${say('keptHere')}</p>`
    return figures.length ? html`<p class="kept">${say('keptInLink')}</p>` : nothing
  }

  /** A figure was clicked on the map: its words open in the list. */
  #choose(at: number): void {
    this.opened = at
    void this.updateComplete.then(() =>
      this.renderRoot.querySelector(`#figure-${at}`)?.scrollIntoView({ block: 'nearest' }),
    )
  }

  #alter(at: number, change: Partial<Figure>): void {
    this.#book.alter(at, change)
    // The next figure is drawn in the colour chosen last.
    this.#color = change.color ?? this.#color
  }

  get #busy(): boolean {
    return Boolean(this.#drawing?.busy)
  }

  #called(at: number): string {
    const figure = this.#book.figures[at]
    return figure ? calledOf(figure.geometry, figure.name, at + 1) : ''
  }

  #draw(shape: Shape, begun: readonly Position[] = []): void {
    this.#settle()
    this.reshaped = null
    this.shape = shape
    this.geometry = null
    this.chosen = null
    this.resumed = begun.length > 0
    this.#snap(null)
    this.#drawing?.draw(shape, begun)
    this.geometry = this.#drawing?.geometry ?? null
  }

  #reshape(at: number): void {
    const figure = this.#book.figures[at]
    if (!figure) return
    this.shape = null
    this.resumed = false
    this.reshaped = at
    this.#written = false
    this.opened = null
    this.chosen = null
    this.geometry = figure.geometry
    this.#snap(at)
    this.#zoomIfAway(figure)
    this.#drawing?.reshape(figure.geometry)
  }

  /** Vertices stick to those of the other figures. */
  #snap(but: number | null): void {
    if (!this.#drawing) return
    const others = this.#book.figures.filter((_, at) => at !== but)
    this.#drawing.snaps = others.flatMap(({ geometry }) =>
      pathsOf(geometry).flatMap(({ positions }) => positions.map(([lon = 0, lat = 0]) => [lon, lat] as const)),
    )
  }

  #changed(geometry: Geometry | null, done: boolean): void {
    this.geometry = geometry
    this.requestUpdate()
    if (this.shape) this.#drew(this.shape, geometry, done)
    else if (this.reshaped !== null) {
      if (this.#rest) clearTimeout(this.#rest)
      this.#rest = setTimeout(() => this.#settle(), done ? 0 : REST_MS)
      if (!done) return
      this.#settle()
      this.#leave(`#reshape-${this.reshaped}`)
      this.reshaped = null
    }
  }

  #drew(shape: Shape, geometry: Geometry | null, done: boolean): void {
    if (!done) return keepDraft({ shape, positions: this.#drawing?.vertices ?? [] })
    keepDraft(null)
    this.#leave(geometry ? `#figure-${this.#book.figures.length}` : `#draw-${shape}`)
    this.shape = null
    if (!geometry) return
    this.#book.add([{ name: '', note: '', color: this.#color, geometry }])
    this.opened = this.#book.figures.length - 1
  }

  /** What is under the hand goes: where the focus was there, it goes on to what belongs to it. */
  #leave(to: string): void {
    if (!this.renderRoot.querySelector('.hand')?.matches(':focus-within')) return
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(to)?.focus())
  }

  /** Writes down what was reshaped so far. */
  #settle(): void {
    if (this.#rest === null) return
    clearTimeout(this.#rest)
    this.#rest = null
    if (this.reshaped === null || !this.geometry) return
    const before = this.#book.figures
    // All of one reshaping is taken back in one step.
    this.#book.alter(this.reshaped, { geometry: this.geometry }, this.#written)
    this.#written ||= this.#book.figures !== before
  }

  #resume(): void {
    const begun = draft()
    if (begun) this.#draw(begun.shape, begun.positions)
  }

  /** Gives the new shape up, or restores the one that was reshaped. */
  #stop(): void {
    const drawing = this.#drawing
    drawing?.choose(null)
    drawing?.key(new KeyboardEvent('keydown', { key: 'Escape' }))
  }

  #take(figures: readonly Figure[]): void {
    this.#book.add(figures)
    this.opened = null
    const box = extentOf({ type: 'GeometryCollection', geometries: figures.map(({ geometry }) => geometry) })
    if (box) this.workbench.stage?.reveal(box)
  }

  #step(done: () => void): void {
    this.opened = null
    done()
    this.requestUpdate()
  }

  #zoom({ geometry }: Figure): void {
    const box = extentOf(geometry)
    if (box) this.workbench.stage?.reveal(box)
  }

  #zoomIfAway(figure: Figure): void {
    const [west, south, east, north] = this.workbench.stage?.view() ?? [0, 0, 0, 0]
    const box = extentOf(figure.geometry)
    // The panel of a narrow window covers half of what is in view.
    if (matchMedia('(max-width: 900px)').matches) return this.#zoom(figure)
    if (box && (box[0] < west || box[1] < south || box[2] > east || box[3] > north)) this.#zoom(figure)
  }

  /** Escape belongs to what is under the hand before it belongs to the panel. */
  #key(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || !this.#drawing?.busy) return
    event.stopPropagation()
    this.#drawing.key(event)
  }

  #dragged(event: DragEvent): void {
    if (!event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    this.over = event.type === 'dragover'
  }

  #dropped(event: DragEvent): void {
    if (!event.dataTransfer?.files.length) return
    event.preventDefault()
    this.over = false
    const [file] = event.dataTransfer.files
    if (file) void this.renderRoot.querySelector<SketchFiles>('sketch-files')?.read(file)
  }
}

export const open = (workbench: Workbench) => equipped<SketchPanel>('sketch-panel', workbench)

customElements.define('sketch-panel', SketchPanel)

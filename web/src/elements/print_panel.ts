import { html, nothing, type PropertyValues } from 'lit'
import { address, fetchJson, ServerProblem } from '../config'
import { placeOf } from '../coordinates'
import { extentOf, middleOf } from '../extent'
import { project } from '../gauss_kruger'
import { named, say } from '../language'
import '../messages/print'
import type { Position4490 } from '../model'
import type { Pixel } from '../stage'
import {
  apart,
  around,
  fromDetail,
  outlines,
  print,
  printed,
  SHEET,
  shifted,
  sketched,
  toDetail,
  type Choice,
  type Offer,
  type Orientation,
  type Paper,
  USUAL,
} from '../print_sheet'
import type { Workbench } from '../workbench'
import { needsMap } from './no_map'
import { equipped, PanelElement } from './panel_element'
import { printStyle } from './print_style'
import { told, type Work } from './print_work'
import { theme } from './theme'

const STEP_MM = 10
const FINE_STEP_MM = 1
const STEPS: Readonly<Record<string, readonly [east: number, north: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
}
const MOVES = [
  ['up', 'ArrowUp', '↑'],
  ['left', 'ArrowLeft', '←'],
  ['down', 'ArrowDown', '↓'],
  ['right', 'ArrowRight', '→'],
] as const

/** Chooses a sheet, shows it on the map, and has it made as PDF. */
export class PrintPanel extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    offer: { state: true },
    work: { state: true },
    wrongScale: { state: true },
    wrongCenter: { state: true },
    unread: { state: true },
  }
  declare offer: Offer | null
  declare work: Work
  /** What was typed as a scale and is none. */
  declare wrongScale: string | null
  /** What was typed as the middle of the sheet and is no place. */
  declare wrongCenter: string | null
  declare unread: boolean
  #asking: AbortController | null = null
  /** From the middle of the sheet to the pointer that drags it. */
  #held: readonly [east_m: number, north_m: number] | null = null

  static override styles = [theme, printStyle]

  constructor() {
    super()
    this.offer = null
    this.work = { kind: 'none' }
    this.wrongScale = null
    this.wrongCenter = null
    this.unread = false
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.workbench.stage?.hold({
      press: (pixel) => this.#press(pixel),
      drag: (pixel) => this.#drag(pixel),
      release: () => {
        this.#held = null
      },
      hover: () => undefined,
      key: () => false,
    })
    void this.#begin()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#asking?.abort()
    this.#forget()
    this.workbench.stage?.hold(null)
    this.workbench.stage?.lay(SHEET, [])
  }

  override updated(changed: PropertyValues): void {
    this.workbench.stage?.lay(SHEET, this.#features())
    if (changed.has('work')) this.renderRoot.querySelector('.told')?.scrollIntoView({ block: 'nearest' })
  }

  override render() {
    if (!this.offer) {
      return this.unread
        ? html`<div role="alert">
            <p>${say('printUnread')}</p>
            <button @click=${() => void this.#begin()}>${say('retry')}</button>
          </div>`
        : html`<p role="status">${say('reading')}</p>`
    }
    return html`
      ${needsMap(this.workbench)}
      <p class="how">${say(this.workbench.stage ? 'printHow' : 'printHowTyped')}</p>
      <div class="pair">${this.#papers(this.offer)} ${this.#orientations()}</div>
      ${this.#scales(this.offer)} ${this.#position()} ${this.#text('title', 'printTitle')}
      ${this.#text('subtitle', 'printSubtitle')} ${this.#text('unit', 'printUnit')} ${this.#includes()}
      ${this.#make()}
      <p class="law">${say('printExact', { meridian: this.#meridian_deg })}</p>
    `
  }

  get #choice(): Choice {
    return fromDetail(this.state.detail)
  }

  get #meridian_deg(): number {
    return this.workbench.config.city.central_meridian_deg
  }

  get #paper(): Paper | undefined {
    const { paper, orientation } = this.#choice
    return this.offer?.papers.find((each) => each.paper === paper && each.orientation === orientation)
  }

  #papers({ papers }: Offer) {
    const { paper } = this.#choice
    const sizes = [...new Set(papers.map((each) => each.paper))]
    return html`<div>
      <label for="paper">${say('printPaper')}</label>
      <select id="paper" @change=${(event: Event) => this.#set({ paper: valueOf(event) })}>
        ${sizes.map((each) => html`<option value=${each} ?selected=${each === paper}>${each}</option>`)}
      </select>
    </div>`
  }

  #orientations() {
    const { orientation } = this.#choice
    const option = (each: Orientation) =>
      html`<option value=${each} ?selected=${each === orientation}>
        ${say(each === 'across' ? 'printAcross' : 'printUpright')}
      </option>`
    return html`<div>
      <label for="orientation">${say('printOrientation')}</label>
      <select
        id="orientation"
        @change=${(event: Event) => this.#set({ orientation: valueOf(event) as Orientation })}
      >
        ${option('across')} ${option('upright')}
      </select>
    </div>`
  }

  #scales({ scale: { usual, least, most } }: Offer) {
    const { scale } = this.#choice
    const other = !usual.includes(scale)
    return html`<div class="pair">
        <div>
          <label for="scale">${say('printScale')}</label>
          <select id="scale" @change=${(event: Event) => this.#scaled(valueOf(event))}>
            ${usual.map(
              (each) => html`<option value=${each} ?selected=${each === scale}>1:${each.toLocaleString('en')}</option>`,
            )}
            ${other ? html`<option value=${scale} selected>${say('printOtherScale')}</option>` : nothing}
          </select>
        </div>
        <div>
          <label for="denominator">${say('printDenominator')}</label>
          <input
            id="denominator"
            type="number"
            min=${least}
            max=${most}
            step="1"
            aria-invalid=${this.wrongScale !== null}
            aria-describedby=${this.wrongScale === null ? nothing : 'wrong-scale'}
            .value=${this.wrongScale ?? String(scale)}
            @change=${(event: Event) => this.#scaled(valueOf(event))}
          />
        </div>
      </div>
      ${this.wrongScale === null
        ? nothing
        : html`<p id="wrong-scale" class="bad" role="alert">${say('printBadScale', { least, most })}</p>`}`
  }

  #position() {
    const { center, scale } = this.#choice
    const [, , width = 0, height = 0] = this.#paper?.map_mm ?? []
    const metres = (mm: number) => Math.round((mm * scale) / 1000).toLocaleString('en')
    return html`<p class="name" id="position">${say('printPosition')}</p>
      <div class="place">
        <div
          class="mover"
          role="group"
          aria-labelledby="position"
          @keydown=${(event: KeyboardEvent) => this.#arrow(event)}
        >
          ${MOVES.map(
            ([place, key, sign]) =>
              html`<button
                class=${place}
                aria-label="${say('printMove')} ${sign}"
                @click=${(event: MouseEvent) => this.#step(key, event.shiftKey)}
              >
                ${sign}
              </button>`,
          )}
        </div>
        <div class="beside">
          ${this.workbench.stage
            ? html`<span class="coordinates" id="center">${center ? this.#plane(center) : ''}</span>`
            : this.#typedCenter(center)}
          <span class="small">${say('printCovers', { width: metres(width), height: metres(height) })}</span>
          ${this.workbench.stage
            ? html`<button @click=${() => this.#set({ center: this.#middle() })}>${say('printMiddle')}</button>
                <button @click=${() => this.#show()}>${say('printShow')}</button>`
            : this.#toSelected()}
        </div>
      </div>`
  }

  /** Where there is no map to drag the sheet on, its middle is typed. */
  #typedCenter(center: Position4490 | null) {
    const wrong = this.wrongCenter !== null
    return html`<label class="small" for="center">${say('printCenter')}</label>
      <input
        id="center"
        type="text"
        autocomplete="off"
        spellcheck="false"
        aria-invalid=${wrong}
        aria-describedby=${wrong ? 'wrong-center' : nothing}
        .value=${this.wrongCenter ?? (center ? this.#plane(center) : '')}
        @change=${(event: Event) => this.#centered(valueOf(event))}
      />
      ${wrong ? html`<p id="wrong-center" class="bad" role="alert">${say('printBadCenter')}</p>` : nothing}`
  }

  #centered(text: string): void {
    const place = placeOf(text.replace(/^\s*N\s+([\d.]+),\s*E\s+/i, '$1, '), this.#meridian_deg)
    this.wrongCenter = place ? null : text
    if (place) this.#set({ center: place.position })
  }

  #toSelected() {
    const extent = extentOf(this.workbench.selection.feature?.geometry ?? null)
    if (!extent) return nothing
    return html`<button
      @click=${() => {
        this.wrongCenter = null
        this.#set({ center: middleOf(extent) })
      }}
    >
      ${say('printSelected')}
    </button>`
  }

  #plane([lon, lat]: Position4490): string {
    const { north_m, east_m } = project(lon, lat, this.#meridian_deg)
    return `N ${north_m.toFixed(1)}, E ${east_m.toFixed(1)}`
  }

  #text(name: 'title' | 'subtitle' | 'unit', label: 'printTitle' | 'printSubtitle' | 'printUnit') {
    const city = named(this.workbench.config.city.name)
    return html`<label for=${name}>${say(label)}</label>
      <input
        id=${name}
        type="text"
        maxlength=${this.offer?.limits.text[name] ?? nothing}
        placeholder=${name === 'title' ? say('printUsualTitle', { city }) : nothing}
        .value=${this.#choice[name]}
        @change=${(event: Event) => this.#set({ [name]: valueOf(event).trim() })}
      />`
  }

  #includes() {
    const layers = printed(this.state, this.workbench.config)
    const sketch = sketched(this.state)
    return html`<p class="name">${say('printIncludes')}</p>
      ${layers.length
        ? html`<p class="small">
            ${say('printLayers', { count: layers.length })}${say('colon')}${layers
              .map((each) => named(each.title))
              .join(say('comma'))}
          </p>`
        : html`<p class="bad">${say('printNoLayers')}</p>`}
      ${sketch
        ? html`<label class="check"
            ><input
              type="checkbox"
              .checked=${this.#choice.sketched}
              @change=${(event: Event) => this.#set({ sketched: (event.target as HTMLInputElement).checked })}
            />${say('printWithSketch')}</label
          >`
        : nothing}`
  }

  #make() {
    const busy = this.work.kind === 'drawing' || this.work.kind === 'receiving'
    return html`<div class="make">
        <button class="primary" aria-disabled=${busy} @click=${() => void this.#print()}>${say('printMake')}</button>
        ${busy ? html`<button @click=${() => this.#asking?.abort()}>${say('printCancel')}</button>` : nothing}
      </div>
      ${told(this.work)}`
  }

  async #begin(): Promise<void> {
    this.unread = false
    try {
      this.offer = await fetchJson<Offer>(address('print'))
    } catch {
      this.unread = true
      return
    }
    if (!this.isConnected) return
    this.#mend(this.offer)
    if (!this.#choice.center) {
      this.#set({ center: this.#middle() })
      this.#show()
    }
  }

  /** A link may ask for a paper or a scale that there is not: the usual one stands in, and a scale is told. */
  #mend({ papers, scale: { least, most } }: Offer): void {
    const { paper, scale } = this.#choice
    if (!papers.some((each) => each.paper === paper)) this.#set({ paper: USUAL.paper })
    if (scale >= least && scale <= most) return
    this.#set({ scale: USUAL.scale })
    this.wrongScale = String(scale)
  }

  #middle(): Position4490 {
    return this.state.camera?.center ?? middleOf(this.workbench.config.city.extent)
  }

  #features() {
    const { center, scale } = this.#choice
    const paper = this.#paper
    return paper && center ? outlines(paper, scale, center, this.#meridian_deg) : []
  }

  #show(): void {
    const features = this.#features()
    if (features.length) this.workbench.stage?.reveal(around(features))
  }

  #set(change: Partial<Choice>): void {
    this.workbench.store.update({ detail: toDetail({ ...this.#choice, ...change }) })
  }

  #scaled(text: string): void {
    const scale = Number(text)
    const { least = 0, most = 0 } = this.offer?.scale ?? {}
    const sound = Number.isInteger(scale) && scale >= least && scale <= most
    this.wrongScale = sound ? null : text
    if (sound) this.#set({ scale })
  }

  #arrow(event: KeyboardEvent): void {
    if (!STEPS[event.key]) return
    event.preventDefault()
    this.#step(event.key, event.shiftKey)
  }

  #step(key: string, fine: boolean): void {
    const { center, scale } = this.#choice
    const [east, north] = STEPS[key] ?? [0, 0]
    const metres = ((fine ? FINE_STEP_MM : STEP_MM) * scale) / 1000
    if (center) this.#set({ center: shifted(center, east * metres, north * metres, this.#meridian_deg) })
  }

  /** The sheet is taken hold of anywhere inside the map on it. */
  #press(pixel: Pixel): boolean {
    const { center, scale } = this.#choice
    const { stage } = this.workbench
    const [, , width = 0, height = 0] = this.#paper?.map_mm ?? []
    if (!center || !stage) return false
    const [east, north] = apart(center, stage.ground(pixel), this.#meridian_deg)
    const half = scale / 2000
    if (Math.abs(east) > width * half || Math.abs(north) > height * half) return false
    this.#held = [east, north]
    return true
  }

  #drag(pixel: Pixel): void {
    const { stage } = this.workbench
    if (!this.#held || !stage) return
    const [east, north] = this.#held
    this.#set({ center: shifted(stage.ground(pixel), -east, -north, this.#meridian_deg) })
  }

  async #print(): Promise<void> {
    if (this.#asking || this.wrongScale !== null || this.wrongCenter !== null) return
    this.#forget()
    const asking = new AbortController()
    this.#asking = asking
    const began = Date.now()
    this.work = { kind: 'drawing', seconds: 0 }
    const clock = window.setInterval(() => {
      if (this.work.kind !== 'drawing') return
      this.work = { kind: 'drawing', seconds: Math.round((Date.now() - began) / 1000) }
    }, 1000)
    try {
      const file = await print(this.#choice, this.state, this.workbench.config, asking.signal, (share) => {
        this.work = { kind: 'receiving', share }
      })
      const href = URL.createObjectURL(file.blob)
      this.work = { kind: 'done', file, href }
      download(href, file.name)
    } catch (cause) {
      if (asking.signal.aborted) this.work = { kind: 'stopped' }
      else this.work = { kind: 'failed', words: cause instanceof ServerProblem ? cause.words : String(cause) }
    } finally {
      window.clearInterval(clock)
      this.#asking = null
    }
  }

  /** Lets go of the last file. */
  #forget(): void {
    if (this.work.kind === 'done') URL.revokeObjectURL(this.work.href)
  }
}

function valueOf(event: Event): string {
  return (event.target as HTMLInputElement | HTMLSelectElement).value
}

function download(href: string, name: string): void {
  const link = document.createElement('a')
  link.href = href
  link.download = name
  link.click()
}

export const open = (workbench: Workbench) => equipped<PrintPanel>('print-panel', workbench)

customElements.define('print-panel', PrintPanel)

import { css, html } from 'lit'
import { say } from '../language'
import type { Message } from '../messages'
import '../messages/river_strip'
import type { FeatureRef } from '../model'
import { clamped, same, type Along, type Stretch } from '../river_strip'
import type { River, Thing } from '../rivers'
import { Spoken } from './spoken'
import { StripPicture } from './strip_picture'
import { theme } from './theme'

const PAN = 0.3
const ZOOM = 1.7
const LEAST_M = 200
const REACH_PX = 14

/** 河道条带图: zoomed and moved by wheel, hand and keys. Fires `stretch`, `light` (pointed at) and `choose`. */
export class StripPlot extends Spoken {
  static override properties = {
    river: { attribute: false },
    along: { attribute: false },
    stretch: { attribute: false },
    chosen: { attribute: false },
    picked_m: { attribute: false },
    cameras: { attribute: false },
    words: { attribute: false },
    lit: { state: true },
    width: { state: true },
    spoken: { state: true },
  }
  declare river: River
  declare along: Along
  declare stretch: Stretch
  declare chosen: FeatureRef | null
  /** Chainage of a place taken from the map. */
  declare picked_m: number | null
  /** The city has a layer of cameras. */
  declare cameras: boolean
  /** What is said of a thing. */
  declare words: (thing: Thing) => string
  declare lit: Thing | null
  declare width: number
  declare spoken: string
  #held: { readonly x: number; readonly stretch: Stretch } | null = null
  #moved = false
  #observer: ResizeObserver | undefined

  constructor() {
    super()
    this.chosen = null
    this.picked_m = null
    this.cameras = false
    this.lit = null
    this.width = 360
    this.spoken = ''
  }

  static override styles = [
    theme,
    css`
      :host {
        display: block;
        margin-top: 6px;
        font-variant-numeric: tabular-nums;
      }
      .plot {
        border-radius: 8px;
        background: var(--paper);
        cursor: grab;
        touch-action: pan-y;
      }
      svg {
        display: block;
        width: 100%;
      }
      text {
        fill: var(--ink-2);
        font: 11px/1 var(--sans);
      }
      .grid {
        stroke: var(--rule);
      }
      .water {
        stroke: #2b7bb0;
        stroke-width: 5;
        stroke-linecap: round;
        opacity: 0.45;
      }
      .way {
        fill: #2b7bb0;
      }
      .dyke {
        stroke: #8a6d1f;
        stroke-width: 3;
      }
      .section {
        stroke: var(--ink-3);
      }
      .tick {
        stroke: var(--ink-2);
        stroke-width: 1.6;
      }
      .sign rect {
        fill: var(--card);
        stroke: var(--ink-2);
      }
      .sign text {
        fill: var(--ink);
      }
      .sign.river-stations rect {
        stroke: var(--accent);
        stroke-width: 1.6;
      }
      .sign.reached rect {
        fill: var(--seal-soft);
        stroke: var(--seal);
        stroke-width: 2;
      }
      .sign.reached text {
        fill: var(--seal);
      }
      .node {
        fill: #2b7bb0;
        stroke: var(--card);
      }
      .sign.marked rect,
      .node.marked {
        fill: var(--seal);
        stroke: var(--seal);
      }
      .sign.marked text {
        fill: #ffffff;
      }
      .tick.marked {
        stroke: var(--seal);
      }
      .level {
        fill: var(--accent);
        font-weight: 600;
      }
      .picked {
        stroke: var(--seal);
        stroke-width: 1.5;
        stroke-dasharray: 4 3;
      }
      .tools {
        display: flex;
        flex-wrap: wrap;
        gap: 4px;
        margin-top: 6px;
      }
      .tools button {
        padding: 2px 9px;
        font-size: 13px;
      }
      .read {
        min-height: 20px;
        margin-top: 4px;
        color: var(--ink-2);
        font-size: 12px;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#observer = new ResizeObserver(() => {
      const { clientWidth } = this
      if (clientWidth) this.width = clientWidth
    })
    this.#observer.observe(this)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#observer?.disconnect()
  }

  override render() {
    const picture = this.#picture
    const { height_px } = picture
    return html`
      <div
        class="plot"
        role="application"
        tabindex="0"
        aria-label=${say('stripPlot')}
        aria-describedby="keys read"
        @keydown=${(event: KeyboardEvent) => this.#key(event)}
        @wheel=${(event: WheelEvent) => this.#wheel(event)}
        @pointerdown=${(event: PointerEvent) => this.#press(event)}
        @pointermove=${(event: PointerEvent) => this.#move(event)}
        @pointerup=${(event: PointerEvent) => this.#release(event)}
        @pointercancel=${() => {
          this.#held = null
        }}
        @pointerleave=${() => {
          if (!this.#held) this.#light(null)
        }}
      >
        <svg height=${height_px} viewBox="0 0 ${this.width} ${height_px}" aria-hidden="true">
          ${picture.frame()} ${picture.banks()} ${picture.picked(this.picked_m)}
          ${picture.signs(this.lit, this.chosen)} ${picture.levels()}
        </svg>
      </div>
      <p class="unseen" id="keys">${say('stripKeys')}</p>
      <p class="read" id="read">${this.lit ? this.words(this.lit) : ''}</p>
      <p class="unseen" role="status">${this.spoken}</p>
      <div class="tools">
        ${this.#tool('◀', 'stripUp', () => this.#pan(-PAN))} ${this.#tool('▶', 'stripDown', () => this.#pan(PAN))}
        ${this.#tool('+', 'stripIn', () => this.#zoom(1 / ZOOM))} ${this.#tool('−', 'stripOut', () => this.#zoom(ZOOM))}
        <button @click=${() => this.#ask(this.#whole)}>${say('stripWhole')}</button>
      </div>
    `
  }

  get #picture(): StripPicture {
    return new StripPicture(this.along, this.stretch, this.width, this.cameras)
  }

  get #whole(): Stretch {
    return { from_m: this.river.from_m, to_m: this.river.to_m }
  }

  #tool(sign: string, name: Message, act: () => void) {
    return html`<button aria-label=${say(name)} title=${say(name)} @click=${act}>${sign}</button>`
  }

  #key(event: KeyboardEvent): void {
    const act = this.#actOf(event)
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    event.stopPropagation()
    act()
  }

  #actOf({ key, shiftKey }: KeyboardEvent): (() => void) | undefined {
    if (key === 'ArrowLeft') return shiftKey ? () => this.#pan(-PAN) : () => this.#step(-1)
    if (key === 'ArrowRight') return shiftKey ? () => this.#pan(PAN) : () => this.#step(1)
    if (key === '+' || key === '=') return () => this.#zoom(1 / ZOOM)
    if (key === '-') return () => this.#zoom(ZOOM)
    if (key === 'Home') return () => this.#ask(this.#whole)
    if (key === 'Enter' && this.lit) return () => this.#choose(this.lit)
    return undefined
  }

  /** To the next mark down or up the river. */
  #step(by: 1 | -1): void {
    const marks = [...this.#picture.marks()].sort((a, b) => this.#picture.x(a.chainage_m) - this.#picture.x(b.chainage_m))
    const at = marks.findIndex((each) => same(each, this.lit))
    const next = marks[at < 0 ? (by > 0 ? 0 : marks.length - 1) : at + by]
    if (!next) return
    this.#light(next)
    this.spoken = this.words(next)
  }

  #pan(share: number): void {
    const by = (this.stretch.to_m - this.stretch.from_m) * share
    this.#ask({ from_m: this.stretch.from_m + by, to_m: this.stretch.to_m + by })
  }

  /** About what is pointed at, else about the middle. */
  #zoom(factor: number, about_m = this.lit?.chainage_m): void {
    const { from_m, to_m } = this.stretch
    const middle = about_m ?? (from_m + to_m) / 2
    if (Math.abs(to_m - from_m) * factor < LEAST_M) return
    this.#ask({ from_m: middle - (middle - from_m) * factor, to_m: middle + (to_m - middle) * factor })
  }

  #ask(stretch: Stretch): void {
    this.dispatchEvent(new CustomEvent<Stretch>('stretch', { detail: clamped(stretch, this.river) }))
  }

  #light(thing: Thing | null): void {
    if (same(thing, this.lit)) return
    this.lit = thing
    this.dispatchEvent(new CustomEvent<Thing | null>('light', { detail: thing }))
  }

  #choose(thing: Thing | null): void {
    if (thing) this.dispatchEvent(new CustomEvent<Thing>('choose', { detail: thing }))
  }

  /** A wheel zooms where the strip has the keyboard: elsewhere it moves the panel. */
  #wheel(event: WheelEvent): void {
    if (!event.ctrlKey && this.renderRoot.querySelector('.plot:focus') === null) return
    event.preventDefault()
    const [x] = this.#point(event)
    this.#zoom(event.deltaY < 0 ? 1 / ZOOM : ZOOM, this.#picture.chainageAt(x))
  }

  #press(event: PointerEvent): void {
    if (event.button !== 0) return
    this.#held = { x: event.clientX, stretch: this.stretch }
    this.#moved = false
    ;(event.currentTarget as HTMLElement).setPointerCapture(event.pointerId)
  }

  #move(event: PointerEvent): void {
    const held = this.#held
    if (!held) return this.#light(this.#at(event))
    if (!this.#moved && Math.abs(event.clientX - held.x) < 4) return
    this.#moved = true
    const by = this.#picture.lengthOf(held.x - event.clientX)
    this.#ask({ from_m: held.stretch.from_m + by, to_m: held.stretch.to_m + by })
  }

  #release(event: PointerEvent): void {
    if (this.#held && !this.#moved) this.#choose(this.#at(event))
    this.#held = null
  }

  #at(event: MouseEvent): Thing | null {
    return this.#picture.at(...this.#point(event), REACH_PX)
  }

  #point(event: MouseEvent): readonly [number, number] {
    const { left, top, width } = (this.renderRoot.querySelector('svg') as SVGElement).getBoundingClientRect()
    const scale = this.width / width
    return [(event.clientX - left) * scale, (event.clientY - top) * scale]
  }
}

customElements.define('strip-plot', StripPlot)

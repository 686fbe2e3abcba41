/** What the panels do with the map: look somewhere, draw a sketch, take points, lay layers in order. */
import type { Feature } from 'geojson'
import type { GeoJSONSource, LayerSpecification, Map as MapLibre, MapMouseEvent, MapTouchEvent } from 'maplibre-gl'
import { middleOf } from './extent'
import { sheet_px } from './map_canvas'
import { ordered } from './model'
import type { Bounds4490, Config, MapState, Position4490 } from './model'
import { drawnFigures, FIGURES, MEASURED, type Overlay } from './overlay'
import type { MapSource } from './store'
import { FONTS } from './style'

/** Half of the least stretch shown: a point is seen with its neighbours. */
const LEAST_DEG = 0.0015
/** Style layers that stay below or above everything, whatever the order of the layers. */
const FIXED = /:(shadow-\w+|paper)$/
/** Names, and numbers in rings: what is written above all shapes. */
const LABEL = /:(label|number)$/
const FIRST_ABOVE = 'selection-fill'
/** How far from what it takes hold of a press may be. */
const MOUSE_REACH_PX = 9
const FINGER_REACH_PX = 22
const SECOND_CLICK_MS = 500

/** From the upper left corner of the map: to the right, down. */
export type Pixel = readonly [x: number, y: number]

/** What takes hold of things on the map by pointer and by key. */
export interface Grip {
  /** Whether there is something to hold within this reach; the map then stays where it is. */
  press(pixel: Pixel, reach_px: number): boolean
  /** The pointer went here with what it holds. */
  drag(pixel: Pixel): void
  release(): void
  /** The pointer is here and holds nothing. */
  hover(pixel: Pixel): void
  /** A key on the map; whether it was meant for what is held. */
  key(event: KeyboardEvent): boolean
}

/** Things of a panel's own that a click on the map chooses. */
export interface Choice {
  /** Whether there is one within this reach of a pixel; `choose`: it is then the chosen one. */
  near(pixel: Pixel, reach_px: number, choose: boolean): boolean
  /** A click found no feature: what it lies in may be chosen. */
  inside(position: Position4490): void
}

export class Stage {
  #takes: ((position: Position4490) => void) | null = null
  /** The click that ended the taking is not over yet. */
  #ending = false
  #grip: Grip | null = null
  #choice: Choice | null = null
  #holding = false
  readonly #laid = new Map<Overlay, readonly Feature[]>()

  /** `map`: for what a panel draws from tiles of its own. */
  constructor(
    readonly map: MapLibre,
    private readonly shared: { readonly config: Config },
    store: MapSource,
  ) {
    // Layers may come one by one, and all of them anew: each time they are put in order.
    map.on('styledata', () => this.#settle(store.state))
    map.on('click', (event) => this.#clicked(event))
    map.on('mousedown', (event) => this.#pressed(event, MOUSE_REACH_PX))
    map.on('touchstart', (event) => this.#pressed(event, FINGER_REACH_PX))
    map.on('mousemove', (event) => this.#pointed(event))
    map.on('touchmove', (event) => this.#pointed(event))
    const ended = new AbortController()
    for (const end of ['mouseup', 'touchend', 'touchcancel']) {
      window.addEventListener(end, () => this.#released(), { signal: ended.signal })
    }
    // Before the map's own keys, which would move the map.
    map.getCanvas().addEventListener('keydown', (event) => {
      if (!this.#grip?.key(event)) return
      event.preventDefault()
      event.stopImmediatePropagation()
    })
    map.getCanvas().addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.#takes?.([map.getCenter().lng, map.getCenter().lat])
    })
    const unsubscribe = store.subscribe((state, previous) => {
      if (state.order !== previous.order) this.#settle(state)
      if (state.sketch !== previous.sketch) this.#figures(state)
    })
    // A map beside this page's own comes and goes; nothing of it stays.
    map.once('remove', () => {
      ended.abort()
      unsubscribe()
    })
    this.#figures(store.state)
  }

  /** Clicks, and Enter for the centre, belong to a panel just now: they pick nothing. */
  get taken(): boolean {
    return this.#takes !== null || this.#ending
  }

  /** A position clicked elsewhere, on the map beside this one, goes where clicks on this one go. */
  give(position: Position4490): void {
    this.#takes?.(position)
  }

  /** Gives every position clicked to the listener instead of picking features; null ends that. */
  take(listener: ((position: Position4490) => void) | null): void {
    this.#takes = listener
    this.map.getCanvas().style.cursor = listener ? 'crosshair' : ''
    if (listener) return void this.map.doubleClickZoom.disable()
    this.#spend()
    // The second click of two may have been the last: it is not to zoom.
    window.setTimeout(() => this.#takes ?? this.map.doubleClickZoom.enable(), SECOND_CLICK_MS)
  }

  /** Lets clicks choose among these things before they pick features; null ends that. */
  offer(choice: Choice | null): void {
    this.#choice = choice
  }

  /** Whether a click here chooses something of a panel's own. */
  offersAt(pixel: Pixel): boolean {
    return (!this.taken && this.#choice?.near(pixel, reach_px(), false)) ?? false
  }

  /** A click found no feature here. */
  foundNothing(position: Position4490): void {
    this.#choice?.inside(position)
  }

  /** Lets this take hold of things on the map; null ends that. */
  hold(grip: Grip | null): void {
    this.#grip = grip
    this.#holding = false
  }

  /** Puts the keyboard on the map. */
  focus(): void {
    this.map.getCanvas().focus()
  }

  /** Where a position is on the screen. */
  pixel([lon, lat]: Position4490): Pixel {
    const { x, y } = this.map.project([lon, lat])
    return [x, y]
  }

  /** What lies under a pixel. */
  ground([x, y]: Pixel): Position4490 {
    const { lng, lat } = this.map.unproject([x, y])
    return [lng, lat]
  }

  /** Shows a stretch of the city, in the part of the map that nothing covers. */
  reveal(bounds: Bounds4490): void {
    const [west, south, east, north] = bounds
    const [lon, lat] = middleOf(bounds)
    this.map.fitBounds(
      [
        Math.min(west, lon - LEAST_DEG),
        Math.min(south, lat - LEAST_DEG),
        Math.max(east, lon + LEAST_DEG),
        Math.max(north, lat + LEAST_DEG),
      ],
      { padding: this.#covered(), duration: 500 },
    )
  }

  /** What is in view: west, south, east, north. */
  view(): Bounds4490 {
    const bounds = this.map.getBounds()
    return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()]
  }

  /** Draws these features above everything, in place of those drawn before. */
  sketch(features: readonly Feature[]): void {
    this.lay(MEASURED, features)
  }

  /** Draws these features as this overlay, in place of those drawn before. */
  lay(overlay: Overlay, features: readonly Feature[]): void {
    this.#laid.set(overlay, features)
    if (this.#ready()) this.#drawOverlay(overlay, features)
  }

  #figures({ sketch }: MapState): void {
    this.lay(FIGURES, drawnFigures(sketch.figures))
  }

  #ready(): boolean {
    return this.map.getLayer(FIRST_ABOVE) !== undefined
  }

  #settle(state: MapState): void {
    if (!this.#ready()) return
    for (const [overlay, features] of this.#laid) {
      if (features.length && !this.map.getSource(overlay.id)) this.#drawOverlay(overlay, features)
    }
    this.#arrange(state)
  }

  #drawOverlay({ id, level, layers }: Overlay, features: readonly Feature[]): void {
    const data = { type: 'FeatureCollection' as const, features: [...features] }
    const source = this.map.getSource<GeoJSONSource>(id)
    if (source) return void source.setData(data)
    this.map.addSource(id, { type: 'geojson', data })
    const above = this.#lowest(level)
    for (const layer of layers) this.map.addLayer(written(layer), above)
  }

  /** The deepest style layer on the map of the overlays above a level. */
  #lowest(level: number): string | undefined {
    const above = [...this.#laid.keys()].filter((each) => each.level > level).sort((a, b) => a.level - b.level)
    return above.flatMap(({ layers }) => layers).find(({ id }) => this.map.getLayer(id))?.id
  }

  #clicked(event: MapMouseEvent): void {
    if (this.#takes) return this.#takes([event.lngLat.lng, event.lngLat.lat])
    const { x, y } = event.point
    if (!this.taken && this.#choice?.near([x, y], reach_px(), true)) this.#spend()
  }

  /** The click under way is used up: it picks nothing. A press begins another, even before a timer comes to it. */
  #spend(): void {
    this.#ending = true
    window.setTimeout(() => {
      this.#ending = false
    })
  }

  #pressed(event: MapMouseEvent | MapTouchEvent, reach_px: number): void {
    this.#ending = false
    const fingers = 'points' in event ? event.points.length : 1
    const main = !(event.originalEvent instanceof MouseEvent) || event.originalEvent.button === 0
    if (fingers > 1) return this.#released()
    this.#holding = (main && this.#grip?.press([event.point.x, event.point.y], reach_px)) ?? false
    if (this.#holding) event.preventDefault()
  }

  #pointed({ point }: MapMouseEvent | MapTouchEvent): void {
    if (this.#holding) this.#grip?.drag([point.x, point.y])
    else this.#grip?.hover([point.x, point.y])
  }

  #released(): void {
    if (this.#holding) this.#grip?.release()
    this.#holding = false
  }

  /** Shapes from the deepest up, below the selection; names in the same order above all shapes. */
  #arrange(state: MapState): void {
    const drawn = this.map.getLayersOrder()
    const wanted = [...ordered(state, this.shared.config.layers)]
      .reverse()
      .flatMap(({ id }) => drawn.filter((each) => each.startsWith(`${id}:`) && !FIXED.test(each)))
    const lowest = this.#lowest(0)
    for (const [test, before] of [[isShape, FIRST_ABOVE] as const, [isLabel, lowest] as const]) {
      const ids = wanted.filter(test)
      if (ids.join() === drawn.filter((each) => ids.includes(each)).join()) continue
      for (const id of ids) this.map.moveLayer(id, before)
    }
  }

  /** What panels and cards cover, in pixels from each edge. */
  #covered(): { left: number; right: number; top: number; bottom: number } {
    const { clientWidth, clientHeight } = this.map.getContainer()
    const { left } = this.map.getContainer().getBoundingClientRect()
    const sheet = sheet_px()
    if (sheet) return { left: Math.max(20, sheet + 20 - left), right: 60, top: 66, bottom: 90 }
    if (innerWidth <= 900) return { left: 40, right: 60, top: clientHeight * 0.18, bottom: clientHeight * 0.66 }
    // Beside the panel, not below it.
    if (left > 0) return { left: 30, right: 60, top: 60, bottom: 60 }
    return {
      left: 470,
      right: clientWidth > 1200 ? 400 : 80,
      top: 60,
      bottom: clientHeight > 700 ? 120 : 60,
    }
  }
}

/** What an overlay writes is written like the names of the map. */
function written(layer: LayerSpecification): LayerSpecification {
  return layer.type === 'symbol' ? { ...layer, layout: { 'text-font': FONTS, ...layer.layout } } : layer
}

/** How far from a thing a click on it may be. */
function reach_px(): number {
  return matchMedia('(pointer: coarse)').matches ? FINGER_REACH_PX : MOUSE_REACH_PX
}

const isLabel = (id: string) => LABEL.test(id)
const isShape = (id: string) => !LABEL.test(id)

/** What the panels do with the map: look somewhere, draw a sketch, take points, lay layers in order. */
import type { Feature } from 'geojson'
import type { GeoJSONSource, LayerSpecification, Map as MapLibre, MapMouseEvent } from 'maplibre-gl'
import { ordered } from './model'
import type { Bounds4490, Config, MapState, Position4490 } from './model'
import type { MapSource } from './store'

const SKETCH = 'sketch'
const INK = '#8a1f5c'
/** Half of the least stretch shown: a point is seen with its neighbours. */
const LEAST_DEG = 0.0015
/** Style layers that stay below or above everything, whatever the order of the layers. */
const FIXED = /:(shadow-\w+|paper)$/
const LABEL = /:label$/
const FIRST_ABOVE = 'selection-fill'

export class Stage {
  #takes: ((position: Position4490) => void) | null = null
  #sketch: readonly Feature[] = []

  constructor(
    private readonly map: MapLibre,
    private readonly config: Config,
    store: MapSource,
  ) {
    // Layers may come one by one, and all of them anew: each time they are put in order.
    map.on('styledata', () => this.#settle(store.state))
    map.on('click', (event) => this.#clicked(event))
    map.getCanvas().addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.#takes?.([map.getCenter().lng, map.getCenter().lat])
    })
    store.subscribe((state, previous) => {
      if (state.order !== previous.order) this.#settle(state)
    })
  }

  /** Clicks, and Enter for the centre, belong to a panel just now: they pick nothing. */
  get taken(): boolean {
    return this.#takes !== null
  }

  /** A position clicked elsewhere, on the map beside this one, goes where clicks on this one go. */
  give(position: Position4490): void {
    this.#takes?.(position)
  }

  /** Gives every position clicked to the listener instead of picking features; null ends that. */
  take(listener: ((position: Position4490) => void) | null): void {
    this.#takes = listener
    this.map.getCanvas().style.cursor = listener ? 'crosshair' : ''
    if (listener) this.map.doubleClickZoom.disable()
    else this.map.doubleClickZoom.enable()
  }

  /** Shows a stretch of the city, in the part of the map that nothing covers. */
  reveal([west, south, east, north]: Bounds4490): void {
    const [lon, lat] = [(west + east) / 2, (south + north) / 2]
    this.map.fitBounds(
      [
        Math.min(west, lon - LEAST_DEG),
        Math.min(south, lat - LEAST_DEG),
        Math.max(east, lon + LEAST_DEG),
        Math.max(north, lat + LEAST_DEG),
      ],
      {
        padding: this.#covered(),
        duration: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 500,
      },
    )
  }

  /** What is in view: west, south, east, north. */
  view(): Bounds4490 {
    const bounds = this.map.getBounds()
    return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()]
  }

  /** Draws these features above everything, in place of those drawn before. */
  sketch(features: readonly Feature[]): void {
    this.#sketch = features
    if (this.#ready()) this.#drawSketch()
  }

  #ready(): boolean {
    return this.map.getLayer(FIRST_ABOVE) !== undefined
  }

  #settle(state: MapState): void {
    if (!this.#ready()) return
    if (this.#sketch.length && !this.map.getSource(SKETCH)) this.#drawSketch()
    this.#arrange(state)
  }

  #drawSketch(): void {
    const data = { type: 'FeatureCollection' as const, features: [...this.#sketch] }
    const source = this.map.getSource<GeoJSONSource>(SKETCH)
    if (source) return void source.setData(data)
    this.map.addSource(SKETCH, { type: 'geojson', data })
    for (const layer of sketchLayers()) this.map.addLayer(layer)
  }

  #clicked(event: MapMouseEvent): void {
    this.#takes?.([event.lngLat.lng, event.lngLat.lat])
  }

  /** Shapes from the deepest up, below the selection; names in the same order above all shapes. */
  #arrange(state: MapState): void {
    const drawn = this.map.getLayersOrder()
    const wanted = [...ordered(state, this.config.layers)]
      .reverse()
      .flatMap(({ id }) => drawn.filter((each) => each.startsWith(`${id}:`) && !FIXED.test(each)))
    const sketch = this.map.getLayer(`${SKETCH}:area`)?.id
    for (const [test, before] of [[isShape, FIRST_ABOVE] as const, [isLabel, sketch] as const]) {
      const ids = wanted.filter(test)
      if (ids.join() === drawn.filter((each) => ids.includes(each)).join()) continue
      for (const id of ids) this.map.moveLayer(id, before)
    }
  }

  /** What panels and cards cover, in pixels from each edge. */
  #covered(): { left: number; right: number; top: number; bottom: number } {
    const { clientWidth, clientHeight } = this.map.getContainer()
    const { left } = this.map.getContainer().getBoundingClientRect()
    if (innerWidth <= 900) return { left: 40, right: 60, top: 130, bottom: clientHeight * 0.5 }
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

const isLabel = (id: string) => LABEL.test(id)
const isShape = (id: string) => !LABEL.test(id)

function sketchLayers(): LayerSpecification[] {
  const source = SKETCH
  return [
    {
      id: `${SKETCH}:area`,
      type: 'fill',
      source,
      filter: ['==', ['geometry-type'], 'Polygon'],
      paint: { 'fill-color': INK, 'fill-opacity': 0.12 },
    },
    {
      id: `${SKETCH}:line`,
      type: 'line',
      source,
      filter: ['!=', ['geometry-type'], 'Point'],
      layout: { 'line-join': 'round', 'line-cap': 'round' },
      paint: { 'line-color': INK, 'line-width': 2.4 },
    },
    {
      id: `${SKETCH}:point`,
      type: 'circle',
      source,
      filter: ['==', ['geometry-type'], 'Point'],
      paint: {
        'circle-radius': 5,
        'circle-color': '#ffffff',
        'circle-stroke-color': INK,
        'circle-stroke-width': 2.4,
      },
    },
  ]
}

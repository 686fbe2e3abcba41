/** What the panels do with the map: look somewhere, draw a sketch, take points, lay layers in order. */
import type { Feature } from 'geojson'
import type { GeoJSONSource, LayerSpecification, Map as MapLibre, MapMouseEvent } from 'maplibre-gl'
import { ordered } from './model'
import type { Bounds4490, Config, MapState, Position4490 } from './model'
import type { Store } from './store'

const SKETCH = 'sketch'
const INK = '#8a1f5c'
const CLOSEST_ZOOM = 17
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
    store: Store,
  ) {
    map.on('load', () => this.#arrange(store.state))
    map.on('click', (event) => this.#clicked(event))
    map.getCanvas().addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.#takes?.([map.getCenter().lng, map.getCenter().lat])
    })
    store.subscribe((state, previous) => {
      if (state.order !== previous.order) this.#arrange(state)
    })
  }

  /** Clicks, and Enter for the centre, belong to a panel just now: they pick nothing. */
  get taken(): boolean {
    return this.#takes !== null
  }

  /** Gives every position clicked to the listener instead of picking features; null ends that. */
  take(listener: ((position: Position4490) => void) | null): void {
    this.#takes = listener
    this.map.getCanvas().style.cursor = listener ? 'crosshair' : ''
    if (listener) this.map.doubleClickZoom.disable()
    else this.map.doubleClickZoom.enable()
  }

  /** Shows a stretch of the city; a single position from close by. */
  reveal([west, south, east, north]: Bounds4490): void {
    const { left, right, top, bottom } = this.#clear()
    this.map.fitBounds([west, south, east, north], {
      padding: { left, right, top, bottom },
      maxZoom: Math.max(CLOSEST_ZOOM, west === east ? this.map.getZoom() : 0),
      duration: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 500,
    })
  }

  /** What is in view: west, south, east, north. */
  view(): Bounds4490 {
    const bounds = this.map.getBounds()
    return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()]
  }

  /** Draws these features above everything, in place of those drawn before. */
  sketch(features: readonly Feature[]): void {
    this.#sketch = features
    if (!this.map.isStyleLoaded() && !this.map.getSource(SKETCH)) {
      this.map.once('idle', () => this.sketch(this.#sketch))
      return
    }
    if (!this.map.getSource(SKETCH)) this.#addSketch()
    const data = { type: 'FeatureCollection' as const, features: [...features] }
    ;(this.map.getSource(SKETCH) as GeoJSONSource).setData(data)
  }

  #addSketch(): void {
    this.map.addSource(SKETCH, {
      type: 'geojson',
      data: { type: 'FeatureCollection', features: [] },
    })
    for (const layer of sketchLayers()) this.map.addLayer(layer)
  }

  #clicked(event: MapMouseEvent): void {
    this.#takes?.([event.lngLat.lng, event.lngLat.lat])
  }

  /** Shapes from the deepest up, below the selection; names in the same order above all shapes. */
  #arrange(state: MapState): void {
    const drawn = this.map.getLayersOrder()
    for (const layer of [...ordered(state, this.config.layers)].reverse()) {
      for (const id of drawn) {
        if (!id.startsWith(`${layer.id}:`) || FIXED.test(id)) continue
        if (!LABEL.test(id)) this.map.moveLayer(id, FIRST_ABOVE)
        else this.map.moveLayer(id, this.map.getLayer(`${SKETCH}:area`) ? `${SKETCH}:area` : undefined)
      }
    }
  }

  /** What panels and cards leave free, in pixels from each edge. */
  #clear(): { left: number; right: number; top: number; bottom: number } {
    const { clientWidth, clientHeight } = this.map.getContainer()
    if (clientWidth <= 900) return { left: 40, right: 60, top: 130, bottom: clientHeight * 0.5 }
    const wide = clientWidth > 1200
    return { left: 470, right: wide ? 400 : 80, top: 60, bottom: clientHeight > 700 ? 120 : 60 }
  }
}

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

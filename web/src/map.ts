/**
 * The map adapter: everything that touches MapLibre.
 *
 * It draws what the store says, and tells the store what the visitor did.
 */
import type { Feature, FeatureCollection } from 'geojson'
import {
  Map as MapLibre,
  setWorkerUrl,
  type GeoJSONSource,
  type LayerSpecification,
  type MapMouseEvent,
  type PaddingOptions,
  type PointLike,
} from 'maplibre-gl'
import workerUrl from './worker?worker&url'
import { anchorOf } from './anchor'
import { Feed, FID } from './feed'
import { isVisible } from './model'
import type { Bounds4490, Config, FeatureRef, Layer, MapState, Position4490 } from './model'
import { Stage } from './stage'
import type { Store } from './store'
import {
  groundStyle,
  labelLayerOf,
  labelSourceOf,
  layersOf,
  OPACITY_PROPERTIES,
  paperLayers,
  SELECTION_SOURCE,
  selectionLayers,
  sourceOf,
} from './style'

const CLICK_TOLERANCE_PX = 5
const MARGIN_DEG = 1
const MIN_ZOOM = 7
const MAX_ZOOM = 19
const BOTTOM = 'graticule'
const TOP = 'selection-fill'

export interface MapEvents {
  /** A feed began, ended or failed. */
  feeds(): void
  /** All features under a click or under the keyboard's crosshair, topmost first. */
  picked(refs: FeatureRef[], by: 'pointer' | 'keyboard'): void
  /** The position under the pointer, or the centre of the map. */
  position(position: Position4490, metersPerPixel: number): void
  /** Everything asked for has been drawn. */
  idle(): void
}

export class MapView {
  readonly feeds: readonly Feed[]
  readonly stage: Stage
  readonly #map: MapLibre
  #styled = false

  constructor(
    container: HTMLElement,
    private readonly config: Config,
    private readonly store: Store,
    private readonly events: MapEvents,
  ) {
    setWorkerUrl(workerUrl)
    this.feeds = config.layers
      .filter((layer) => layer.legend.kind !== 'none')
      .map((layer) => new Feed(layer, config.max_features, (feed, shown) => this.#drawn(feed, shown)))
    this.#map = createMap(container, config, store.state)
    this.#map.on('load', () => this.#start())
    this.stage = new Stage(this.#map, config, store)
  }

  zoomBy(steps: number): void {
    this.#map.zoomTo(this.#map.getZoom() + steps)
  }

  showCity(): void {
    this.#map.fitBounds(boundsOf(this.config.city.extent), { padding: padding(this.#map) })
  }

  /** Marks a feature as the selected one; null marks none. */
  mark(feature: Feature | null): void {
    if (!this.#styled) return
    this.#source(SELECTION_SOURCE).setData(collection(feature ? [feature] : []))
  }

  /** Features held in full in memory, so that a card opens without a request. */
  find({ layer, fid }: FeatureRef): Feature | undefined {
    return this.feeds.find((feed) => feed.layer.id === layer)?.find(fid)
  }

  /** What Enter on the map picks: what lies under the crosshair at its centre. */
  #pickAtCenter(): void {
    const canvas = this.#map.getCanvas()
    this.#pick([canvas.clientWidth / 2, canvas.clientHeight / 2], 'keyboard')
  }

  /** Asks again for everything shown. */
  reload(): void {
    this.#refresh(true)
  }

  #start(): void {
    const map = this.#map
    for (const layer of selectionLayers()) map.addLayer(layer)
    for (const layer of drawingOrder(this.config.layers)) this.#add(layer)
    for (const layer of this.config.layers) {
      const labels = labelLayerOf(layer)
      if (labels) map.addLayer(labels)
    }
    this.#styled = true
    map.on('moveend', () => this.#moved())
    map.on('click', (event) => this.#pick([event.point.x, event.point.y], 'pointer'))
    map.on('mousemove', (event) => this.#hover(event))
    map.on('idle', () => this.events.idle())
    map.getCanvas().addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.#pickAtCenter()
    })
    this.store.subscribe((state, previous) => this.#changed(state, previous))
    this.#apply(this.store.state)
    this.#moved()
  }

  #add(layer: Layer): void {
    const empty = collection([])
    this.#map.addSource(sourceOf(layer), { type: 'geojson', data: empty })
    if (labelSourceOf(layer) !== sourceOf(layer)) {
      this.#map.addSource(labelSourceOf(layer), { type: 'geojson', data: empty })
    }
    for (const each of this.#paperOf(layer)) this.#map.addLayer(each, BOTTOM)
    for (const each of layersOf(layer)) this.#map.addLayer(each, TOP)
  }

  #paperOf(layer: Layer): LayerSpecification[] {
    return layer === this.config.layers.find(isArea) ? paperLayers(layer) : []
  }

  #changed(state: MapState, previous: MapState): void {
    if (state.camera !== previous.camera && state.camera) this.#follow(state)
    if (state.visible !== previous.visible || state.opacity !== previous.opacity) this.#apply(state)
    const asked = (each: MapState) => [each.visible?.join(), each.datetime, each.asof].join('|')
    if (asked(state) !== asked(previous)) this.#refresh()
  }

  #follow({ camera }: MapState): void {
    if (!camera) return
    const { lng, lat } = this.#map.getCenter()
    const far = Math.hypot(lng - camera.center[0], lat - camera.center[1]) > 1e-5
    if (far || Math.abs(this.#map.getZoom() - camera.zoom) > 0.01) {
      this.#map.jumpTo({ center: [...camera.center], zoom: camera.zoom })
    }
  }

  #apply(state: MapState): void {
    for (const layer of this.config.layers) {
      const visibility = isVisible(state, layer.id) ? 'visible' : 'none'
      const share = state.opacity[layer.id] ?? 1
      const labels = labelLayerOf(layer)
      for (const each of [...this.#paperOf(layer), ...layersOf(layer)]) {
        this.#map.setLayoutProperty(each.id, 'visibility', visibility)
      }
      for (const each of layersOf(layer)) this.#dim(each, share)
      if (labels) {
        this.#map.setLayoutProperty(labels.id, 'visibility', visibility)
        this.#dim(labels, share)
      }
    }
  }

  /** Scales what the legend says by the visitor's share. */
  #dim(layer: LayerSpecification, share: number): void {
    const own: Record<string, unknown> = layer.paint ?? {}
    for (const property of OPACITY_PROPERTIES[layer.type as keyof typeof OPACITY_PROPERTIES]) {
      const full = own[property]
      this.#map.setPaintProperty(layer.id, property, (typeof full === 'number' ? full : 1) * share)
    }
  }

  #moved(): void {
    const { lng, lat } = this.#map.getCenter()
    const camera = { center: [lng, lat] as const, zoom: this.#map.getZoom() }
    this.store.update({ camera })
    this.#report([lng, lat])
    this.#refresh()
  }

  #refresh(again = false): void {
    const { state } = this.store
    const view = this.#view()
    const zoom = this.#map.getZoom()
    for (const feed of this.feeds) {
      const wanted = isVisible(state, feed.layer.id) && zoom >= feed.layer.legend.min_zoom
      if (wanted) void feed.show(view, { datetime: state.datetime, asof: state.asof }, again)
      else feed.stop()
    }
    this.events.feeds()
  }

  /** The view, cut to the surroundings of the city: beyond it there is nothing to ask for. */
  #view(): Bounds4490 {
    const bounds = this.#map.getBounds()
    const [west, south, east, north] = this.config.city.extent
    return [
      Math.max(bounds.getWest(), west - MARGIN_DEG),
      Math.max(bounds.getSouth(), south - MARGIN_DEG),
      Math.min(bounds.getEast(), east + MARGIN_DEG),
      Math.min(bounds.getNorth(), north + MARGIN_DEG),
    ]
  }

  #drawn(feed: Feed, features: Feature[] | null): void {
    if (features && this.#styled) {
      this.#source(sourceOf(feed.layer)).setData(collection(features))
      if (labelSourceOf(feed.layer) !== sourceOf(feed.layer)) {
        this.#source(labelSourceOf(feed.layer)).setData(labelPoints(features))
      }
    }
    this.events.feeds()
    // A frame that changes nothing still ends in the event that says so.
    this.#map.triggerRepaint()
  }

  #pick([x, y]: [number, number], by: 'pointer' | 'keyboard'): void {
    const near = CLICK_TOLERANCE_PX
    const box: [PointLike, PointLike] = [
      [x - near, y - near],
      [x + near, y + near],
    ]
    this.events.picked(this.#refsIn(box), by)
  }

  #refsIn(where: PointLike | [PointLike, PointLike]): FeatureRef[] {
    const bySource = new Map(this.config.layers.map((layer) => [sourceOf(layer), layer.id]))
    const refs = new Map<string, FeatureRef>()
    for (const hit of this.#map.queryRenderedFeatures(where)) {
      const layer = bySource.get(hit.source)
      const fid: unknown = hit.properties[FID]
      if (layer && typeof fid === 'string') refs.set(`${layer}/${fid}`, { layer, fid })
    }
    return [...refs.values()]
  }

  #hover(event: MapMouseEvent): void {
    this.#report([event.lngLat.lng, event.lngLat.lat])
    if (this.stage.taken) return
    this.#map.getCanvas().style.cursor = this.#refsIn(event.point).length ? 'pointer' : ''
  }

  #report(position: Position4490): void {
    const canvas = this.#map.getCanvas()
    const y = canvas.clientHeight / 2
    const left = this.#map.unproject([0, y])
    const right = this.#map.unproject([100, y])
    this.events.position(position, left.distanceTo(right) / 100)
  }

  #source(id: string): GeoJSONSource {
    return this.#map.getSource(id) as GeoJSONSource
  }
}

function isArea(layer: Layer): boolean {
  return layer.legend.kind !== 'none' && (layer.geometry?.endsWith('Polygon') ?? false)
}

/** The catalogue's order, except that boundaries, areas drawn as lines, lie on everything. */
function drawingOrder(layers: readonly Layer[]): Layer[] {
  const isBoundary = (layer: Layer) => isArea(layer) && layer.legend.kind === 'line'
  return [...layers.filter((layer) => !isBoundary(layer)), ...layers.filter(isBoundary)]
}

function createMap(container: HTMLElement, config: Config, state: MapState): MapLibre {
  const [west, south, east, north] = config.city.extent
  const map = new MapLibre({
    container,
    style: groundStyle(config.city),
    attributionControl: false,
    bounds: boundsOf(config.city.extent),
    maxBounds: [west - MARGIN_DEG, south - MARGIN_DEG, east + MARGIN_DEG, north + MARGIN_DEG],
    minZoom: MIN_ZOOM,
    maxZoom: MAX_ZOOM,
    renderWorldCopies: false,
    dragRotate: false,
    touchPitch: false,
    fadeDuration: 120,
    locale: { 'Map.Title': '地图:方向键移动,加减键缩放,回车查看中心要素 Map' },
  })
  map.touchZoomRotate.disableRotation()
  map.keyboard.disableRotation()
  if (state.camera) map.jumpTo({ center: [...state.camera.center], zoom: state.camera.zoom })
  else map.fitBounds(boundsOf(config.city.extent), { padding: padding(map), animate: false })
  return map
}

/** Room for the panel on the left, where the window is wide enough to have it there. */
function padding(map: MapLibre): PaddingOptions {
  const wide = map.getContainer().clientWidth > 900
  return { left: wide ? 460 : 24, right: 32, top: wide ? 32 : 120, bottom: wide ? 56 : 100 }
}

function boundsOf([west, south, east, north]: Bounds4490): [number, number, number, number] {
  return [west, south, east, north]
}

function collection(features: Feature[]): FeatureCollection {
  return { type: 'FeatureCollection', features }
}

function labelPoints(features: Feature[]): FeatureCollection {
  const points = features.flatMap((feature): Feature[] => {
    const anchor = anchorOf(feature.geometry)
    return anchor ? [{ ...feature, geometry: { type: 'Point', coordinates: anchor } }] : []
  })
  return collection(points)
}

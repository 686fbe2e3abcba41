/**
 * The map adapter: everything that touches MapLibre, with `tiled_layers.ts` and `frames/`.
 *
 * It draws what the store says, and tells the store what the visitor did.
 */
import type { Feature, FeatureCollection } from 'geojson'
import {
  Map as MapLibre,
  setWorkerUrl,
  type ErrorEvent,
  type GeoJSONSource,
  type MapMouseEvent,
  type MapSourceDataEvent,
  type PaddingOptions,
} from 'maplibre-gl'
import workerUrl from './worker?worker&url'
import { Feed, problemOfTile, type Tileset } from './feed'
import { framesOf, type Frame } from './frames/frame'
import { Groups } from './groups'
import { project } from './gauss_kruger'
import { Live, type Connection } from './live'
import { isVisible } from './model'
import type { Bounds4490, Camera, Config, FeatureRef, FrameId, MapState, Position4490 } from './model'
import { Stage } from './stage'
import type { Store } from './store'
import { groundStyle, SELECTION_SOURCE, selectionLayers } from './style'
import { TiledLayers } from './tiled_layers'

const CLICK_TOLERANCE_PX = 5
const MARGIN_DEG = 1
/** In the levels of the state, as all zooms outside this module. */
const MIN_ZOOM = 7
const MAX_ZOOM = 19
const BAR_PX = 100
/** The present is asked for again so often: what begins or ends today does so without a change. */
const PRESENT_MS = 60_000

export interface MapEvents {
  /** A feed began, ended or failed. */
  feeds(): void
  /** Others changed these layers; null: any may have changed. */
  changed(layers: ReadonlySet<string> | null): void
  connection(connection: Connection): void
  /** All features under a click or under the keyboard's crosshair, topmost first. */
  picked(refs: FeatureRef[], by: 'pointer' | 'keyboard'): void
  /** The position under the pointer, or the centre of the map. */
  position(position: Position4490, metersPerPixel: number): void
  /** Everything asked for has been drawn. */
  idle(): void
}

/** An error of a source's, as MapLibre gives it out. */
interface TileErrorEvent extends ErrorEvent {
  readonly sourceId?: string
  readonly tile?: { readonly tileID: { readonly canonical: { x: number; y: number; z: number } } }
}

export class MapView {
  readonly feeds: readonly Feed[]
  readonly stage: Stage
  readonly #map: MapLibre
  readonly #frames: Readonly<Record<FrameId, Frame>>
  readonly #layers: TiledLayers
  readonly #live: Live
  #marked: Feature | null = null
  /** False while one frame is left for another. */
  #styled = false

  constructor(
    container: HTMLElement,
    private readonly config: Config,
    private readonly store: Store,
    private readonly events: MapEvents,
  ) {
    setWorkerUrl(workerUrl)
    this.#frames = framesOf(config.city)
    const listener = {
      pinned: (feed: Feed, tileset: Tileset) => this.#draw(feed, tileset),
      changed: () => this.#feedsChanged(),
    }
    this.feeds = config.layers
      .filter((layer) => layer.legend.kind !== 'none')
      .map((layer) => new Feed(layer, listener))
    this.#map = createMap(container, config)
    this.stage = new Stage(this.#map, config, store)
    this.#layers = new TiledLayers(this.#map, config.layers)
    new Groups(this.#map, this.#layers, this.stage)
    this.#live = new Live({
      changed: (layers) => this.#changedByOthers(layers),
      connection: (connection) => this.events.connection(connection),
    })
    this.#listen()
    this.#map.setStyle(groundStyle(config.city, this.#frame), { diff: false })
  }

  zoomBy(steps: number): void {
    this.#map.zoomTo(this.#map.getZoom() + steps)
  }

  showCity(): void {
    this.#map.fitBounds(boundsOf(this.config.city.extent), { padding: padding(this.#map) })
  }

  /** Marks a feature as the selected one; null marks none. */
  mark(feature: Feature | null): void {
    this.#marked = feature
    const source = this.#styled && this.#map.getSource(SELECTION_SOURCE)
    if (source) (source as GeoJSONSource).setData(collection(feature ? [feature] : []))
  }

  /** Asks again for everything shown. */
  reload(): void {
    for (const feed of this.feeds) feed.reload()
  }

  get #frame(): Frame {
    return this.#frames[this.store.state.frame]
  }

  #listen(): void {
    const map = this.#map
    map.on('style.load', () => this.#enter())
    map.on('moveend', () => this.#moved())
    map.on('click', (event) => this.#pick([event.point.x, event.point.y], 'pointer'))
    map.on('mousemove', (event) => this.#hover(event))
    map.on('sourcedataloading', (event) => this.#tilesCame(event))
    map.on('sourcedata', (event) => this.#tilesCame(event))
    map.on('error', (event) => void this.#failed(event))
    map.on('idle', () => this.#idle())
    map.once('idle', () => this.#live.start())
    window.setInterval(() => this.#refreshPresent(), PRESENT_MS)
    map.getCanvas().addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.#pickAtCenter()
    })
    this.store.subscribe((state, previous) => this.#changed(state, previous))
  }

  /** The style of a frame is there: the camera goes to the same ground, and the layers follow. */
  #enter(): void {
    const { state } = this.store
    const frame = this.#frame
    this.#layers.begin(frame, state)
    for (const layer of selectionLayers()) this.#map.addLayer(layer)
    this.#limit(frame)
    this.#styled = true
    if (state.camera) this.#jump(state.camera)
    else this.#map.fitBounds(boundsOf(this.config.city.extent), { padding: padding(this.#map), animate: false })
    this.mark(this.#marked)
    this.#moved()
  }

  /** Leaves one frame for another: what is drawn belongs to the frame, so all of it is made anew. */
  #leave(): void {
    this.#styled = false
    for (const feed of this.feeds) feed.stop()
    this.#map.setMaxBounds(null)
    this.#map.setStyle(groundStyle(this.config.city, this.#frame), { diff: false })
  }

  #limit({ zoomShift }: Frame): void {
    const [west, south, east, north] = this.config.city.extent
    this.#map.setMinZoom(null)
    this.#map.setMaxZoom(MAX_ZOOM + zoomShift)
    this.#map.setMinZoom(MIN_ZOOM + zoomShift)
    this.#map.setMaxBounds([west - MARGIN_DEG, south - MARGIN_DEG, east + MARGIN_DEG, north + MARGIN_DEG])
  }

  #changed(state: MapState, previous: MapState): void {
    if (state.frame !== previous.frame) return this.#leave()
    if (!this.#styled) return
    if (state.camera !== previous.camera && state.camera) this.#follow(state.camera)
    if (state.visible !== previous.visible || state.opacity !== previous.opacity) {
      this.#layers.apply(state)
    }
    const asked = (each: MapState) => [each.visible?.join(), each.datetime, each.asof, each.images].join('|')
    if (asked(state) !== asked(previous)) this.#ask()
  }

  #follow(camera: Camera): void {
    const { lng, lat } = this.#map.getCenter()
    const far = Math.hypot(lng - camera.center[0], lat - camera.center[1]) > 1e-5
    if (far || Math.abs(this.#zoom() - camera.zoom) > 0.01) this.#jump(camera)
  }

  #jump({ center, zoom }: Camera): void {
    this.#map.jumpTo({ center: [...center], zoom: zoom + this.#frame.zoomShift })
  }

  #zoom(): number {
    return this.#map.getZoom() - this.#frame.zoomShift
  }

  #moved(): void {
    if (!this.#styled) return
    const { lng, lat } = this.#map.getCenter()
    this.store.update({ camera: { center: [lng, lat], zoom: this.#zoom() } })
    this.#report([lng, lat])
    this.#ask()
  }

  #ask(): void {
    const { state } = this.store
    for (const feed of this.feeds) {
      const { id, legend } = feed.layer
      const wanted = isVisible(state, id) && this.#zoom() >= legend.min_zoom
      if (wanted) feed.show(this.#frame.tileMatrixSet, state)
      else feed.stop()
    }
  }

  #draw(feed: Feed, tileset: Tileset): void {
    if (!this.#styled) return
    this.#layers.draw(feed.layer, tileset)
    feed.tilesLoaded(this.#layers.settle(feed.layer))
  }

  #changedByOthers(layers: ReadonlySet<string> | null): void {
    for (const feed of this.feeds) if (layers?.has(feed.layer.id) ?? true) feed.refresh()
    this.events.changed(layers)
  }

  #refreshPresent(): void {
    const { datetime, asof } = this.store.state
    if (datetime || asof || document.visibilityState !== 'visible') return
    for (const feed of this.feeds) feed.refresh()
  }

  #tilesCame({ sourceId, sourceDataType }: MapSourceDataEvent): void {
    // After its own description a source's tiles are still those of before.
    if (!this.#styled || sourceDataType === 'metadata') return
    const feed = this.#feedOf(sourceId)
    if (feed) feed.tilesLoaded(this.#layers.settle(feed.layer))
  }

  #idle(): void {
    if (!this.#styled) return
    for (const feed of this.feeds) feed.tilesLoaded(this.#layers.settle(feed.layer))
    this.events.idle()
  }

  async #failed(event: ErrorEvent): Promise<void> {
    const { sourceId = '', tile } = event as TileErrorEvent
    const feed = this.#feedOf(sourceId)
    if (!feed) return console.error(event.error)
    if (tile) this.#layers.fail(sourceId, tile.tileID.canonical)
    feed.tileFailed(await problemOfTile(event.error as Error))
  }

  #feedOf(source: string): Feed | undefined {
    const layer = this.#layers.layerOf(source)
    return layer && this.feeds.find((feed) => feed.layer === layer)
  }

  #feedsChanged(): void {
    this.events.feeds()
    // A frame that changes nothing still ends in the event that says so.
    this.#map.triggerRepaint()
  }

  /** What Enter on the map picks: what lies under the crosshair at its centre. */
  #pickAtCenter(): void {
    const canvas = this.#map.getCanvas()
    this.#pick([canvas.clientWidth / 2, canvas.clientHeight / 2], 'keyboard')
  }

  #pick([x, y]: [number, number], by: 'pointer' | 'keyboard'): void {
    const near = CLICK_TOLERANCE_PX
    const refs = this.#layers.refsIn([
      [x - near, y - near],
      [x + near, y + near],
    ])
    this.events.picked(refs, by)
  }

  #hover(event: MapMouseEvent): void {
    if (!this.#styled) return
    this.#report([event.lngLat.lng, event.lngLat.lat])
    // What lies under a pointer that drags the map is not asked for.
    if (this.stage.taken || this.#map.isMoving()) return
    this.#map.getCanvas().style.cursor = this.#layers.refsIn(event.point).length ? 'pointer' : ''
  }

  #report(position: Position4490): void {
    const y = this.#map.getCanvas().clientHeight / 2
    const [left, right] = [0, BAR_PX].map((x) => this.#map.unproject([x, y]))
    if (!left || !right) return
    const meridian_deg = this.config.city.central_meridian_deg
    const from = project(left.lng, left.lat, meridian_deg)
    const to = project(right.lng, right.lat, meridian_deg)
    const length_m = Math.hypot(to.east_m - from.east_m, to.north_m - from.north_m)
    this.events.position(position, length_m / BAR_PX)
  }
}

function createMap(container: HTMLElement, { city }: Config): MapLibre {
  const map = new MapLibre({
    container,
    attributionControl: false,
    bounds: boundsOf(city.extent),
    renderWorldCopies: false,
    // Tiles beyond the deepest are enlarged, not cut anew: a label or an edge stays whole.
    zoomLevelsToOverscale: 24,
    dragRotate: false,
    touchPitch: false,
    fadeDuration: 120,
    locale: { 'Map.Title': '地图:方向键移动,加减键缩放,回车查看中心要素 Map' },
  })
  map.touchZoomRotate.disableRotation()
  map.keyboard.disableRotation()
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

/**
 * The map adapter: everything that touches MapLibre, with `tiled_layers.ts` and `frames/`.
 *
 * It draws what the store says, and tells the store what the visitor did.
 */
import type { Feature, FeatureCollection } from 'geojson'
import type {
  ErrorEvent,
  GeoJSONSource,
  Map as MapLibre,
  MapMouseEvent,
  MapSourceDataEvent,
} from 'maplibre-gl'
import { spanOf } from './compare'
import { Difference } from './difference'
import { Feed, problemOfTile, type Tileset } from './feed'
import type { Frame } from './frames/frame'
import { project } from './gauss_kruger'
import { say } from './language'
import { aside_px, boundsOf, createMap, limit, padding, turnable } from './map_canvas'
import { isTilted, isVisible } from './model'
import type { Camera, Config, FeatureRef, FrameId, Layer, MapState, Position4490 } from './model'
import { NO_PANEL } from './panels'
import { Stage } from './stage'
import type { MapSource } from './store'
import { groundStyle, SELECTION_SOURCE, selectionLayers } from './style'
import type { TileFeed, Tiles } from './tile_feed'
import { TiledLayers } from './tiled_layers'

const CLICK_TOLERANCE_PX = 5
const BAR_PX = 100
/** 2.5 维 as it is switched on: enough to see heights, little enough to read the map. */
const TILT_DEG = 50

export interface MapEvents {
  /** A feed began, ended or failed. */
  feeds(): void
  /** Where it looks while it moves by itself, not after another map. */
  moves(camera: Camera): void
  /** All features under a click or under the keyboard's crosshair, topmost first, and where that is. */
  picked(refs: FeatureRef[], by: 'pointer' | 'keyboard', position: Position4490): void
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

/** What the maps of a page share: a frame's name can be given to MapLibre only once. */
export interface Ground {
  /** Another one when the layers become others. */
  config: Config
  readonly frames: Readonly<Record<FrameId, Frame>>
}

export class MapView {
  feeds: readonly Feed[] = []
  readonly stage: Stage
  readonly difference: Difference
  readonly #map: MapLibre
  readonly #layers: TiledLayers
  readonly #unsubscribe: () => void
  #marked: Feature | null = null
  /** False while one frame is left for another. */
  #styled = false
  /** It moves after another map. */
  #led = false

  constructor(
    container: HTMLElement,
    private readonly ground: Ground,
    private readonly source: MapSource,
    private readonly title: 'map' | 'otherMap',
    private readonly events: MapEvents,
  ) {
    const { config } = ground
    this.feeds = this.#feedsFor(config.layers)
    this.#map = createMap(container, config.city)
    this.#name()
    this.stage = new Stage(this.#map, ground, source)
    this.#layers = new TiledLayers(this.#map, config.layers)
    void import('./groups').then(({ Groups }) => new Groups(this.#map, this.#layers, this.stage))
    this.difference = new Difference(this.#map, () => this.#feedsChanged())
    this.#listen()
    this.#unsubscribe = source.subscribe((state, previous) => this.#changed(state, previous))
    this.#map.setStyle(groundStyle(config.city, this.#frame), { diff: false })
  }

  zoomBy(steps: number): void {
    this.#map.zoomTo(this.#map.getZoom() + steps)
  }

  /** Tilts the map so that heights are seen, or lays it flat again with north at the top. */
  tilt(tilted: boolean): void {
    this.#map.easeTo({ pitch: tilted ? TILT_DEG : 0, bearing: 0, duration: 400 })
  }

  showCity(): void {
    this.#map.fitBounds(boundsOf(this.ground.config.city.extent), { padding: padding(this.#map) })
  }

  /**
   * From now on the ground in the middle of what the panel leaves free stays there when what is compared gives the
   * map another place; a link says itself where one looks.
   */
  keepMiddle(): void {
    const middle_px = () => (this.source.state.panel === NO_PANEL ? 0 : aside_px(this.#map))
    let before_px = middle_px()
    let keeps = false
    this.source.subscribe((state, previous) => {
      if (state.compare !== previous.compare || state.panel !== previous.panel) keeps = state.camera === previous.camera
    })
    this.#map.on('moveend', () => {
      // The other map leads this one before it has been told of its new place.
      if (!this.#led) before_px = middle_px()
    })
    this.#map.on('resize', () => {
      const now_px = middle_px()
      if (keeps && this.#styled) this.#map.panBy([before_px - now_px, 0], { animate: false })
      before_px = now_px
    })
  }

  /** Goes where another map looks, and tells nobody: that one does. */
  follow(camera: Camera): void {
    if (!this.#styled) return
    this.#led = true
    this.#jump(camera)
    this.#led = false
  }

  /** Whether nothing of any layer is in view. */
  seesNothing(): boolean {
    return this.#styled && !this.#layers.anyInView(this.source.state)
  }

  /** Marks a feature as the selected one; null marks none. */
  mark(feature: Feature | null): void {
    this.#marked = feature
    const source = this.#styled && this.#map.getSource(SELECTION_SOURCE)
    if (source) (source as GeoJSONSource).setData(collection(feature ? [feature] : []))
  }

  /** Asks again for everything shown. */
  reload(): void {
    for (const feed of this.#all) feed.reload()
  }

  /** Somebody changed these layers; null: any may have changed. */
  refresh(layers: ReadonlySet<string> | null): void {
    for (const feed of this.feeds) if (layers?.has(feed.layer.id) ?? true) feed.refresh()
    this.difference.refresh(layers)
  }

  /** What begins or ends now does so without a change; at chosen times nothing does. */
  refreshPresent(): void {
    const { datetime, asof } = this.source.state
    if (!datetime && !asof) this.refresh(null)
  }

  /** The layers have become others: what is drawn follows. */
  relayer(): void {
    const { layers } = this.ground.config
    for (const feed of this.feeds) {
      if (layers.includes(feed.layer)) continue
      feed.stop()
      if (this.#styled) this.#layers.remove(feed.layer)
    }
    this.feeds = this.#feedsFor(layers)
    this.#layers.relayer(layers)
    if (this.#styled) this.#ask()
    this.#feedsChanged()
  }

  /** Ends the map: nothing of it is left on the page, on the graphics card or on the line. */
  remove(): void {
    this.#unsubscribe()
    this.#styled = false
    for (const feed of this.#all) feed.stop()
    this.#map.remove()
  }

  /** A feed for every layer that is drawn: its own, where it has one. */
  #feedsFor(layers: readonly Layer[]): readonly Feed[] {
    return layers
      .filter((layer) => layer.legend.kind !== 'none')
      .map((layer) => this.feeds.find((feed) => feed.layer === layer) ?? this.#newFeed(layer))
  }

  #newFeed(layer: Layer): Feed {
    const feed: Feed = new Feed(layer, {
      pinned: (tileset) => this.#draw(feed, tileset),
      changed: () => this.#feedsChanged(),
    })
    return feed
  }

  get #all(): readonly TileFeed<unknown, Tiles>[] {
    return [...this.feeds, this.difference.feed] as readonly TileFeed<unknown, Tiles>[]
  }

  get #frame(): Frame {
    return this.ground.frames[this.source.state.frame]
  }

  #listen(): void {
    const map = this.#map
    map.on('style.load', () => this.#enter())
    map.on('move', () => this.#moves())
    map.on('moveend', () => this.#moved())
    map.on('click', (event) => this.#pick([event.point.x, event.point.y], 'pointer'))
    map.on('mousemove', (event) => this.#hover(event))
    map.on('sourcedataloading', (event) => this.#tilesCame(event))
    map.on('sourcedata', (event) => this.#tilesCame(event))
    map.on('error', (event) => void this.#failed(event))
    map.on('idle', () => this.#idle())
    map.getCanvas().addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.#pickAtCenter()
    })
  }

  /** The style of a frame is there: the camera goes to the same ground, and the layers follow. */
  #enter(): void {
    const { state } = this.source
    const frame = this.#frame
    this.#layers.begin(frame, state)
    for (const layer of selectionLayers()) this.#map.addLayer(layer)
    this.difference.begin()
    limit(this.#map, this.ground.config.city, frame)
    this.#styled = true
    if (state.camera) this.#jump(state.camera)
    else this.#map.fitBounds(boundsOf(this.ground.config.city.extent), { padding: padding(this.#map), animate: false })
    this.mark(this.#marked)
    this.#moved()
  }

  /** Says what the map is and how the keyboard moves it. */
  #name(): void {
    this.#map.getCanvas().setAttribute('aria-label', say(this.title) + say('mapKeys'))
  }

  /** Leaves one frame for another: what is drawn belongs to the frame, so all of it is made anew. */
  #leave(): void {
    this.#styled = false
    for (const feed of this.#all) feed.stop()
    this.#map.setMaxBounds(null)
    this.#map.setStyle(groundStyle(this.ground.config.city, this.#frame), { diff: false })
  }

  #changed(state: MapState, previous: MapState): void {
    if (state.language !== previous.language) this.#name()
    if (state.frame !== previous.frame) return this.#leave()
    if (!this.#styled) return
    if (state.camera !== previous.camera && state.camera) this.#go(state.camera)
    const drawn = (each: MapState) => [each.visible, each.opacity, each.compare?.mode, isTilted(each)]
    if (drawn(state).some((part, at) => part !== drawn(previous)[at])) this.#layers.apply(state)
    this.#ask()
  }

  #go(camera: Camera): void {
    const { lng, lat } = this.#map.getCenter()
    const far = Math.hypot(lng - camera.center[0], lat - camera.center[1]) > 1e-6
    const turned =
      Math.abs(this.#map.getPitch() - camera.pitch_deg) > 0.1 ||
      Math.abs(this.#map.getBearing() - camera.bearing_deg) > 0.1
    if (far || turned || Math.abs(this.#zoom() - camera.zoom) > 0.001) this.#jump(camera)
  }

  #jump({ center, zoom, pitch_deg, bearing_deg }: Camera): void {
    this.#map.jumpTo({
      center: [...center],
      zoom: zoom + this.#frame.zoomShift,
      pitch: pitch_deg,
      bearing: bearing_deg,
    })
  }

  #zoom(): number {
    return this.#map.getZoom() - this.#frame.zoomShift
  }

  #camera(): Camera {
    const { lng, lat } = this.#map.getCenter()
    return {
      center: [lng, lat],
      zoom: this.#zoom(),
      pitch_deg: this.#map.getPitch(),
      bearing_deg: this.#map.getBearing(),
    }
  }

  #moves(): void {
    if (this.#styled && !this.#led) this.events.moves(this.#camera())
  }

  #moved(): void {
    if (!this.#styled || this.#led) return
    const camera = this.#camera()
    turnable(this.#map, camera.pitch_deg > 0)
    this.source.update({ camera })
    this.#report(camera.center)
  }

  #ask(): void {
    const { state } = this.source
    for (const feed of this.feeds) {
      const { layer } = feed
      const wanted = isVisible(state, layer) && this.#zoom() >= layer.legend.min_zoom
      if (wanted) feed.show(this.#frame.tileMatrixSet, state)
      else feed.stop()
    }
    this.difference.show(this.#frame, spanOf(state, this.ground.config))
  }

  #draw(feed: Feed, tileset: Tileset | null): void {
    if (!this.#styled) return
    if (!tileset) return this.#layers.remove(feed.layer)
    this.#layers.draw(feed.layer, tileset)
    feed.tilesLoaded(this.#layers.settle(feed.layer))
  }

  #tilesCame({ sourceId, sourceDataType }: MapSourceDataEvent): void {
    // After its own description a source's tiles are still those of before.
    if (!this.#styled || sourceDataType === 'metadata') return
    const feed = this.#feedOf(sourceId)
    if (feed) feed.tilesLoaded(this.#layers.settle(feed.layer))
    this.difference.tilesCame(sourceId)
  }

  #idle(): void {
    if (!this.#styled) return
    for (const feed of this.feeds) feed.tilesLoaded(this.#layers.settle(feed.layer))
    this.difference.tilesCame()
    this.events.idle()
  }

  async #failed(event: ErrorEvent): Promise<void> {
    const { sourceId = '', tile } = event as TileErrorEvent
    const feed = this.#feedOf(sourceId)
    if (this.difference.has(sourceId)) {
      return this.difference.fail(await problemOfTile(event.error as Error))
    }
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
    const box: [[number, number], [number, number]] = [
      [x - near, y - near],
      [x + near, y + near],
    ]
    // What differs lies above what is there.
    const refs = [...this.difference.refsIn(box), ...this.#layers.refsIn(box)]
    const known = new Map(refs.map((ref) => [`${ref.layer}/${ref.fid}`, ref]))
    const { lng, lat } = this.#map.unproject([x, y])
    this.events.picked([...known.values()], by, [lng, lat])
  }

  #hover(event: MapMouseEvent): void {
    if (!this.#styled) return
    this.#report([event.lngLat.lng, event.lngLat.lat])
    // What lies under a pointer that drags the map is not asked for.
    if (this.stage.taken || this.#map.isMoving()) return
    const { point } = event
    const any = this.stage.offersAt([point.x, point.y]) || this.difference.refsIn(point).length || this.#layers.refsIn(point).length
    this.#map.getCanvas().style.cursor = any ? 'pointer' : ''
  }

  #report(position: Position4490): void {
    const y = this.#map.getCanvas().clientHeight / 2
    const [left, right] = [0, BAR_PX].map((x) => this.#map.unproject([x, y]))
    if (!left || !right) return
    const meridian_deg = this.ground.config.city.central_meridian_deg
    const from = project(left.lng, left.lat, meridian_deg)
    const to = project(right.lng, right.lat, meridian_deg)
    const length_m = Math.hypot(to.east_m - from.east_m, to.north_m - from.north_m)
    this.events.position(position, length_m / BAR_PX)
  }
}

function collection(features: Feature[]): FeatureCollection {
  return { type: 'FeatureCollection', features }
}

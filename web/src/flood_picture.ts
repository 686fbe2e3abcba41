/** The picture of a run on the map 推演图: tiles of one quantity, or of the depth at an instant. */
import type { ErrorEvent, Map as MapLibre, RasterTileSource } from 'maplibre-gl'
import { address } from './config'
import type { Bounds4490, FrameId } from './model'

const ID = 'flood-run'
/** Above the shapes of the city's layers, below what is selected. */
const BELOW = 'selection-halo'
const TILE_PX = 256
/** Finer tiles would show the same cells. */
const ZOOM_MOST = 17
const OPACITY = 0.8
/** A server that is busy just now is asked again after this, so many times. */
const RETRY_MS = 2500
const RETRIES = 4

export interface Shown {
  readonly run: string
  readonly quantity: string
  /** Seconds of the run; null: the quantity of the whole run. */
  readonly at_s: number | null
  readonly bounds: Bounds4490
  readonly frame: FrameId
}

export class FloodPicture {
  #shown: Shown | null = null
  #tries = 0
  #waiting = 0
  readonly #ended = new AbortController()

  /** `failed`: whether a picture could not be read, asked for several times. */
  constructor(
    private readonly map: MapLibre,
    private readonly meridian_deg: number,
    failed: (failed: boolean) => void,
  ) {
    // Another frame of the map begins with a fresh style.
    const lay = () => this.#lay()
    const spoilt = (event: ErrorEvent & { sourceId?: string }) => {
      if (event.sourceId !== ID || this.#waiting) return
      if (this.#tries === RETRIES) return failed(true)
      this.#tries += 1
      this.#waiting = window.setTimeout(() => {
        this.#waiting = 0
        if (this.#shown) this.map.getSource<RasterTileSource>(ID)?.setTiles([this.#template(this.#shown)])
      }, RETRY_MS)
    }
    const moved = () => {
      this.#tries = 0
      failed(false)
    }
    map.on('styledata', lay)
    map.on('movestart', moved)
    map.on('error', spoilt)
    this.#ended.signal.addEventListener('abort', () => {
      map.off('styledata', lay)
      map.off('movestart', moved)
      map.off('error', spoilt)
      window.clearTimeout(this.#waiting)
    })
  }

  /** Draws this in place of what was drawn; instants of one run follow each other without a gap. */
  show(shown: Shown | null): void {
    const before = this.#shown
    if (JSON.stringify(shown) === JSON.stringify(before)) return
    this.#shown = shown
    this.#tries = 0
    if (!shown || before?.run !== shown.run || before.frame !== shown.frame) this.#clear()
    const source = this.map.getSource<RasterTileSource>(ID)
    if (source && shown) source.setTiles([this.#template(shown)])
    else this.#lay()
  }

  /** Whether everything that was asked for is on the map. */
  get drawn(): boolean {
    return !this.map.getSource(ID) || this.map.isSourceLoaded(ID)
  }

  end(): void {
    this.#ended.abort()
    this.#shown = null
    this.#clear()
  }

  #lay(): void {
    const shown = this.#shown
    if (!shown || this.map.getSource(ID) || !this.map.getLayer(BELOW)) return
    const bounds: [number, number, number, number] = [...shown.bounds]
    this.map.addSource(ID, { type: 'raster', tiles: [this.#template(shown)], tileSize: TILE_PX, bounds, maxzoom: ZOOM_MOST })
    this.map.addLayer(
      {
        id: `${ID}:picture`,
        type: 'raster',
        source: ID,
        paint: { 'raster-opacity': OPACITY, 'raster-resampling': 'nearest', 'raster-fade-duration': 0 },
      },
      BELOW,
    )
  }

  #clear(): void {
    if (this.map.getLayer(`${ID}:picture`)) this.map.removeLayer(`${ID}:picture`)
    if (this.map.getSource(ID)) this.map.removeSource(ID)
  }

  #template({ run, quantity, at_s, frame }: Shown): string {
    const set = { gk: `CGCS2000_GK${this.meridian_deg}Quad`, 4490: 'CGCS2000Quad', mercator: 'WebMercatorQuad' }[frame]
    const asked = at_s === null ? `quantity=${quantity}` : `at=${Math.round(at_s)}`
    // A URL would escape the braces.
    return `${address('.').href}flood/runs/${encodeURIComponent(run)}/map/tiles/${set}/{z}/{y}/{x}?${asked}`
  }
}

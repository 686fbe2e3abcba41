/** 公示瓦片: the layers of a publication on the map, each drawn from tiles of what was pinned. */
import type { ErrorEvent, LayerSpecification, Map as MapLibre } from 'maplibre-gl'
import { address, fetchJson } from './config'
import type { FrameId } from './model'
import type { PublishedLayer } from './publication'
import { publishedLayers } from './publication_overlay'
import type { Pixel } from './stage'
import type { TileJson } from './tile_feed'

/** Above the shapes of the city's layers, which are laid in order below the selection's first. */
const BELOW = 'selection-halo'
const PREFIX = 'published:'
const NOTHING = ''

/** A published feature as its tile carries it. */
export interface PublishedFeature {
  readonly layer: PublishedLayer
  readonly fid: string
  readonly properties: Readonly<Record<string, unknown>>
}

interface Wanted {
  readonly publication: number
  readonly layers: readonly PublishedLayer[]
  readonly frame: FrameId
}

interface Tiled {
  readonly layer: PublishedLayer
  readonly answer: TileJson
}

export class PublishedTiles {
  #wanted = NOTHING
  #laid: readonly Tiled[] = []
  #chosen: PublishedFeature | null = null
  #abort = new AbortController()
  /** What describes the tiles did not come: it is asked for again when the map is moved. */
  #again = false
  readonly #ended = new AbortController()

  /** `moved`: another stretch is in view, tiles may be asked for again; `failed`: one could not be read. */
  constructor(
    private readonly map: MapLibre,
    private readonly meridian_deg: number,
    moved: () => void,
    failed: () => void,
  ) {
    const lay = () => this.#lay()
    const came = () => {
      if (this.#again) this.#wanted = NOTHING
      this.#again = false
      moved()
    }
    const spoilt = (event: ErrorEvent & { sourceId?: string }) => {
      if (event.sourceId?.startsWith(PREFIX)) failed()
    }
    // Another frame of the map begins with a fresh style.
    map.on('styledata', lay)
    map.on('moveend', came)
    map.on('error', spoilt)
    this.#ended.signal.addEventListener('abort', () => {
      map.off('styledata', lay)
      map.off('moveend', came)
      map.off('error', spoilt)
    })
  }

  /** Draws these layers, the first one deepest; ServerProblem where what describes them is not to be had. */
  async show(wanted: Wanted): Promise<void> {
    const key = JSON.stringify([wanted.publication, wanted.frame, wanted.layers.map(({ layer }) => layer)])
    if (key === this.#wanted) return
    this.#wanted = key
    this.#abort.abort()
    const abort = (this.#abort = new AbortController())
    this.#clear()
    const set = this.#matrixSet(wanted.frame)
    const read = wanted.layers.map(async (layer) => {
      const path = `publications/${wanted.publication}/layers/${encodeURIComponent(layer.layer)}/tiles/${set}`
      return { layer, answer: await fetchJson<TileJson>(address(path), abort.signal) }
    })
    const laid = await Promise.all(read).catch((cause: unknown) => {
      this.#again = this.#abort === abort
      throw cause
    })
    if (this.#abort !== abort || this.#ended.signal.aborted) return
    this.#laid = laid
    this.#lay()
  }

  /** The uppermost feature within reach of a pixel. */
  near([x, y]: Pixel, reach_px: number): PublishedFeature | null {
    const layers = this.#laid.flatMap((each) => this.#stylesOf(each).map(({ id }) => id)).filter((id) => this.map.getLayer(id))
    if (!layers.length) return null
    const at = (reach: number) =>
      this.map.queryRenderedFeatures([[x - reach, y - reach], [x + reach, y + reach]], { layers })
    // What lies under the pointer goes before what is beside it.
    const hit = [...at(0), ...at(reach_px)].find(({ properties }) => typeof properties['fid'] === 'string')
    const tiled = hit && this.#laid.find(({ layer }) => sourceOf(layer) === hit.source)
    if (!tiled) return null
    const { fid, ...properties } = hit.properties as Record<string, unknown>
    return { layer: tiled.layer, fid: String(fid), properties }
  }

  /** Marks the feature that is chosen. */
  choose(chosen: PublishedFeature | null): void {
    if (chosen === this.#chosen) return
    this.#chosen = chosen
    for (const tiled of this.#laid) {
      for (const { id, ...style } of this.#stylesOf(tiled)) {
        if ('filter' in style && style.filter && this.map.getLayer(id)) this.map.setFilter(id, style.filter)
      }
    }
  }

  /** Whether tiles of this zoom leave features out. */
  get partial(): boolean {
    return this.#laid.some(({ answer }) => this.map.getZoom() < nearOf(answer))
  }

  end(): void {
    this.#abort.abort()
    this.#ended.abort()
    this.#clear()
  }

  #matrixSet(frame: FrameId): string {
    return { gk: `CGCS2000_GK${this.meridian_deg}Quad`, 4490: 'CGCS2000Quad', mercator: 'WebMercatorQuad' }[frame]
  }

  #lay(): void {
    if (!this.map.getLayer(BELOW)) return
    for (const tiled of this.#laid) {
      const { answer } = tiled
      const source = sourceOf(tiled.layer)
      if (this.map.getSource(source)) continue
      const [west = -180, south = -90, east = 180, north = 90] = answer.bounds ?? []
      const { minzoom = 0, maxzoom = 22 } = answer
      const tiles = [templateOf(answer)]
      this.map.addSource(source, { type: 'vector', tiles, bounds: [west, south, east, north], minzoom, maxzoom })
      for (const style of this.#stylesOf(tiled)) this.map.addLayer(style, BELOW)
    }
  }

  #clear(): void {
    for (const tiled of this.#laid) {
      for (const { id } of this.#stylesOf(tiled)) if (this.map.getLayer(id)) this.map.removeLayer(id)
      if (this.map.getSource(sourceOf(tiled.layer))) this.map.removeSource(sourceOf(tiled.layer))
    }
    this.#laid = []
  }

  #stylesOf({ layer, answer }: Tiled): LayerSpecification[] {
    const fid = this.#chosen?.layer.layer === layer.layer ? this.#chosen.fid : null
    return publishedLayers(sourceOf(layer), layer, nearOf(answer), fid)
  }
}

function sourceOf({ layer }: PublishedLayer): string {
  return PREFIX + layer
}

function nearOf(answer: TileJson): number {
  return answer['onemap:generalisedBelow'] ?? 0
}

/** Below the page's own root, whichever name the server gives itself; a URL would escape the braces. */
function templateOf({ tiles: [said = ''] }: TileJson): string {
  return address('.').href + said.slice(said.indexOf('publications/'))
}

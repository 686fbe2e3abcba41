/** The layers' tiles on MapLibre's map: sources, style layers in their order, and one state's tiles for another's. */
import type {
  LayerSpecification,
  Map as MapLibre,
  PointLike,
  RasterTileSource,
  VectorTileSource,
} from 'maplibre-gl'
import { FID, type Tileset } from './feed'
import type { Frame } from './frames/frame'
import { inFrame } from './frames/levels'
import { isBoundary, isTilted, isVisible } from './model'
import type { Bounds4490, FeatureRef, Layer, MapState } from './model'
import {
  imageSourceOf,
  isSolid,
  labelLayerOf,
  labelSourceOf,
  layersOf,
  OPACITY_PROPERTIES,
  paperLayers,
  sourceOf,
} from './style'

const ABOVE_PAPER = 'graticule'
const ABOVE_SHAPES = 'selection-fill'
/** Tiles are asked for a little beyond where the layer lies, so that it may grow without a new source. */
const MARGIN_DEG = 0.05
/** What stays of a layer's opacity while what differs is drawn above it. */
const BELOW_DIFFERENCES = 0.35
const IMAGE_PX = 256
/** Images are finer than what vector tiles are cut for. */
const FINER = 3

/** Column, row and level of a tile. */
interface Place {
  readonly x: number
  readonly y: number
  readonly z: number
}

export class TiledLayers {
  #layers: readonly Layer[] = []
  #bySource: ReadonlyMap<string, Layer> = new Map()
  #order: readonly string[] = []
  #frame: Frame | null = null
  #state: MapState | null = null
  readonly #drawn = new Map<Layer, Tileset>()
  /** Tiles to draw once those on their way have come. */
  readonly #next = new Map<Layer, Tileset>()
  /** Places by source whose tile could not be read: MapLibre asks for none of them again by itself. */
  readonly #failed = new Map<string, Place[]>()

  constructor(
    private readonly map: MapLibre,
    layers: readonly Layer[],
  ) {
    this.relayer(layers)
  }

  /** These are the layers from now on; those that are no more have been taken off the map. */
  relayer(layers: readonly Layer[]): void {
    // Paper lies under the deepest areas alone.
    const based = this.#layers.find(isArea)
    const moved = based && based !== layers.find(isArea) ? this.#drawn.get(based) : undefined
    if (based && moved) this.remove(based)
    this.#layers = layers
    const inOrder = drawingOrder(layers)
    this.#bySource = new Map(layers.flatMap((layer) => allSourcesOf(layer).map((id) => [id, layer] as const)))
    this.#order = [
      ...inOrder.flatMap((layer) => this.#paperOf(layer)).map(({ id }) => id),
      ABOVE_PAPER,
      ...inOrder.flatMap(layersOf).map(({ id }) => id),
      ABOVE_SHAPES,
      ...layers.flatMap((layer) => labelLayerOf(layer)?.id ?? []),
    ]
    if (based && moved) this.#replace(based, moved)
  }

  layerOf(source: string): Layer | undefined {
    return this.#bySource.get(source)
  }

  /** Begins anew on a fresh style: none of the layers is on it. */
  begin(frame: Frame, state: MapState): void {
    this.#frame = frame
    this.#state = state
    this.#drawn.clear()
    this.#next.clear()
    this.#failed.clear()
  }

  /** Draws these tiles in place of those drawn, which stay until the new ones are there; failed ones are read again. */
  draw(layer: Layer, tileset: Tileset): void {
    const drawn = this.#drawn.get(layer)
    this.#next.delete(layer)
    if (!drawn || !contains(drawn.bounds, tileset.bounds) || !sameLevels(drawn, tileset)) {
      this.#replace(layer, tileset)
    } else if (drawn.template !== tileset.template || drawn.images !== tileset.images) {
      this.#next.set(layer, tileset)
      this.settle(layer)
    } else {
      for (const id of sourcesOf(layer)) this.map.refreshTiles(id, this.#takeFailed(id))
      // A picture that is refreshed is drawn before it is there, which one that failed has nothing for.
      const id = imageSourceOf(layer)
      if (tileset.images && this.#failed.delete(id)) (this.map.getSource(id) as RasterTileSource).setTiles([tileset.images])
    }
  }

  /** The tile at a place could not be read. */
  fail(source: string, { x, y, z }: Place): void {
    this.#failed.set(source, [...(this.#failed.get(source) ?? []), { x, y, z }])
  }

  /** Whether all tiles in view are there. A swap that waited for them begins, and they are not. */
  settle(layer: Layer): boolean {
    if (!this.#drawn.has(layer)) return false
    // MapLibre reads a tile that is on its way from where it was first asked for, whatever has been set since.
    if (!sourcesOf(layer).every((id) => this.map.isSourceLoaded(id))) return false
    const next = this.#next.get(layer)
    if (!next) return true
    this.#next.delete(layer)
    // A failed tile would take a new address for one that is on its way, and wait for ever.
    if (allSourcesOf(layer).some((id) => this.#failed.has(id))) {
      this.#replace(layer, next)
      return false
    }
    this.#drawn.set(layer, { ...next, bounds: this.#drawn.get(layer)?.bounds ?? next.bounds })
    for (const id of sourcesOf(layer)) {
      ;(this.map.getSource(id) as VectorTileSource).setTiles([templateOf(id, layer, next)])
    }
    if (next.images) (this.map.getSource(imageSourceOf(layer)) as RasterTileSource).setTiles([next.images])
    return false
  }

  /** Shows, hides and dims the layers as the state has it. */
  apply(state: MapState): void {
    this.#state = state
    for (const layer of this.#drawn.keys()) this.#apply(layer, state)
  }

  /** Whether a feature of a layer shown lies in what has been read around the view. */
  anyInView(state: MapState): boolean {
    return [...this.#drawn.keys()].some(
      (layer) =>
        isVisible(state, layer) &&
        this.map.querySourceFeatures(sourceOf(layer), { sourceLayer: layer.id }).length > 0,
    )
  }

  /** The features drawn at a point or in a box, topmost first. */
  refsIn(where: PointLike | [PointLike, PointLike]): FeatureRef[] {
    const refs = new Map<string, FeatureRef>()
    for (const hit of this.map.queryRenderedFeatures(where)) {
      const layer = this.#bySource.get(hit.source)?.id
      const fid: unknown = hit.properties[FID]
      if (layer && typeof fid === 'string') refs.set(`${layer}/${fid}`, { layer, fid })
    }
    return [...refs.values()]
  }

  #replace(layer: Layer, tileset: Tileset): void {
    this.remove(layer)
    const { minzoom, maxzoom } = tileset
    const bounds = widened(tileset.bounds)
    for (const id of sourcesOf(layer)) {
      const tiles = [templateOf(id, layer, tileset)]
      this.map.addSource(id, { type: 'vector', tiles, bounds: [...bounds], minzoom, maxzoom })
    }
    if (tileset.images) {
      this.map.addSource(imageSourceOf(layer), {
        type: 'raster',
        tiles: [tileset.images],
        tileSize: IMAGE_PX,
        bounds: [...bounds],
        maxzoom: maxzoom + FINER,
      })
    }
    this.#drawn.set(layer, { ...tileset, bounds })
    for (const each of this.#stylesOf(layer)) this.map.addLayer(each, this.#above(each.id))
    if (this.#state) this.#apply(layer, this.#state)
  }

  #takeFailed(source: string): Place[] {
    const places = this.#failed.get(source) ?? []
    this.#failed.delete(source)
    return places
  }

  /** Takes a layer off the map. */
  remove(layer: Layer): void {
    this.#next.delete(layer)
    for (const id of allSourcesOf(layer)) this.#failed.delete(id)
    if (!this.#drawn.delete(layer)) return
    for (const { id } of this.#stylesOf(layer)) this.map.removeLayer(id)
    for (const id of allSourcesOf(layer)) {
      if (this.map.getSource(id)) this.map.removeSource(id)
    }
  }

  #apply(layer: Layer, state: MapState): void {
    const visibility = isVisible(state, layer) ? 'visible' : 'none'
    const faded = state.compare?.mode === 'difference' ? BELOW_DIFFERENCES : 1
    const share = (state.opacity[layer.id] ?? 1) * faded
    const paper = new Set(this.#paperOf(layer).map(({ id }) => id))
    for (const each of this.#stylesOf(layer)) {
      const hidden = isSolid(each) && !isTilted(state)
      this.map.setLayoutProperty(each.id, 'visibility', hidden ? 'none' : visibility)
      if (!paper.has(each.id)) this.#dim(each, share)
    }
  }

  /** Scales what the legend says by the visitor's share. */
  #dim(layer: LayerSpecification, share: number): void {
    const own: Record<string, unknown> = layer.paint ?? {}
    for (const property of OPACITY_PROPERTIES[layer.type as keyof typeof OPACITY_PROPERTIES]) {
      const full = own[property]
      this.map.setPaintProperty(layer.id, property, (typeof full === 'number' ? full : 1) * share)
    }
  }

  #stylesOf(layer: Layer): LayerSpecification[] {
    const frame = this.#frame
    if (!frame) return []
    const labels = labelLayerOf(layer)
    const styles = [...this.#paperOf(layer), ...layersOf(layer), ...(labels ? [labels] : [])]
    return styles.map((each) => inFrame(each, layer, frame))
  }

  #paperOf(layer: Layer): LayerSpecification[] {
    return layer === this.#layers.find(isArea) ? paperLayers(layer) : []
  }

  /** The next style layer in the order that is on the map; undefined: none lies above. */
  #above(id: string): string | undefined {
    return this.#order.slice(this.#order.indexOf(id) + 1).find((each) => this.map.getLayer(each))
  }
}

function sourcesOf(layer: Layer): string[] {
  return [...new Set([sourceOf(layer), labelSourceOf(layer)])]
}

/** With that of its images. */
function allSourcesOf(layer: Layer): string[] {
  return layer.imagery ? [...sourcesOf(layer), imageSourceOf(layer)] : sourcesOf(layer)
}

function templateOf(source: string, layer: Layer, { template, labels }: Tileset): string {
  return source === sourceOf(layer) ? template : labels
}

function isArea(layer: Layer): boolean {
  return layer.legend.kind !== 'none' && (layer.geometry?.endsWith('Polygon') ?? false)
}

/** The catalogue's order, except that boundaries, areas drawn as lines, lie on everything. */
function drawingOrder(layers: readonly Layer[]): Layer[] {
  return [...layers.filter((layer) => !isBoundary(layer)), ...layers.filter(isBoundary)]
}

function contains(outer: Bounds4490, inner: Bounds4490): boolean {
  return (
    outer[0] <= inner[0] && outer[1] <= inner[1] && outer[2] >= inner[2] && outer[3] >= inner[3]
  )
}

function sameLevels(one: Tileset, other: Tileset): boolean {
  return one.minzoom === other.minzoom && one.maxzoom === other.maxzoom
}

function widened([west, south, east, north]: Bounds4490): Bounds4490 {
  return [
    Math.max(-180, west - MARGIN_DEG),
    Math.max(-90, south - MARGIN_DEG),
    Math.min(180, east + MARGIN_DEG),
    Math.min(90, north + MARGIN_DEG),
  ]
}

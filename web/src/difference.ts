/** 变化图: what differs between two states of a layer, drawn above everything but names. */
import type { LayerSpecification, Map as MapLibre, PointLike, VectorTileSource } from 'maplibre-gl'
import { parametersOf, isEmpty, type Span } from './compare'
import { address, type ServerProblem } from './config'
import { FID } from './feed'
import type { Frame } from './frames/frame'
import type { FeatureRef } from './model'
import { TileFeed, tilesOf, type FeedListener, type TileJson, type Tiles } from './tile_feed'

const SOURCE = 'difference'

type Styles = (source: string, layer: string) => LayerSpecification[]
/** Above the shapes, which are laid in order below the selection's first. */
const BELOW = 'selection-halo'

interface Wanted {
  readonly tileMatrixSet: string
  readonly span: Span
}

/** Tiles of a difference, and what was meant by those of its ends that were not named. */
export interface DifferenceTiles extends Tiles {
  readonly span: Span
  readonly pinned: Readonly<Record<string, string>>
  /** The coarsest zoom, in the state's levels, at which nothing is left out. */
  readonly complete: number
}

class DifferenceFeed extends TileFeed<Wanted, DifferenceTiles> {
  zoomShift = 0

  constructor(listener: FeedListener<DifferenceTiles>) {
    super(listener)
  }

  show(tileMatrixSet: string, span: Span): void {
    this.want({ tileMatrixSet, span })
  }

  protected override settled({ span }: Wanted): boolean {
    return span.older.asof !== null && span.newer.asof !== null
  }

  protected override addressOf({ tileMatrixSet, span }: Wanted): URL {
    const url = address(`collections/${encodeURIComponent(span.layer)}/changes/tiles/${tileMatrixSet}`)
    url.search = new URLSearchParams({ f: 'tilejson', ...parametersOf(span) }).toString()
    return url
  }

  protected override drawn(answer: TileJson, { span }: Wanted): DifferenceTiles {
    const { v, ...pinned } = answer['onemap:pinned'] ?? {}
    const complete = (answer['onemap:generalisedBelow'] ?? 0) - this.zoomShift
    return { ...tilesOf(answer), span, pinned, complete }
  }
}

export class Difference {
  readonly feed: DifferenceFeed
  #span: Span | null = null
  #tiles: DifferenceTiles | null = null
  /** How what differs is drawn; read with the first difference. */
  #styles: Styles | null = null
  /** A tile failed since the tiles were last laid. */
  #spoilt = false

  constructor(
    private readonly map: MapLibre,
    private readonly changed: () => void,
  ) {
    this.feed = new DifferenceFeed({
      pinned: (tiles) => this.#draw(tiles),
      changed: () => this.changed(),
    })
  }

  /** What is drawn; null: nothing yet. */
  get tiles(): DifferenceTiles | null {
    return this.#tiles
  }

  /** Begins anew on a fresh style: nothing of it is on it. */
  begin(): void {
    this.#tiles = null
  }

  /** Draws this difference; null, and one of a state with itself, draws none. */
  show(frame: Frame, span: Span | null): void {
    this.#span = span && !isEmpty(span) ? span : null
    if (!this.#span) return this.#end()
    if (!this.#styles) return void this.#readStyles(frame)
    if (this.#tiles && this.#tiles.span.layer !== this.#span.layer) this.#remove()
    this.feed.zoomShift = frame.zoomShift
    this.feed.show(frame.tileMatrixSet, this.#span)
  }

  async #readStyles(frame: Frame): Promise<void> {
    this.#styles = (await import('./difference_layers')).stylesOf
    this.show(frame, this.#span)
  }

  /** Others changed these layers; null: any may have changed. */
  refresh(layers: ReadonlySet<string> | null): void {
    if (this.#span && (layers?.has(this.#span.layer) ?? true)) this.feed.refresh()
  }

  has(source: string): boolean {
    return source === SOURCE
  }

  /** A tile could not be read: MapLibre asks for it again only with all others. */
  fail(problem: ServerProblem): void {
    this.#spoilt = true
    this.feed.tileFailed(problem)
  }

  /** Tiles may have come. */
  tilesCame(source: string = SOURCE): void {
    if (source === SOURCE && this.#tiles) this.feed.tilesLoaded(this.map.isSourceLoaded(SOURCE))
  }

  /** What differs at a point or in a box. */
  refsIn(where: PointLike | [PointLike, PointLike]): FeatureRef[] {
    const layer = this.#tiles?.span.layer
    if (!layer) return []
    const layers = this.#stylesOf(layer).map(({ id }) => id)
    const hits = this.map.queryRenderedFeatures(where, { layers })
    return hits.flatMap(({ properties }) => {
      const fid: unknown = properties[FID]
      return typeof fid === 'string' ? [{ layer, fid }] : []
    })
  }

  /** Draws these tiles; those drawn before stay until the new ones are there, where that can be. */
  #draw(tiles: DifferenceTiles | null): void {
    if (!tiles) return this.#remove()
    const drawn = this.#spoilt ? null : this.#tiles
    const source = this.map.getSource<VectorTileSource>(SOURCE)
    if (!source || !drawn || placeOf(drawn) !== placeOf(tiles) || !this.map.isSourceLoaded(SOURCE)) {
      this.#replace(tiles)
    } else if (drawn.template !== tiles.template) source.setTiles([tiles.template])
    this.#spoilt = false
    this.#tiles = tiles
    this.tilesCame()
    this.changed()
  }

  #replace(tiles: DifferenceTiles): void {
    this.#remove()
    const { template, bounds, minzoom, maxzoom } = tiles
    this.map.addSource(SOURCE, { type: 'vector', tiles: [template], bounds: [...bounds], minzoom, maxzoom })
    for (const style of this.#stylesOf(tiles.span.layer)) this.map.addLayer(style, BELOW)
  }

  #stylesOf(layer: string): LayerSpecification[] {
    return this.#styles?.(SOURCE, layer) ?? []
  }

  #end(): void {
    this.feed.stop()
    if (this.#tiles) this.#remove()
  }

  #remove(): void {
    if (!this.#tiles) return
    for (const { id } of this.#stylesOf(this.#tiles.span.layer)) this.map.removeLayer(id)
    this.map.removeSource(SOURCE)
    this.#tiles = null
  }
}

/** What tiles have in common that can take each other's place. */
function placeOf({ span, bounds, minzoom, maxzoom }: DifferenceTiles): string {
  return JSON.stringify([span.layer, bounds, minzoom, maxzoom])
}

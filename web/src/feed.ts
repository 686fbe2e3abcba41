/** Where a layer's tiles are at the chosen times, and single features of it, from the platform's own APIs. */
import type { Feature } from 'geojson'
import { toInstant } from './clock'
import { address, fetchJson, problemOf, ServerProblem } from './config'
import { refuse } from './credential'
import type { FeatureRef, ImageStyle, Layer, Times } from './model'
import { TileFeed, tilesOf, type FeedListener, type TileJson, type Tiles } from './tile_feed'

/** The property of a feature of a tile that says which one it is. */
export const FID = 'fid'

/** Tiles of one state of a layer. */
export interface Tileset extends Tiles {
  /** The template of the points at which its areas are labelled. */
  readonly labels: string
  /** That of the images whose outlines its features are; null: they are no images. */
  readonly images: string | null
}

interface Wanted {
  readonly tileMatrixSet: string
  readonly times: Times
  /** Of images alone. */
  readonly style: ImageStyle | null
}

/** The tiles of one layer. */
export class Feed extends TileFeed<Wanted, Tileset> {
  constructor(
    readonly layer: Layer,
    listener: FeedListener<Tileset>,
  ) {
    super(listener)
  }

  /** Makes the layer's state at these times the one that is drawn; the latest call wins. */
  show(tileMatrixSet: string, { datetime, asof, images }: Times & { readonly images: ImageStyle }): void {
    const style = this.layer.imagery ? images : null
    this.want({ tileMatrixSet, times: { datetime, asof }, style })
  }

  /** What the platform knew at an instant never changes. */
  protected override settled({ times }: Wanted): boolean {
    return times.asof !== null
  }

  protected override addressOf({ tileMatrixSet, times }: Wanted): URL {
    const { id, legend } = this.layer
    const url = address(`collections/${encodeURIComponent(id)}/tiles/${tileMatrixSet}`)
    url.searchParams.set('f', 'tilejson')
    const drawn = [...new Set([legend.label, legend.by])].filter((name) => name !== null)
    if (drawn.length) url.searchParams.set('properties', drawn.join(','))
    setTimes(url, times)
    return url
  }

  protected override drawn(answer: TileJson, wanted: Wanted): Tileset {
    const tiles = tilesOf(answer)
    const { template } = tiles
    return {
      ...tiles,
      labels: `${template}${template.includes('?') ? '&' : '?'}labels=true`,
      images: this.layer.imagery ? imagesOf(this.layer, wanted, answer['onemap:changeset'] ?? 0) : null,
    }
  }
}

/** Images taken by then, as catalogued then; another changeset is another address. */
function imagesOf(layer: Layer, { tileMatrixSet, times, style }: Wanted, changeset: number): string {
  const url = address(`collections/${encodeURIComponent(layer.id)}/map/tiles/${tileMatrixSet}`)
  setTimes(url, times)
  if (style) url.searchParams.set('style', style)
  url.searchParams.set('v', String(changeset))
  return `${url.origin}${url.pathname}/{z}/{y}/{x}${url.search}`
}

/** One feature as it stands at these times; null where it is not there then. */
export async function fetchFeature(
  { layer, fid }: FeatureRef,
  times: Times,
  signal: AbortSignal,
): Promise<Feature | null> {
  const url = address(`collections/${encodeURIComponent(layer)}/items/${encodeURIComponent(fid)}`)
  setTimes(url, times)
  return orNull(fetchJson<Feature>(url, signal))
}

/** One version of a feature: what was believed of it, since when, and who said so. */
export interface Version extends Feature {
  readonly recorded_from: string
  readonly recorded_to: string | null
  readonly opened_by: number
  readonly author: string
  readonly department: string
  readonly reason: string
}

/** All that was ever believed of a feature. */
export async function fetchVersions(
  { layer, fid }: FeatureRef,
  signal: AbortSignal,
): Promise<readonly Version[] | null> {
  const path = `collections/${encodeURIComponent(layer)}/items/${encodeURIComponent(fid)}/versions`
  const answer = await orNull(fetchJson<{ features: readonly Version[] }>(address(path), signal))
  return answer?.features ?? null
}

/** What a tile's request met, as a planner reads it. */
export async function problemOfTile(error: Error): Promise<ServerProblem> {
  const { status = 0, body } = error as { status?: number; body?: Blob }
  if (!status || !body) return new ServerProblem(0, '服务器没有应答。', 'The server does not answer.')
  if (status === 401) refuse()
  return problemOf(new Response(body, { status }))
}

function setTimes(url: URL, times: Times): void {
  if (times.datetime) url.searchParams.set('datetime', toInstant(times.datetime))
  if (times.asof) url.searchParams.set('asof', toInstant(times.asof))
}

async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer
  } catch (cause) {
    if (cause instanceof ServerProblem && cause.status === 404 && cause.code !== 'unknown-layer') return null
    throw cause
  }
}

/**
 * Where a layer's tiles are at the chosen times, and single features of it, from the platform's own APIs.
 *
 * The only module that knows how the map's data arrives.
 */
import type { Feature } from 'geojson'
import { toInstant } from './clock'
import { address, fetchJson, problemOf, ServerProblem } from './config'
import { refuse } from './credential'
import type { Bounds4490, FeatureRef, ImageStyle, Layer, Times } from './model'

/** The property of a feature of a tile that says which one it is. */
export const FID = 'fid'
/** A failed layer is asked for again after so long, twice as long each time. */
const FIRST_RETRY_MS = 1000
const LAST_RETRY_MS = 30_000

export interface FeedStatus {
  readonly phase: 'idle' | 'loading' | 'ready' | 'failed'
  readonly problem: ServerProblem | null
}

/** Tiles of one state of a layer: what the address names never changes. */
export interface Tileset {
  /** With `{z}`, `{y}`, `{x}`. */
  readonly template: string
  /** The same for the points at which its areas are labelled. */
  readonly labels: string
  /** The same for the images whose outlines its features are; null: they are no images. */
  readonly images: string | null
  readonly bounds: Bounds4490
  readonly minzoom: number
  readonly maxzoom: number
}

interface TileJson {
  readonly tiles: readonly string[]
  readonly bounds?: readonly number[]
  readonly minzoom?: number
  readonly maxzoom?: number
  readonly 'onemap:changeset'?: number | null
}

interface Wanted {
  readonly tileMatrixSet: string
  readonly times: Times
  /** Of images alone. */
  readonly style: ImageStyle | null
}

export interface FeedListener {
  /** Tiles to draw from now on. */
  pinned(feed: Feed, tileset: Tileset): void
  changed(): void
}

/** One layer's tiles: which are right, whether they are there, and what went wrong. */
export class Feed {
  #wanted: Wanted | null = null
  #pending: AbortController | null = null
  #loaded = false
  #problem: ServerProblem | null = null
  /** A tile failed since the tiles were last pinned. */
  #spoilt = false
  #overtaken = false
  #failures = 0
  #retry: number | undefined
  #said: FeedStatus = { phase: 'idle', problem: null }

  constructor(
    readonly layer: Layer,
    private readonly listener: FeedListener,
  ) {}

  get status(): FeedStatus {
    return this.#said
  }

  /** Makes the layer's state at these times the one that is drawn; the latest call wins. */
  show(tileMatrixSet: string, { datetime, asof, images }: Times & { readonly images: ImageStyle }): void {
    const style = this.layer.imagery ? images : null
    const wanted = { tileMatrixSet, times: { datetime, asof }, style }
    if (JSON.stringify(wanted) === JSON.stringify(this.#wanted)) return
    this.#wanted = wanted
    this.#loaded = false
    void this.#ask()
  }

  /** Asks whether the layer has changed; what the platform knew at an instant never does. */
  refresh(): void {
    if (!this.#wanted || this.#wanted.times.asof) return
    // An answer on its way may have been made before the change.
    if (this.#pending) this.#overtaken = true
    else void this.#ask()
  }

  /** Asks for everything anew after a failure. */
  reload(): void {
    if (this.#wanted) void this.#ask()
  }

  /** The layer is not drawn any more. */
  stop(): void {
    this.#wanted = null
    this.#pending?.abort()
    this.#pending = null
    this.#recover()
  }

  /** Whether all tiles in view are there. */
  tilesLoaded(loaded: boolean): void {
    if (!this.#wanted || (this.#loaded === loaded && !this.#problem)) return
    this.#loaded = loaded
    if (loaded && !this.#spoilt && !this.#pending) this.#recover()
    this.#say()
  }

  /** A tile could not be read. */
  tileFailed(problem: ServerProblem): void {
    if (!this.#wanted) return
    this.#spoilt = true
    this.#fail(problem)
  }

  async #ask(): Promise<void> {
    const { layer } = this
    const wanted = this.#wanted
    if (!wanted) return
    this.#pending?.abort()
    const pending = (this.#pending = new AbortController())
    this.#overtaken = false
    this.#say()
    try {
      const answer = await fetchJson<TileJson>(tileJsonAddress(layer, wanted), pending.signal)
      if (this.#pending !== pending) return
      this.#pending = null
      this.#spoilt = false
      this.listener.pinned(this, tilesetOf(answer, layer, wanted))
      this.#say()
      if (this.#overtaken) void this.#ask()
    } catch (cause) {
      if (this.#pending !== pending) return
      this.#pending = null
      this.#fail(asProblem(cause))
    }
  }

  #fail(problem: ServerProblem): void {
    this.#problem = problem
    if (this.#retry === undefined && passes(problem)) {
      const wait_ms = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++)
      this.#retry = window.setTimeout(() => {
        this.#retry = undefined
        this.reload()
      }, wait_ms)
    }
    this.#say()
  }

  #recover(): void {
    this.#problem = null
    this.#failures = 0
    window.clearTimeout(this.#retry)
    this.#retry = undefined
    this.#say()
  }

  #say(): void {
    const status = { phase: this.#phase(), problem: this.#problem }
    if (status.phase === this.#said.phase && status.problem === this.#said.problem) return
    this.#said = status
    this.listener.changed()
  }

  #phase(): FeedStatus['phase'] {
    if (!this.#wanted) return 'idle'
    if (this.#problem) return 'failed'
    return this.#loaded ? 'ready' : 'loading'
  }
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

function tileJsonAddress(layer: Layer, { tileMatrixSet, times }: Wanted): URL {
  const url = address(`collections/${encodeURIComponent(layer.id)}/tiles/${tileMatrixSet}`)
  url.searchParams.set('f', 'tilejson')
  const { label, by } = layer.legend
  const drawn = [...new Set([label, by])].filter((name) => name !== null)
  if (drawn.length) url.searchParams.set('properties', drawn.join(','))
  setTimes(url, times)
  return url
}

function tilesetOf(answer: TileJson, layer: Layer, wanted: Wanted): Tileset {
  const [said] = answer.tiles
  const from = said?.indexOf('collections/') ?? -1
  if (!said || from < 0) throw new Error(`tiles: ${said}`)
  const [west = -180, south = -90, east = 180, north = 90] = answer.bounds ?? []
  // Below the page's own root, whichever name the server gives itself; a URL would escape the braces.
  const template = address('.').href + said.slice(from)
  return {
    template,
    labels: `${template}${template.includes('?') ? '&' : '?'}labels=true`,
    images: layer.imagery ? imagesOf(layer, wanted, answer['onemap:changeset'] ?? 0) : null,
    bounds: [west, south, east, north],
    minzoom: answer.minzoom ?? 0,
    maxzoom: answer.maxzoom ?? 22,
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

function setTimes(url: URL, times: Times): void {
  if (times.datetime) url.searchParams.set('datetime', toInstant(times.datetime))
  if (times.asof) url.searchParams.set('asof', toInstant(times.asof))
}

async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer
  } catch (cause) {
    if (cause instanceof ServerProblem && cause.status === 404) return null
    throw cause
  }
}

/** Whether asking again later may help: an expired token or a wrong address it does not. */
function passes({ status }: ServerProblem): boolean {
  return status === 0 || status === 429 || status >= 500
}

function asProblem(cause: unknown): ServerProblem {
  if (cause instanceof ServerProblem) return cause
  return new ServerProblem(0, '服务器的答复无法读取。', `The answer cannot be read: ${String(cause)}`)
}

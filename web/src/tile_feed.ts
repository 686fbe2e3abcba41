/**
 * Tiles that are asked for: which are right now, whether they are there, what went wrong.
 *
 * What passes by itself is asked for again.
 */
import { address, fetchJson, ServerProblem } from './config'
import type { Bounds4490 } from './model'

/** A failed layer is asked for again after so long, twice as long each time. */
const FIRST_RETRY_MS = 1000
const LAST_RETRY_MS = 30_000

export interface FeedStatus {
  readonly phase: 'idle' | 'loading' | 'ready' | 'failed'
  readonly problem: ServerProblem | null
}

/** Tiles of one state: what the address names never changes. */
export interface Tiles {
  /** With `{z}`, `{y}`, `{x}`. */
  readonly template: string
  readonly bounds: Bounds4490
  readonly minzoom: number
  readonly maxzoom: number
}

export interface TileJson {
  readonly tiles: readonly string[]
  readonly bounds?: readonly number[]
  readonly minzoom?: number
  readonly maxzoom?: number
  readonly 'onemap:changeset'?: number | null
  /** In the levels of the tiles: those that are coarser leave features out. */
  readonly 'onemap:generalisedBelow'?: number
  /** The instants and changesets that were meant. */
  readonly 'onemap:pinned'?: Readonly<Record<string, string>>
}

export interface FeedListener<Drawn> {
  /** Tiles to draw from now on; null: the layer has been withdrawn, or is not for this visitor any more. */
  pinned(tiles: Drawn | null): void
  changed(): void
}

/** Tiles of one source: which are right, whether they are there, and what went wrong. */
export abstract class TileFeed<Wanted, Drawn extends Tiles> {
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

  constructor(private readonly listener: FeedListener<Drawn>) {}

  /** Whether nothing that is written later changes these tiles. */
  protected abstract settled(wanted: Wanted): boolean
  /** Where their TileJSON is. */
  protected abstract addressOf(wanted: Wanted): URL
  protected abstract drawn(answer: TileJson, wanted: Wanted): Drawn

  get status(): FeedStatus {
    return this.#said
  }

  /** Makes these tiles the ones that are drawn; the latest call wins. */
  protected want(wanted: Wanted): void {
    if (JSON.stringify(wanted) === JSON.stringify(this.#wanted)) return
    this.#wanted = wanted
    this.#loaded = false
    void this.#ask()
  }

  /** Asks whether the tiles have changed. */
  refresh(): void {
    if (!this.#wanted || this.settled(this.#wanted)) return
    // An answer on its way may have been made before the change.
    if (this.#pending) this.#overtaken = true
    else void this.#ask()
  }

  /** Asks for everything anew after a failure. */
  reload(): void {
    if (this.#wanted) void this.#ask()
  }

  /** The tiles are not drawn any more. */
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
    const wanted = this.#wanted
    if (!wanted) return
    this.#pending?.abort()
    const pending = (this.#pending = new AbortController())
    this.#overtaken = false
    this.#say()
    try {
      const answer = await fetchJson<TileJson>(this.addressOf(wanted), pending.signal)
      if (this.#pending !== pending) return
      this.#pending = null
      this.#spoilt = false
      this.listener.pinned(this.drawn(answer, wanted))
      this.#say()
      if (this.#overtaken) void this.#ask()
    } catch (cause) {
      if (this.#pending !== pending) return
      this.#pending = null
      const problem = asProblem(cause)
      if (problem.code === 'unknown-layer') this.listener.pinned(null)
      this.#fail(problem)
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

/** What a TileJSON says. */
export function tilesOf(answer: TileJson): Tiles {
  const [said] = answer.tiles
  const from = said?.indexOf('collections/') ?? -1
  if (!said || from < 0) throw new Error(`tiles: ${said}`)
  const [west = -180, south = -90, east = 180, north = 90] = answer.bounds ?? []
  // Below the page's own root, whichever name the server gives itself; a URL would escape the braces.
  const template = address('.').href + said.slice(from)
  return {
    template,
    bounds: [west, south, east, north],
    minzoom: answer.minzoom ?? 0,
    maxzoom: answer.maxzoom ?? 22,
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

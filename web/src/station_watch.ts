/**
 * Live stations 实时测站: what is written is asked for every few seconds while the page is seen.
 *
 * As long as nothing is written the platform answers that nothing changed (304), without a body. There is no
 * announcement of observations: one for each message would slow down who sends them.
 */
import { ServerProblem } from './config'
import { fetchProperties, fetchStations, merged, type Property, type Station } from './monitoring'
import type { Store } from './store'

const LOOK_MS = 3000

export class StationWatch {
  stations: readonly Station[] | null = null
  properties: ReadonlyMap<number, Property> = new Map()
  /** When something was written last, as far as is known. */
  at: string | null = null
  /** Why the last look failed; null where it did not. */
  problem: string | null = null
  readonly #listeners = new Set<() => void>()
  #abort = new AbortController()
  #waiting = 0

  /** Tells when something changed, for as long as the answer is not called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    if (this.#listeners.size === 1) {
      this.#abort = new AbortController()
      void this.#look()
    }
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size) return
      window.clearTimeout(this.#waiting)
      this.#abort.abort()
    }
  }

  async #look(): Promise<void> {
    const { signal } = this.#abort
    try {
      if (!document.hidden || this.stations === null) await this.#read(signal)
    } catch (cause) {
      if (signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
      this.#tell()
    }
    if (!signal.aborted) this.#waiting = window.setTimeout(() => void this.#look(), LOOK_MS)
  }

  async #read(signal: AbortSignal): Promise<void> {
    if (!this.properties.size) this.properties = await fetchProperties(signal)
    const now = await fetchStations(this.stations === null ? null : this.at, signal)
    this.problem = null
    this.at = now.at
    // Something that was never heard of may measure what was not known.
    const strange = now.stations.some(({ datastreams }) =>
      datastreams.some(({ property }) => !this.properties.has(property)),
    )
    if (strange) this.properties = await fetchProperties(signal)
    this.stations = merged(this.stations ?? [], now.stations)
    // Also where nothing was written: what nobody sends grows old.
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

const watches = new WeakMap<Store, StationWatch>()

/** The watch of this page, which several parts share. */
export function watchOf(store: Store): StationWatch {
  const known = watches.get(store) ?? new StationWatch()
  watches.set(store, known)
  return known
}

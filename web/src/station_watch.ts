/**
 * Live stations 实时测站: the platform tells what was written; while it cannot, it is asked every few seconds as
 * long as the page is seen. As long as nothing is written it answers that nothing changed (304), without a body.
 */
import { address, ServerProblem } from './config'
import { EventStream } from './event_stream'
import { fetchProperties, fetchStations, merged, type Property, type Station } from './monitoring'
import type { Store } from './store'

const LOOK_MS = 3000
/** While the platform tells: what nobody sends grows old all the same. */
const LOOK_WHILE_TOLD_MS = 60_000

export class StationWatch {
  stations: readonly Station[] | null = null
  properties: ReadonlyMap<number, Property> = new Map()
  /** When something was written last, as far as is known. */
  written: string | null = null
  /** Why the last look failed; null where it did not. */
  problem: string | null = null
  readonly #listeners = new Set<() => void>()
  #abort = new AbortController()
  /** Counts what was heard. */
  news = 0
  #waiting = 0
  /** Up to when it was asked. */
  #at: string | null = null
  #stream: EventStream | null = null
  /** Whether the platform tells by itself; the newest look began after that. */
  told = false

  /** Tells when something changed, for as long as the answer is not called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener)
    if (this.#listeners.size === 1) {
      this.#abort = new AbortController()
      void this.#look()
      document.addEventListener('visibilitychange', () => this.#listen(), { signal: this.#abort.signal })
      this.#listen()
    }
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size) return
      window.clearTimeout(this.#waiting)
      this.#abort.abort()
      this.#stream?.close()
      this.told = false
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
    if (signal.aborted) return
    window.clearTimeout(this.#waiting)
    this.#waiting = window.setTimeout(() => void this.#look(), this.told ? LOOK_WHILE_TOLD_MS : LOOK_MS)
  }

  /** As long as the page is seen: a browser has few connections for all its pages. */
  #listen(): void {
    const { signal } = this.#abort
    this.#stream?.close()
    this.#turned(false)
    if (document.hidden) return
    this.#stream = new EventStream(address('observations/stream'), {
      opened: () => this.#turned(true),
      event: (name, data) => void (name === 'stations' && this.#heard(JSON.parse(data) as Station[])),
      broken: () => {
        this.#turned(false)
        // The platform has no place left, or its database is away.
        if (this.#stream?.ended) window.setTimeout(() => signal.aborted || this.#listen(), LOOK_WHILE_TOLD_MS)
      },
    })
  }

  /** What was written before the platform began to tell, or since it stopped, is asked for. */
  #turned(told: boolean): void {
    if (told === this.told) return
    this.told = told
    window.clearTimeout(this.#waiting)
    void this.#look()
  }

  #heard(stations: readonly Station[]): void {
    if (this.stations === null || this.#strange(stations)) {
      window.clearTimeout(this.#waiting)
      void this.#look()
      return
    }
    this.stations = merged(this.stations, stations)
    this.news++
    for (const { datastreams } of stations)
      for (const each of datastreams) this.written = later(this.written, each.recorded_at)
    this.#tell()
  }

  /** Something that was never heard of may measure what was not known. */
  #strange(stations: readonly Station[]): boolean {
    return stations.some(({ datastreams }) => datastreams.some(({ property }) => !this.properties.has(property)))
  }

  async #read(signal: AbortSignal): Promise<void> {
    if (!this.properties.size) this.properties = await fetchProperties(signal)
    const now = await fetchStations(this.stations === null ? null : this.#at, signal)
    this.problem = null
    if (now.at !== this.#at) this.news++
    this.#at = now.at
    this.written = later(this.written, now.at)
    if (this.#strange(now.stations)) this.properties = await fetchProperties(signal)
    this.stations = merged(this.stations ?? [], now.stations)
    // Also where nothing was written: what nobody sends grows old.
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

function later(one: string | null, other: string | null): string | null {
  return one === null || (other !== null && Date.parse(other) > Date.parse(one)) ? other : one
}

const watches = new WeakMap<Store, StationWatch>()

/** The watch of this page, which several parts share. */
export function watchOf(store: Store): StationWatch {
  const known = watches.get(store) ?? new StationWatch()
  watches.set(store, known)
  return known
}

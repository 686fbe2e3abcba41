import { remembered, speak } from './language'
import { initialState, type MapState } from './model'
import { fromHash, toHash } from './url'

export type Listener = (state: MapState, previous: MapState) => void

/** What a map draws from and tells back: the page's store, or the other side of what it compares. */
export interface MapSource {
  readonly state: MapState
  update(change: Partial<MapState>): void
  /** Gives back what ends it. */
  subscribe(listener: Listener): () => void
}

/** The one holder of the map's state; the address bar follows it, and it follows the address bar. */
export class Store implements MapSource {
  #state: MapState = initialState
  readonly #listeners = new Set<Listener>()

  get state(): MapState {
    return this.#state
  }

  /** Takes the state from the address and keeps the two equal from now on. */
  bindToAddress(): void {
    this.#state = fromHash(location.hash, remembered())
    speak(this.#state.language)
    window.addEventListener('hashchange', () => {
      if (location.hash !== toHash(this.#state)) this.#set(fromHash(location.hash, remembered()))
    })
  }

  update(change: Partial<MapState>): void {
    this.#set({ ...this.#state, ...change })
    const hash = toHash(this.#state)
    if (hash !== location.hash) {
      history.replaceState(history.state, '', hash || location.pathname + location.search)
    }
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #set(next: MapState): void {
    const previous = this.#state
    this.#state = next
    speak(next.language)
    for (const listener of this.#listeners) listener(next, previous)
  }
}

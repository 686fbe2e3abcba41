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
  /** The address as it was last read or written here: another one stands there when somebody has just put it in. */
  #address = location.hash
  readonly #listeners = new Set<Listener>()

  get state(): MapState {
    return this.#state
  }

  /** Takes the state from the address and keeps the two equal from now on. */
  bindToAddress(): void {
    this.#address = location.hash
    this.#state = fromHash(location.hash, remembered())
    speak(this.#state.language)
    window.addEventListener('hashchange', () => this.#follow())
  }

  update(change: Partial<MapState>): void {
    // The browser tells of a link put into the address only after what already waits, such as a map that still moves.
    if (this.#follow()) change = { ...change, camera: this.#state.camera }
    this.#set({ ...this.#state, ...change })
    const hash = toHash(this.#state)
    if (hash !== location.hash) {
      history.replaceState(history.state, '', hash || location.pathname + location.search)
    }
    this.#address = location.hash
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Takes what stands in the address, if it was put there by another than this; tells whether it was. */
  #follow(): boolean {
    if (location.hash === this.#address) return false
    this.#address = location.hash
    this.#set(fromHash(location.hash, remembered()))
    return true
  }

  #set(next: MapState): void {
    const previous = this.#state
    this.#state = next
    speak(next.language)
    for (const listener of this.#listeners) listener(next, previous)
  }
}

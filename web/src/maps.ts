/**
 * The maps of the page: the planner's own and, while two are compared, the one beside it.
 *
 * One change stream serves both; where one looks, the other looks.
 */
import { setWorkerUrl } from 'maplibre-gl'
import type { Feature } from 'geojson'
import { isPaired, OtherSide, otherSide } from './compare'
import { framesOf } from './frames/frame'
import { fetchItems, itemsAddress } from './items'
import type { Connection } from './live'
import { MapView, type Ground, type MapEvents } from './map'
import { isVisible } from './model'
import type { Config, FeatureRef, MapState, Position4490 } from './model'
import type { Store } from './store'
import type { FeedStatus } from './tile_feed'
import workerUrl from './worker?worker&url'

/** The present is asked for again so often: what begins or ends today does so without a change. */
const PRESENT_MS = 60_000
/** Of so many layers shown it is asked whether they have anything at all. */
const ASKED_MOST = 16
const ASKED_WITHIN_MS = 8000
const AGAIN_MS = 1000

/** 本图 or 对比图. */
export type Side = 'own' | 'other'

/** Why a side shows nothing: its layers have nothing at those times, or nothing just here. */
export type Bareness = 'ever' | 'here'

export interface MapsEvents {
  feeds(): void
  /** Others changed these layers; null: any may have changed. */
  changed(layers: ReadonlySet<string> | null): void
  connection(connection: Connection): void
  picked(refs: FeatureRef[], by: 'pointer' | 'keyboard', side: Side): void
  position(position: Position4490, metersPerPixel: number): void
  /** Everything asked for has been drawn, on each of the maps. */
  idle(): void
  bare(side: Side, bareness: Bareness | null): void
}

export class Maps {
  readonly main: MapView
  readonly #ground: Ground
  /** The change stream is listened to: once the first picture is there. */
  #listens = false
  readonly #restless = new Set<Side>()
  #other: { readonly view: MapView; readonly source: OtherSide } | null = null
  #marked: Feature | null = null
  #checks = new Map<Side, string>()
  readonly #again = new Map<Side, number>()

  constructor(
    container: HTMLElement,
    config: Config,
    private readonly store: Store,
    private readonly events: MapsEvents,
  ) {
    setWorkerUrl(workerUrl)
    this.#ground = { config, frames: framesOf(config.city) }
    this.main = new MapView(container, this.#ground, store, 'map', this.#eventsOf('own'))
    this.main.keepMiddle()
    window.setInterval(() => this.#refreshPresent(), PRESENT_MS)
  }

  /** Shows the other side, in a container of its own; null takes it away. */
  beside(container: HTMLElement | null): void {
    if (Boolean(container) === Boolean(this.#other)) return
    if (!container) return this.#leave()
    this.#restless.add('other')
    const source = new OtherSide(this.store)
    const view = new MapView(container, this.#ground, source, 'otherMap', this.#eventsOf('other'))
    this.#other = { view, source }
    view.mark(this.#marked)
    this.events.feeds()
  }

  /** How reading a layer went last, on the side where it stands worse. */
  status(layer: string): FeedStatus | undefined {
    const all = this.#views.flatMap((view) => view.feeds.filter((feed) => feed.layer.id === layer))
    const told = all.map((feed) => feed.status)
    const phases = ['failed', 'loading', 'ready'] as const
    return phases.flatMap((phase) => told.filter((each) => each.phase === phase))[0] ?? told[0]
  }

  /** Marks a feature as the selected one, on each of the maps; null marks none. */
  mark(feature: Feature | null): void {
    this.#marked = feature
    for (const view of this.#views) view.mark(feature)
  }

  /** Somebody changed these layers; null: any may have changed. */
  refresh(layers: ReadonlySet<string> | null): void {
    for (const view of this.#views) view.refresh(layers)
    this.#checks.clear()
    this.events.changed(layers)
  }

  /** The layers have become others. */
  relayer(config: Config): void {
    this.#ground.config = config
    for (const view of this.#views) view.relayer()
    this.#checks.clear()
  }

  /** Asks again for everything shown. */
  reload(): void {
    for (const view of this.#views) view.reload()
  }

  get #views(): readonly MapView[] {
    return this.#other ? [this.main, this.#other.view] : [this.main]
  }

  #eventsOf(side: Side): MapEvents {
    return {
      feeds: () => {
        this.#restless.add(side)
        this.events.feeds()
      },
      moves: (camera) => (side === 'own' ? this.#other?.view : this.main)?.follow(camera),
      picked: (refs, by, position) => this.#picked(refs, by, position, side),
      position: (position, metersPerPixel) => this.events.position(position, metersPerPixel),
      idle: () => this.#idle(side),
    }
  }

  /** While a panel takes positions, clicks on either map are its own. */
  #picked(refs: FeatureRef[], by: 'pointer' | 'keyboard', position: Position4490, side: Side): void {
    const { stage } = this.main
    if (!stage.taken) {
      this.events.picked(refs, by, side)
      if (!refs.length && by === 'pointer') stage.foundNothing(position)
    } else if (side === 'other') stage.give(position)
  }

  #idle(side: Side): void {
    this.#restless.delete(side)
    if (side === 'own') void this.#listen()
    const { state } = this.store
    if (isPaired(state) || state.datetime || state.asof) this.#lookTwice(side)
    if (this.#restless.size === 0) this.events.idle()
  }

  /** What is read after a map was drawn for the last time may leave it bare: it is looked at once more. */
  #lookTwice(side: Side): void {
    window.clearTimeout(this.#again.get(side))
    this.#again.set(side, window.setTimeout(() => void this.#look(side), AGAIN_MS))
    void this.#look(side)
  }

  async #listen(): Promise<void> {
    if (this.#listens) return
    this.#listens = true
    const { Live } = await import('./live')
    new Live({
      changed: (layers) => this.refresh(layers),
      connection: (connection) => this.events.connection(connection),
    }).start()
  }

  #leave(): void {
    this.#other?.source.end()
    this.#other?.view.remove()
    this.#other = null
    this.#restless.delete('other')
    this.#checks.clear()
    for (const waiting of this.#again.values()) window.clearTimeout(waiting)
    for (const side of ['own', 'other'] as const) this.events.bare(side, null)
    this.events.feeds()
  }

  /** Tells of a side that shows nothing, and whether its layers have anything at all at its times. */
  async #look(side: Side): Promise<void> {
    const view = side === 'own' ? this.main : this.#other?.view
    const { state } = this.store
    const seen = side === 'own' ? state : otherSide(state)
    const key = JSON.stringify([seen.datetime, seen.asof, seen.visible, view?.seesNothing(), seen.camera])
    if (!view || this.#checks.get(side) === key) return
    // What is on its way or could not be read is told elsewhere.
    if (view.feeds.some(({ status: { phase } }) => phase === 'loading' || phase === 'failed')) return
    this.#checks.set(side, key)
    // Images show by the day they were taken, whatever the time of their outlines.
    const imaged = this.#ground.config.layers.some((layer) => layer.imagery && isVisible(seen, layer))
    if (imaged || !view.seesNothing()) return this.events.bare(side, null)
    const any = await this.#hasAnything(seen).catch(() => true)
    if (this.#checks.get(side) === key) this.events.bare(side, any ? 'here' : 'ever')
  }

  async #hasAnything(state: MapState): Promise<boolean> {
    const layers = this.#ground.config.layers.filter(
      (layer) => layer.legend.kind !== 'none' && isVisible(state, layer),
    )
    if (layers.length > ASKED_MOST || !layers.length) return true
    const signal = AbortSignal.timeout(ASKED_WITHIN_MS)
    const asked = layers.map(({ id }) =>
      fetchItems(itemsAddress(id, { limit: 1, skipGeometry: true }, state), signal),
    )
    return (await Promise.all(asked)).some(({ features }) => features.length > 0)
  }

  #refreshPresent(): void {
    if (document.visibilityState !== 'visible') return
    for (const view of this.#views) view.refreshPresent()
  }
}

/** 对比: the other side of what is compared, and the two states that differ. */
import { toInstant, typed } from './clock'
import { named, say } from './language'
import { isVisible, ordered } from './model'
import type { Axis, Compare, Config, Layer, MapState, Times } from './model'
import type { Listener, MapSource, Store } from './store'

/** A map is labelled with so many layers. */
const LABELLED_MOST = 3

/** Two states of a layer along one of the clocks, the older first. */
export interface Span {
  readonly layer: string
  readonly axis: Axis
  readonly older: Times
  readonly newer: Times
}

/** Whether there are two maps. */
export function isPaired({ compare }: MapState): boolean {
  return compare !== null && compare.mode !== 'difference'
}

/** The state that the other map draws. */
export function otherSide(state: MapState): MapState {
  const { compare } = state
  if (!compare) return state
  const { datetime, asof, visible, images } = compare
  return { ...state, datetime, asof, visible: visible ?? state.visible, images: images ?? state.images }
}

/** The clocks at which the selected feature is meant; of a difference those of the map before the other's. */
export function selectedTimes(state: MapState): readonly Times[] {
  const { compare, datetime, asof } = state
  const own = { datetime, asof }
  if (!compare) return [own]
  if (compare.mode === 'difference') return [own, alongside(own, compare)]
  return compare.picked ? [{ datetime: compare.datetime, asof: compare.asof }] : [own]
}

/** Layers that can be drawn, and so compared on the map, the topmost first. */
export function comparable(state: MapState, { layers }: Config): readonly Layer[] {
  return ordered(state, layers).filter((layer) => layer.geometry !== null && layer.legend.kind !== 'none')
}

/** What differs, as the state has it; null where no layer can be compared. */
export function spanOf(state: MapState, config: Config): Span | null {
  const { compare } = state
  if (compare?.mode !== 'difference') return null
  const layers = comparable(state, config)
  const layer =
    layers.find(({ id }) => id === compare.layer) ??
    layers.find((layer) => isVisible(state, layer)) ??
    layers[0]
  if (!layer) return null
  const own: Times = { datetime: state.datetime, asof: state.asof }
  const other = alongside(own, compare)
  const clock = clockOf(compare.axis)
  const [older, newer] = at(own[clock]) < at(other[clock]) ? [own, other] : [other, own]
  return { layer: layer.id, axis: compare.axis, older, newer }
}

/** The clock that differs along an axis. */
export function clockOf(axis: Axis): keyof Times {
  return axis === 'valid' ? 'datetime' : 'asof'
}

/** The other end of a difference: only the clock of its axis stands elsewhere. */
function alongside(own: Times, compare: Compare): Times {
  const clock = clockOf(compare.axis)
  return { ...own, [clock]: compare[clock] }
}

/** Whether both ends are the same state. */
export function isEmpty({ older, newer }: Span): boolean {
  return older.datetime === newer.datetime && older.asof === newer.asof
}

/** Where a clock stands, in milliseconds. */
function at(wallTime: string | null): number {
  return wallTime ? Date.parse(toInstant(wallTime)) : Date.now()
}

/** The other side of the page's state; a map that is taken away ends it. */
export class OtherSide implements MapSource {
  readonly #ends: (() => void)[] = []

  constructor(private readonly store: Store) {}

  get state(): MapState {
    return otherSide(this.store.state)
  }

  update(change: Partial<MapState>): void {
    this.store.update(change)
  }

  subscribe(listener: Listener): () => void {
    const end = this.store.subscribe((state, previous) => listener(otherSide(state), otherSide(previous)))
    this.#ends.push(end)
    return end
  }

  /** Nobody hears of it any more. */
  end(): void {
    for (const end of this.#ends) end()
  }
}

/** A difference as `/collections/{layer}/changes` and its tiles name their parameters; an end left out is now. */
export function parametersOf({ axis, older, newer }: Span): Record<string, string> {
  const clock = clockOf(axis)
  const held = axis === 'valid' ? older.asof : older.datetime
  const [from, to] = [older[clock], newer[clock]]
  return {
    axis,
    from: from ? toInstant(from) : new Date().toISOString(),
    ...(to ? { to: toInstant(to) } : {}),
    ...(held ? { [axis === 'valid' ? 'asof' : 'datetime']: toInstant(held) } : {}),
  }
}

/** What a map of two is labelled with: its clocks, and its layers where they are others than the other's. */
export function compareWords(side: MapState, layers: readonly Layer[], compare: Compare | null): string {
  const { datetime, asof } = side
  const clocks = [
    datetime || !asof ? say('validAt', { time: datetime ? typed(datetime) : say('presentNow') }) : '',
    asof ? say('knownAt', { time: typed(asof) }) : '',
  ]
  const own = compare?.visible ? layers.filter((layer) => isVisible(side, layer)) : []
  const titles = own.length > LABELLED_MOST ? [] : own.map(({ title }) => named(title))
  return [...clocks, titles.join(say('comma'))].filter(Boolean).join(' · ')
}

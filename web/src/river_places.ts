/** A place of the map on the rivers 桩号定位: the nearest river, its chainage and bank there. */
import { fetchItems, itemsAddress } from './items'
import type { Position4490, Times } from './model'
import { fetchRivers, locate, placeOf, STATIONS, type Located, type River } from './rivers'

const STATIONS_MOST = 2000
const DEGREE_M = 111_320

export interface Named {
  readonly id: string
  readonly name: string
}

/** A station that stands at a chainage of a river. */
export interface Posted extends Named {
  readonly route: string
  readonly chainage_m: number
}

/** Where something is by the river nearest to it. */
export interface Beside {
  readonly river: River
  readonly located: Located
}

/** The rivers and their stations as they stand at some times, each read once. */
export class RiverPlaces {
  readonly rivers: Promise<readonly River[]>
  readonly stations: Promise<readonly Posted[]>
  /** All of them, wherever they stand. */
  readonly named: Promise<readonly Named[]>
  readonly #places = new Map<string, Promise<Position4490 | null>>()

  constructor(
    readonly times: Times,
    readonly signal: AbortSignal,
  ) {
    this.rivers = fetchRivers(times, signal)
    // Without stations one still clicks, or writes a chainage.
    this.named = stationsOf(times, signal).catch(() => [])
    this.stations = this.named.then((all) => all.filter((each): each is Posted => 'route' in each))
    this.rivers.catch(() => undefined)
  }

  /** null where there is no river. */
  async beside(position: Position4490): Promise<Beside | null> {
    const river = nearest(await this.rivers, position)
    const located = river ? await locate(river, position, this.times, this.signal) : null
    return river && located ? { river, located } : null
  }

  /** The place of a chainage on its centre line. */
  at(route: string, chainage_m: number): Promise<Position4490 | null> {
    const key = `${route} ${chainage_m}`
    const found = this.#places.get(key) ?? placeOf({ id: route }, chainage_m, this.times, this.signal)
    this.#places.set(key, found)
    return found
  }
}

async function stationsOf(times: Times, signal: AbortSignal): Promise<readonly (Named | Posted)[]> {
  const { features } = await fetchItems(itemsAddress(STATIONS, { limit: STATIONS_MOST, skipGeometry: true }, times), signal)
  return features.map(({ id, properties }): Named | Posted => {
    const { name, route_id: route, chainage_m } = properties ?? {}
    const named = { id: String(id), name: String(name ?? id) }
    return typeof route === 'string' && typeof chainage_m === 'number' ? { ...named, route, chainage_m } : named
  })
}

/** The river whose line passes nearest to a position, on a plane about it. */
export function nearest(rivers: readonly River[], [lon, lat]: Position4490): River | null {
  const [east_m, north_m] = [DEGREE_M * Math.cos((lat * Math.PI) / 180), DEGREE_M]
  let best: River | null = null
  let least = Infinity
  for (const river of rivers) {
    const line = river.line.map(([x = 0, y = 0]) => [(x - lon) * east_m, (y - lat) * north_m] as const)
    for (const [at, [bx, by]] of line.entries()) {
      const [ax, ay] = line[Math.max(0, at - 1)] ?? [bx, by]
      const [dx, dy] = [bx - ax, by - ay]
      const share = Math.min(1, Math.max(0, -(ax * dx + ay * dy) / (dx * dx + dy * dy || 1)))
      const far = Math.hypot(ax + share * dx, ay + share * dy)
      if (far < least) [best, least] = [river, far]
    }
  }
  return best
}

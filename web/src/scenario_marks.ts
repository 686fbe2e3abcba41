/** Where the things of a scenario are on the map 情景标记的位置, and what is drawn there. */
import type { Feature } from 'geojson'
import type { Bounds4490, Position4490 } from './model'
import type { RiverPlaces } from './river_places'
import { chainageOf } from './rivers'
import { boxOf, type Draft, type Item, type Spot } from './scenario'
import { verticesOf } from './scenario_dyke'
import { areaFeature, lineFeature, markFeature } from './scenario_overlay'

/** The mark of each item; null as long as its place is not known. */
export function marksOf({ items }: Draft, places: RiverPlaces): Promise<readonly (Position4490 | null)[]> {
  return Promise.all(items.map(({ kind, at, typed }) => (kind === 'dykes' ? (verticesOf(typed.line ?? '')?.[0]?.place ?? null) : placeOf(at, places))))
}

/** What tells whether it is drawn anew. */
export function markKey({ area, items }: Draft, open: number): string {
  return JSON.stringify([area, open, items.map(({ id, kind, at, typed }) => [id, kind, at, typed.line])])
}

/** The area, each thing with its mark, dykes as lines. */
export function featuresOf(draft: Draft, marks: readonly (Position4490 | null)[], open: number): readonly Feature[] {
  const box = boxOf(draft)
  return [...(box ? [areaFeature(box)] : []), ...draft.items.flatMap((item, at) => [...lineOf(item, at === open), ...markOf(item, marks[at] ?? null, at === open)])]
}

function lineOf({ kind, typed }: Item, open: boolean): readonly Feature[] {
  const line = kind === 'dykes' ? (verticesOf(typed.line ?? '') ?? []).map(({ place }) => place) : []
  return line.length > 1 ? [lineFeature(kind, open, line)] : []
}

function markOf({ kind, id }: Item, place: Position4490 | null, open: boolean): readonly Feature[] {
  return place ? [markFeature(kind, id, open, place)] : []
}

async function placeOf({ by, lon, lat, near, route, chainage }: Spot, places: RiverPlaces): Promise<Position4490 | null> {
  if (by === 'point') {
    const place: Position4490 = [Number(lon), Number(lat)]
    return lon.trim() && lat.trim() && place.every(Number.isFinite) ? place : null
  }
  const metres = chainageOf(chainage)
  if (near || !route || metres === null) return near
  try {
    return await places.at(route, metres)
  } catch {
    // It is marked once it is written right; what is wrong with it the platform says.
    return null
  }
}

export function boxBetween([ax, ay]: Position4490, [bx, by]: Position4490): Bounds4490 {
  return [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)]
}

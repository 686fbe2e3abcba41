import type { Geometry, Position } from 'geojson'
import type { Bounds4490, Position4490 } from './model'

/** The smallest box around a geometry; null where it has no position. */
export function extentOf(geometry: Geometry | null): Bounds4490 | null {
  if (!geometry) return null
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [x = NaN, y = NaN] of positions(geometry)) {
    box[0] = Math.min(box[0], x)
    box[1] = Math.min(box[1], y)
    box[2] = Math.max(box[2], x)
    box[3] = Math.max(box[3], y)
  }
  return box[0] <= box[2] ? box : null
}

export function middleOf([west, south, east, north]: Bounds4490): Position4490 {
  return [(west + east) / 2, (south + north) / 2]
}

function* positions(geometry: Geometry): Generator<Position> {
  if (geometry.type === 'GeometryCollection') {
    for (const part of geometry.geometries) yield* positions(part)
  } else yield* flat(geometry.coordinates)
}

type Nested = Position | Position[] | Position[][] | Position[][][]

function* flat(nested: Nested): Generator<Position> {
  if (typeof nested[0] === 'number') yield nested as Position
  else for (const each of nested as Nested[]) yield* flat(each)
}

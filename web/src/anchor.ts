/** A point inside a polygon where its label may stand. */
import type { Geometry, Position } from 'geojson'

/** Of the largest part: its centroid, or where that falls outside, the middle of its widest row. */
export function anchorOf(geometry: Geometry): Position | null {
  if (geometry.type === 'Point') return geometry.coordinates
  const parts =
    geometry.type === 'Polygon'
      ? [geometry.coordinates]
      : geometry.type === 'MultiPolygon'
        ? geometry.coordinates
        : []
  const largest = parts.reduce<Position[][] | null>(
    (best, part) => (best && size(best[0]) >= size(part[0]) ? best : part),
    null,
  )
  if (!largest?.[0]?.length) return null
  const center = centroid(largest[0])
  const row = widestSpan(largest, center[1] ?? 0)
  if (!row) return center
  const lon = center[0] ?? 0
  return lon > row[0] && lon < row[1] ? center : [(row[0] + row[1]) / 2, center[1] ?? 0]
}

function* edges(ring: Position[]): Generator<[number, number, number, number]> {
  for (let i = 1; i < ring.length; i++) {
    const [x1 = 0, y1 = 0] = ring[i - 1] ?? []
    const [x2 = 0, y2 = 0] = ring[i] ?? []
    yield [x1, y1, x2, y2]
  }
}

function size(ring: Position[] = []): number {
  let twice = 0
  for (const [x1, y1, x2, y2] of edges(ring)) twice += x1 * y2 - x2 * y1
  return Math.abs(twice) / 2
}

function centroid(ring: Position[]): Position {
  const [originX = 0, originY = 0] = ring[0] ?? []
  let twice = 0
  let x = 0
  let y = 0
  for (const [x1, y1, x2, y2] of edges(ring)) {
    const cross = (x1 - originX) * (y2 - originY) - (x2 - originX) * (y1 - originY)
    twice += cross
    x += (x1 + x2 - 2 * originX) * cross
    y += (y1 + y2 - 2 * originY) * cross
  }
  if (twice === 0) return [originX, originY]
  return [originX + x / (3 * twice), originY + y / (3 * twice)]
}

function widestSpan(rings: Position[][], lat: number): [number, number] | null {
  const crossings: number[] = []
  for (const ring of rings) {
    for (const [x1, y1, x2, y2] of edges(ring)) {
      if (y1 > lat !== y2 > lat) crossings.push(x1 + ((lat - y1) / (y2 - y1)) * (x2 - x1))
    }
  }
  crossings.sort((a, b) => a - b)
  let widest: [number, number] | null = null
  for (let i = 0; i + 1 < crossings.length; i += 2) {
    const span: [number, number] = [crossings[i] ?? 0, crossings[i + 1] ?? 0]
    if (!widest || span[1] - span[0] > widest[1] - widest[0]) widest = span
  }
  return widest
}

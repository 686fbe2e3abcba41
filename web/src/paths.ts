/** Geometries as the paths that a hand changes: single points, lines, rings. */
import type { Geometry, Position } from 'geojson'

/** A run of vertices; a ring's first vertex is not repeated at its end. */
export interface Path {
  readonly kind: 'point' | 'line' | 'ring'
  readonly positions: readonly Position[]
}

/** Fewest vertices a path can have. */
export const FEWEST: Readonly<Record<Path['kind'], number>> = { point: 1, line: 2, ring: 3 }

/** The paths of a geometry, in its own order. Throws for a collection. */
export function pathsOf(geometry: Geometry): readonly Path[] {
  switch (geometry.type) {
    case 'Point':
      return [{ kind: 'point', positions: [geometry.coordinates] }]
    case 'MultiPoint':
      return geometry.coordinates.map((each) => ({ kind: 'point', positions: [each] }))
    case 'LineString':
      return [{ kind: 'line', positions: geometry.coordinates }]
    case 'MultiLineString':
      return geometry.coordinates.map((positions) => ({ kind: 'line', positions }))
    case 'Polygon':
      return geometry.coordinates.map(ring)
    case 'MultiPolygon':
      return geometry.coordinates.flat().map(ring)
    default:
      throw new Error(
        `几何集合不能直接修改,请先拆成单个图形 a collection cannot be reshaped, take it apart first: ${geometry.type}`,
      )
  }
}

/** The geometry with these paths in place of its own. */
export function withPaths(geometry: Geometry, paths: readonly Path[]): Geometry {
  const all = paths.map(({ positions }) => [...positions])
  const [first = []] = all
  const rings = paths.map(({ positions }) => closed(positions))
  switch (geometry.type) {
    case 'Point':
      return { type: 'Point', coordinates: first[0] ?? [] }
    case 'MultiPoint':
      return { type: 'MultiPoint', coordinates: all.flat() }
    case 'LineString':
      return { type: 'LineString', coordinates: first }
    case 'MultiLineString':
      return { type: 'MultiLineString', coordinates: all }
    case 'Polygon':
      return { type: 'Polygon', coordinates: rings }
    case 'MultiPolygon': {
      let at = 0
      const areas = geometry.coordinates.map(({ length }) => rings.slice(at, (at += length)))
      return { type: 'MultiPolygon', coordinates: areas }
    }
    default:
      return geometry
  }
}

/** A ring as GeoJSON has it: the first vertex once more at the end. */
export function closed(positions: readonly Position[]): Position[] {
  const [first] = positions
  return first ? [...positions, first] : []
}

function ring(positions: readonly Position[]): Path {
  return { kind: 'ring', positions: positions.slice(0, -1) }
}

/** A vertex by its path and its number there. */
export interface Place {
  readonly path: number
  readonly at: number
}

/** Where the vertex of this number is, all paths counted through; null where there is none. */
export function placeOfVertex(paths: readonly Path[], vertex: number | null): Place | null {
  if (vertex === null) return null
  let at = vertex
  for (const [path, { positions }] of paths.entries()) {
    if (at < positions.length) return { path, at }
    at -= positions.length
  }
  return null
}

/** The number of a vertex, all paths counted through. */
export function vertexAt(paths: readonly Path[], { path, at }: Place): number {
  return paths.slice(0, path).reduce((sum, { positions }) => sum + positions.length, at)
}

/** Half way from a vertex to the next of its path; null where no next one is. */
export function halfWay(paths: readonly Path[], { path, at }: Place): Position | null {
  const { kind, positions } = paths[path] ?? { kind: 'point', positions: [] }
  const [from, to] = [positions[at], positions[at + 1] ?? (kind === 'ring' ? positions[0] : undefined)]
  if (!from || !to || positions.length < 2) return null
  return from.map((value, axis) => (value + (to[axis] ?? value)) / 2)
}

/** All places after which a vertex can be added, with the position it would have. */
export function gapsOf(paths: readonly Path[]): { readonly place: Place; readonly middle: Position }[] {
  return paths.flatMap(({ positions }, path) =>
    positions.flatMap((_, at) => {
      const middle = halfWay(paths, { path, at })
      return middle ? [{ place: { path, at }, middle }] : []
    }),
  )
}

/** The paths with one vertex replaced by these: none, itself moved, itself and another. */
export function replaced(paths: readonly Path[], { path, at }: Place, by: readonly Position[]): readonly Path[] {
  return paths.map((each, index) => {
    if (index !== path) return each
    const { positions } = each
    return { ...each, positions: [...positions.slice(0, at), ...by, ...positions.slice(at + 1)] }
  })
}

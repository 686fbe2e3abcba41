/** A surface on the map 插值面图层: cells by class of value, over them the stations with what they measured. */
import type { Feature, Geometry, Position } from 'geojson'
import { unproject } from './gauss_kruger'
import type { Position4490 } from './model'
import type { Overlay } from './overlay'
import { ticks } from './series'
import type { Grid } from './surface'

/** From little to much. */
const VALUE_COLORS = ['#fff3c4', '#fbd98a', '#f5b355', '#e98536', '#cf5a2b', '#a8332c', '#771a35', '#450d31']
const DEVIATION_COLORS = ['#eaf1f8', '#cfe0ef', '#aecbe3', '#86b0d4', '#5c91c1', '#3a72a9', '#22548a', '#123a66']
const WANTED = 7
/** The ground shows through. */
export const SURFACE_OPACITY = 0.75
const INK = '#1b2a31'

/** Bounds between classes, and the colour of each class. */
export interface Classes {
  readonly bounds: readonly number[]
  readonly colors: readonly string[]
}

export const SURFACE: Overlay = {
  id: 'surface',
  level: 0.5,
  layers: [
    {
      id: 'surface:cell',
      type: 'fill',
      source: 'surface',
      filter: ['!=', ['geometry-type'], 'Point'],
      paint: { 'fill-color': ['get', 'color'], 'fill-opacity': SURFACE_OPACITY, 'fill-antialias': false },
    },
    {
      id: 'surface:station',
      type: 'circle',
      source: 'surface',
      filter: ['==', ['geometry-type'], 'Point'],
      paint: {
        'circle-radius': 4.5,
        'circle-color': '#ffffff',
        'circle-stroke-color': INK,
        'circle-stroke-width': 2,
      },
    },
    {
      id: 'surface:value',
      type: 'symbol',
      source: 'surface',
      filter: ['==', ['geometry-type'], 'Point'],
      layout: {
        'text-field': ['get', 'told'],
        'text-size': 12,
        'text-anchor': 'left',
        'text-offset': [0.7, 0],
        'text-optional': true,
      },
      paint: { 'text-color': INK, 'text-halo-color': '#ffffff', 'text-halo-width': 1.6 },
    },
  ],
}

/** Classes with round bounds over all that is told, so that instants can be compared. */
export function classesOf(numbers: readonly (readonly number[])[], deviation: boolean): Classes {
  let [low, high] = [Infinity, -Infinity]
  for (const each of numbers) {
    for (const value of each) {
      low = Math.min(low, value)
      high = Math.max(high, value)
    }
  }
  const all = deviation ? DEVIATION_COLORS : VALUE_COLORS
  if (!(low < high)) return { bounds: [], colors: all.slice(3, 4) }
  const bounds = ticks(low, high, WANTED).filter((each) => each > low && each < high).slice(0, all.length - 1)
  const count = bounds.length + 1
  const colors = Array.from({ length: count }, (_, at) =>
    count === 1 ? (all[3] ?? '') : (all[Math.round((at * (all.length - 1)) / (count - 1))] ?? ''),
  )
  return { bounds, colors }
}

/** Cells of one class as one feature each; `inside`: what of the ground is shown. */
export function cellsOf(
  grid: Grid,
  numbers: readonly number[],
  { bounds, colors }: Classes,
  meridian_deg: number,
  inside: (position: Position4490) => boolean,
): readonly Feature[] {
  const { west_m, north_m, cell_m, columns, rows } = grid
  const corner = (column: number, row: number): Position =>
    unproject(north_m - row * cell_m, west_m + column * cell_m, meridian_deg)
  const corners = Array.from({ length: rows + 1 }, (_, row) =>
    Array.from({ length: columns + 1 }, (__, column) => corner(column, row)),
  )
  const parts: Position[][][][] = colors.map(() => [])
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = numbers[row * columns + column]
      const [a, b] = [corners[row]?.[column], corners[row]?.[column + 1]]
      const [d, c] = [corners[row + 1]?.[column], corners[row + 1]?.[column + 1]]
      if (value === undefined || !a || !b || !c || !d) continue
      const middle: Position4490 = [((a[0] ?? 0) + (c[0] ?? 0)) / 2, ((a[1] ?? 0) + (c[1] ?? 0)) / 2]
      if (!inside(middle)) continue
      const place = bounds.findIndex((bound) => value < bound)
      parts[place < 0 ? bounds.length : place]?.push([[a, d, c, b, a]])
    }
  }
  return parts.flatMap((coordinates, place): Feature[] =>
    coordinates.length
      ? [{ type: 'Feature', properties: { color: colors[place] }, geometry: { type: 'MultiPolygon', coordinates } }]
      : [],
  )
}

/** Whether a position lies in an area, by the even-odd rule. */
export function within(area: Geometry | null): (position: Position4490) => boolean {
  if (area?.type !== 'Polygon' && area?.type !== 'MultiPolygon') return () => true
  const rings = area.type === 'Polygon' ? area.coordinates : area.coordinates.flat()
  return ([x, y]) => {
    let inside = false
    for (const ring of rings) {
      for (let at = 0, before = ring.length - 1; at < ring.length; before = at++) {
        const [ax = 0, ay = 0] = ring[at] ?? []
        const [bx = 0, by = 0] = ring[before] ?? []
        if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside
      }
    }
    return inside
  }
}

/** A station with what it measured. */
export function sampleOf(position: Position4490, told: string): Feature {
  return { type: 'Feature', properties: { told }, geometry: { type: 'Point', coordinates: [...position] } }
}

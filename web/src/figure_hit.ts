/** Which figure of a sketch lies under a click: by its points, lines and edges, and by its inside. */
import type { Geometry, Position } from 'geojson'
import { closed, pathsOf } from './paths'
import type { Figure } from './figure'
import type { Choice, Pixel } from './stage'

/** What a click can be compared with: the screen, and the ground that it shows. */
interface Screen {
  pixel(position: readonly [number, number]): Pixel
  ground(pixel: Pixel): readonly [number, number]
}

type Box = readonly [west: number, south: number, east: number, north: number]

/** Number of the figure whose point, line or edge is nearest, the upper one of two as near; null: none within reach. */
function nearestFigure(figures: readonly Figure[], at: Pixel, reach_px: number, screen: Screen): number | null {
  const box = around(at, reach_px, screen)
  let [best, least]: [number | null, number] = [null, reach_px]
  for (const [index, { geometry }] of figures.entries()) {
    const apart = distance_px(geometry, at, box, screen)
    if (apart <= least) [best, least] = [index, apart]
  }
  return best
}

/** Number of the uppermost area that a position lies in. */
function figureAround(figures: readonly Figure[], [x, y]: readonly [number, number]): number | null {
  for (const [index, { geometry }] of [...figures.entries()].reverse()) if (within(geometry, x, y)) return index
  return null
}

/** Lets clicks on the map choose among the figures there are just now. */
export function choiceOf(figures: () => readonly Figure[], choose: (at: number) => void, screen: Screen): Choice {
  const chosen = (at: number | null, really = true) => {
    if (at !== null && really) choose(at)
    return at !== null
  }
  return {
    near: (pixel, reach_px, really) => chosen(nearestFigure(figures(), pixel, reach_px, screen), really),
    inside: (position) => void chosen(figureAround(figures(), position)),
  }
}

/** Only what comes near the click is brought onto the screen: a sketch may have a hundred thousand vertices. */
function distance_px(geometry: Geometry, at: Pixel, box: Box, screen: Screen): number {
  if (geometry.type === 'GeometryCollection') {
    return Math.min(Infinity, ...geometry.geometries.map((part) => distance_px(part, at, box, screen)))
  }
  let least = Infinity
  for (const { kind, positions } of pathsOf(geometry)) {
    const vertices = kind === 'ring' ? closed(positions) : positions
    for (const [index, vertex] of vertices.entries()) {
      const before = vertices[index - 1] ?? vertex
      if (meets(before, vertex, box)) least = Math.min(least, apart(at, shown(before, screen), shown(vertex, screen)))
    }
  }
  return least
}

/** Whether a position lies in an area: rings are counted that lie to the west of it. */
function within(geometry: Geometry, x: number, y: number): boolean {
  if (geometry.type === 'GeometryCollection') return geometry.geometries.some((part) => within(part, x, y))
  let inside = false
  for (const { kind, positions } of pathsOf(geometry)) {
    if (kind !== 'ring') continue
    let [px = 0, py = 0] = positions.at(-1) ?? []
    for (const [qx = 0, qy = 0] of positions) {
      if (qy > y !== py > y && x > qx + ((y - qy) / (py - qy)) * (px - qx)) inside = !inside
      ;[px, py] = [qx, qy]
    }
  }
  return inside
}

/** The ground within reach of a pixel. */
function around([x, y]: Pixel, reach_px: number, screen: Screen): Box {
  const corners = [-1, 1].flatMap((right) =>
    [-1, 1].map((down) => screen.ground([x + right * reach_px, y + down * reach_px])),
  )
  const [lons, lats] = [corners.map(([lon]) => lon), corners.map(([, lat]) => lat)]
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)]
}

function meets([ax = 0, ay = 0]: Position, [bx = 0, by = 0]: Position, [west, south, east, north]: Box): boolean {
  return Math.max(ax, bx) >= west && Math.min(ax, bx) <= east && Math.max(ay, by) >= south && Math.min(ay, by) <= north
}

function shown([lon = 0, lat = 0]: Position, screen: Screen): Pixel {
  return screen.pixel([lon, lat])
}

/** From a pixel to a stretch between two others. */
function apart([x, y]: Pixel, [ax, ay]: Pixel, [bx, by]: Pixel): number {
  const [right, down] = [bx - ax, by - ay]
  const length = right * right + down * down
  const share = length ? Math.min(1, Math.max(0, ((x - ax) * right + (y - ay) * down) / length)) : 0
  return Math.hypot(x - ax - share * right, y - ay - share * down)
}

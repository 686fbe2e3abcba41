/** Lengths and legal area 椭球面积 on the CGCS2000 ellipsoid. */
import { project, unproject } from './gauss_kruger'
import type { Position4490 } from './model'

const A_M = 6378137
const F = 1 / 298.257222101
const B_M = A_M * (1 - F)
const E2 = F * (2 - F)
const LEAST_PIECE_M = 10
const MOST_PIECES = 4000
const STEPS = 100

/** A to E of 国土调查办发〔2008〕32号. */
const FACTORS = [
  1 + (3 / 6) * E2 + (30 / 80) * E2 ** 2 + (35 / 112) * E2 ** 3 + (630 / 2304) * E2 ** 4,
  (1 / 6) * E2 + (15 / 80) * E2 ** 2 + (21 / 112) * E2 ** 3 + (420 / 2304) * E2 ** 4,
  (3 / 80) * E2 ** 2 + (7 / 112) * E2 ** 3 + (180 / 2304) * E2 ** 4,
  (1 / 112) * E2 ** 3 + (45 / 2304) * E2 ** 4,
  (5 / 2304) * E2 ** 4,
]

const radians = (degrees: number) => (degrees * Math.PI) / 180

/** Length of the geodesic between two positions, in m (Vincenty's inverse; not for antipodes). */
export function distance_m([lon1, lat1]: Position4490, [lon2, lat2]: Position4490): number {
  const L = radians(lon2 - lon1)
  const U1 = Math.atan((1 - F) * Math.tan(radians(lat1)))
  const U2 = Math.atan((1 - F) * Math.tan(radians(lat2)))
  const [s1, c1, s2, c2] = [Math.sin(U1), Math.cos(U1), Math.sin(U2), Math.cos(U2)]
  let lambda = L
  let [sigma, sinSigma, cosSigma, cosSqAlpha, cos2m] = [0, 0, 1, 1, 0]
  for (let step = 0; step < STEPS; step++) {
    const [sl, cl] = [Math.sin(lambda), Math.cos(lambda)]
    sinSigma = Math.hypot(c2 * sl, c1 * s2 - s1 * c2 * cl)
    if (sinSigma === 0) return 0
    cosSigma = s1 * s2 + c1 * c2 * cl
    sigma = Math.atan2(sinSigma, cosSigma)
    const sinAlpha = (c1 * c2 * sl) / sinSigma
    cosSqAlpha = 1 - sinAlpha ** 2
    cos2m = cosSqAlpha === 0 ? 0 : cosSigma - (2 * s1 * s2) / cosSqAlpha
    const C = (F / 16) * cosSqAlpha * (4 + F * (4 - 3 * cosSqAlpha))
    const next =
      L +
      (1 - C) * F * sinAlpha * (sigma + C * sinSigma * (cos2m + C * cosSigma * (2 * cos2m ** 2 - 1)))
    const moved = Math.abs(next - lambda)
    lambda = next
    if (moved < 1e-13) break
  }
  const uSq = (cosSqAlpha * (A_M ** 2 - B_M ** 2)) / B_M ** 2
  const A = 1 + (uSq / 16384) * (4096 + uSq * (-768 + uSq * (320 - 175 * uSq)))
  const B = (uSq / 1024) * (256 + uSq * (-128 + uSq * (74 - 47 * uSq)))
  const delta =
    B *
    sinSigma *
    (cos2m +
      (B / 4) *
        (cosSigma * (2 * cos2m ** 2 - 1) -
          (B / 6) * cos2m * (4 * sinSigma ** 2 - 3) * (4 * cos2m ** 2 - 3)))
  return B_M * A * (sigma - delta)
}

/** Length along positions, in m. */
export function length_m(line: readonly Position4490[]): number {
  let total = 0
  line.forEach((position, at) => {
    const before = line[at - 1]
    if (before) total += distance_m(before, position)
  })
  return total
}

/**
 * Legal area of a ring, in m², unsigned: its edges are straight in the plane of the zone, are cut
 * into short pieces there, and the trapezoids below the pieces are summed.
 */
export function legalArea_m2(ring: readonly Position4490[], centralMeridian_deg: number): number {
  const corners = ring.map(([lon, lat]) => project(lon, lat, centralMeridian_deg))
  const edges = corners.map((from, at) => [from, corners[(at + 1) % corners.length] ?? from] as const)
  const around_m = edges.reduce(
    (sum, [from, to]) => sum + Math.hypot(to.east_m - from.east_m, to.north_m - from.north_m),
    0,
  )
  const piece_m = Math.max(LEAST_PIECE_M, around_m / MOST_PIECES)
  let total = 0
  for (const [from, to] of edges) {
    const [east, north] = [to.east_m - from.east_m, to.north_m - from.north_m]
    const pieces = Math.max(1, Math.ceil(Math.hypot(east, north) / piece_m))
    let before = unproject(from.north_m, from.east_m, centralMeridian_deg)
    for (let piece = 1; piece <= pieces; piece++) {
      const share = piece / pieces
      const next = unproject(from.north_m + north * share, from.east_m + east * share, centralMeridian_deg)
      total += trapezoid_m2(before, next, centralMeridian_deg)
      before = next
    }
  }
  return Math.abs(total)
}

/** The trapezoid between the reference meridian and one piece. */
function trapezoid_m2([lon1, lat1]: Position4490, [lon2, lat2]: Position4490, meridian_deg: number): number {
  const half = radians(lat2 - lat1) / 2
  const middle = radians(lat1 + lat2) / 2
  const across = radians((lon1 + lon2) / 2 - meridian_deg)
  const bracket = FACTORS.reduce((sum, factor, at) => {
    const k = 2 * at + 1
    return sum + (at % 2 ? -1 : 1) * factor * Math.sin(k * half) * Math.cos(k * middle)
  }, 0)
  return 2 * B_M ** 2 * across * bracket
}

/** Whether two edges of a closed ring cross or touch elsewhere than where they follow each other. */
export function crossesItself(ring: readonly Position4490[]): boolean {
  const count = ring.length
  const at = (index: number) => ring[index % count] ?? [0, 0]
  for (let i = 0; i < count; i++) {
    for (let j = i + 2; j < count; j++) {
      if (i === 0 && j === count - 1) continue
      if (cross(at(i), at(i + 1), at(j), at(j + 1))) return true
    }
  }
  return false
}

function cross(a: Position4490, b: Position4490, c: Position4490, d: Position4490): boolean {
  const side = (p: Position4490, q: Position4490, r: Position4490) =>
    Math.sign((q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]))
  return side(a, b, c) * side(a, b, d) <= 0 && side(c, d, a) * side(c, d, b) <= 0
}

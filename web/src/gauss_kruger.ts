/**
 * Gauss–Krüger projection 高斯-克吕格投影 on the CGCS2000 ellipsoid, both ways.
 *
 * Krüger's series in the third flattening n to n⁴: below a millimetre within 3° of the meridian,
 * so that the map can be drawn in the zone's own plane.
 */

const SEMI_MAJOR_AXIS_M = 6378137
const FLATTENING = 1 / 298.257222101
export const FALSE_EASTING_M = 500000

const n = FLATTENING / (2 - FLATTENING)
const ECCENTRICITY = Math.sqrt(FLATTENING * (2 - FLATTENING))
const RECTIFYING_RADIUS_M = (SEMI_MAJOR_AXIS_M / (1 + n)) * (1 + n ** 2 / 4 + n ** 4 / 64)
const ALPHA = [
  n / 2 - (2 / 3) * n ** 2 + (5 / 16) * n ** 3 + (41 / 180) * n ** 4,
  (13 / 48) * n ** 2 - (3 / 5) * n ** 3 + (557 / 1440) * n ** 4,
  (61 / 240) * n ** 3 - (103 / 140) * n ** 4,
  (49561 / 161280) * n ** 4,
]
const BETA = [
  n / 2 - (2 / 3) * n ** 2 + (37 / 96) * n ** 3 - (1 / 360) * n ** 4,
  n ** 2 / 48 + n ** 3 / 15 - (437 / 1440) * n ** 4,
  (17 / 480) * n ** 3 - (37 / 840) * n ** 4,
  (4397 / 161280) * n ** 4,
]
/** From the tangent of the conformal latitude back to the latitude: each step gains four digits. */
const NEWTON_STEPS = 3

export interface PlanePosition {
  readonly north_m: number
  readonly east_m: number
}

const radians = (degrees: number) => (degrees * Math.PI) / 180
const degrees = (angle: number) => (angle * 180) / Math.PI

/** Longitude and latitude (CGCS2000, degrees) → the 3-degree zone's plane, easting without zone prefix. */
export function project(lon: number, lat: number, centralMeridian_deg: number): PlanePosition {
  const conformal = conformalTangent(Math.tan(radians(lat)))
  const delta = radians(lon - centralMeridian_deg)
  const xi = Math.atan2(conformal, Math.cos(delta))
  const eta = Math.asinh(Math.sin(delta) / Math.hypot(conformal, Math.cos(delta)))
  let north = xi
  let east = eta
  for (const [index, alpha] of ALPHA.entries()) {
    const k = 2 * (index + 1)
    north += alpha * Math.sin(k * xi) * Math.cosh(k * eta)
    east += alpha * Math.cos(k * xi) * Math.sinh(k * eta)
  }
  return {
    north_m: RECTIFYING_RADIUS_M * north,
    east_m: FALSE_EASTING_M + RECTIFYING_RADIUS_M * east,
  }
}

/** The way back: northing and easting in metres → longitude and latitude (CGCS2000, degrees). */
export function unproject(
  north_m: number,
  east_m: number,
  centralMeridian_deg: number,
): [lon: number, lat: number] {
  const north = north_m / RECTIFYING_RADIUS_M
  const east = (east_m - FALSE_EASTING_M) / RECTIFYING_RADIUS_M
  let xi = north
  let eta = east
  for (const [index, beta] of BETA.entries()) {
    const k = 2 * (index + 1)
    xi -= beta * Math.sin(k * north) * Math.cosh(k * east)
    eta -= beta * Math.cos(k * north) * Math.sinh(k * east)
  }
  const across = Math.sinh(eta)
  const conformal = Math.sin(xi) / Math.hypot(across, Math.cos(xi))
  const lon = centralMeridian_deg + degrees(Math.atan2(across, Math.cos(xi)))
  return [lon, degrees(Math.atan(geodeticTangent(conformal)))]
}

/** Tangent of the latitude → tangent of the conformal latitude. */
function conformalTangent(tangent: number): number {
  const secant = Math.hypot(1, tangent)
  const sigma = Math.sinh(ECCENTRICITY * Math.atanh((ECCENTRICITY * tangent) / secant))
  return tangent * Math.hypot(1, sigma) - sigma * secant
}

function geodeticTangent(conformal: number): number {
  const squared = ECCENTRICITY ** 2
  let tangent = conformal / (1 - squared)
  for (let step = 0; step < NEWTON_STEPS; step++) {
    const missing = conformal - conformalTangent(tangent)
    const slope = (1 + (1 - squared) * tangent ** 2) / ((1 - squared) * Math.hypot(1, tangent))
    tangent += (missing * slope) / Math.hypot(1, conformalTangent(tangent))
  }
  return tangent
}

/**
 * Gauss–Krüger projection 高斯-克吕格投影 on the CGCS2000 ellipsoid, for the coordinate read-out.
 *
 * Krüger's series in the third flattening n to n⁴: below a millimetre within 3° of the meridian.
 */

const SEMI_MAJOR_AXIS_M = 6378137
const FLATTENING = 1 / 298.257222101
const FALSE_EASTING_M = 500000

const n = FLATTENING / (2 - FLATTENING)
const ECCENTRICITY = Math.sqrt(FLATTENING * (2 - FLATTENING))
const RECTIFYING_RADIUS_M = (SEMI_MAJOR_AXIS_M / (1 + n)) * (1 + n ** 2 / 4 + n ** 4 / 64)
const ALPHA = [
  n / 2 - (2 / 3) * n ** 2 + (5 / 16) * n ** 3 + (41 / 180) * n ** 4,
  (13 / 48) * n ** 2 - (3 / 5) * n ** 3 + (557 / 1440) * n ** 4,
  (61 / 240) * n ** 3 - (103 / 140) * n ** 4,
  (49561 / 161280) * n ** 4,
]

export interface PlanePosition {
  readonly north_m: number
  readonly east_m: number
}

const radians = (degrees: number) => (degrees * Math.PI) / 180

/** Longitude and latitude (CGCS2000, degrees) → the 3-degree zone's plane, easting without zone prefix. */
export function project(lon: number, lat: number, centralMeridian_deg: number): PlanePosition {
  const sine = Math.sin(radians(lat))
  const conformal = Math.sinh(
    Math.atanh(sine) - ECCENTRICITY * Math.atanh(ECCENTRICITY * sine),
  )
  const delta = radians(lon - centralMeridian_deg)
  const xi = Math.atan2(conformal, Math.cos(delta))
  const eta = Math.asinh(Math.sin(delta) / Math.hypot(conformal, Math.cos(delta)))
  let north = xi
  let east = eta
  ALPHA.forEach((alpha, index) => {
    const k = 2 * (index + 1)
    north += alpha * Math.sin(k * xi) * Math.cosh(k * eta)
    east += alpha * Math.cos(k * xi) * Math.sinh(k * eta)
  })
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
  let lon = centralMeridian_deg
  let lat = (north_m / RECTIFYING_RADIUS_M) * (180 / Math.PI)
  // Steps that shrink a hundredfold each: at the last one nothing moves any more.
  for (let step = 0; step < 12; step++) {
    const reached = project(lon, lat, centralMeridian_deg)
    lat += ((north_m - reached.north_m) / RECTIFYING_RADIUS_M) * (180 / Math.PI)
    lon += ((east_m - reached.east_m) / (RECTIFYING_RADIUS_M * Math.cos(radians(lat)))) * (180 / Math.PI)
  }
  return [lon, lat]
}

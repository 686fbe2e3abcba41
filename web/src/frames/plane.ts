/**
 * The planes a map can be drawn in, from a text that also reaches MapLibre's workers.
 *
 * Loaded by the page and by its workers: both must lay a position on the same place.
 */
import { project, unproject } from '../gauss_kruger'

/** Degrees → metres along the equator; MapLibre takes a plane's units as metres. */
export const DEGREE_M = (6378137 * Math.PI) / 180

/** Longitude and latitude in degrees ⇄ x (east) and y (north) of the plane in metres. */
export interface Plane {
  forward(position: number[]): number[]
  inverse(position: number[]): number[]
}

/** 经纬度直投: longitude and latitude themselves as x and y. */
export const DEGREES = 'degrees'
const GAUSS_KRUGER = 'gauss-kruger:'

/** 高斯-克吕格 of one central meridian. */
export function gaussKruger(centralMeridian_deg: number): string {
  return `${GAUSS_KRUGER}${centralMeridian_deg}`
}

/** The plane that a definition names; throws for one that is not known. */
export function planeOf(definition: string): Plane {
  if (definition === DEGREES) return degrees
  const meridian = Number(definition.slice(GAUSS_KRUGER.length))
  if (!definition.startsWith(GAUSS_KRUGER) || Number.isNaN(meridian)) {
    throw new Error(`没有这个图面坐标系 there is no such plane: ${definition}`)
  }
  return {
    forward: ([lon = 0, lat = 0]) => {
      const { east_m, north_m } = project(lon, lat, meridian)
      return [east_m, north_m]
    },
    inverse: ([east_m = 0, north_m = 0]) => unproject(north_m, east_m, meridian),
  }
}

const degrees: Plane = {
  forward: ([lon = 0, lat = 0]) => [lon * DEGREE_M, lat * DEGREE_M],
  inverse: ([x = 0, y = 0]) => [x / DEGREE_M, y / DEGREE_M],
}

/**
 * The frames the map is drawn in 图面坐标系: the city's own Gauss–Krüger zone, CGCS2000, Web Mercator.
 *
 * The only module that knows of MapLibre's experimental `addProjection`.
 */
import { addProjection, removeProjection } from 'maplibre-gl'
import type { City, FrameId } from '../model'
import { FALSE_EASTING_M } from '../gauss_kruger'
import { DEGREE_M, DEGREES, gaussKruger, planeOf } from './plane'

const WHOLE_CIRCLE_M = 360 * DEGREE_M
const ZONE_SIDE_M = 2 ** 21
const ZONE_MIDDLE_NORTH_M = 3_500_000

/** How the map is drawn in one frame. */
export interface Frame {
  readonly id: FrameId
  /** MapLibre's name of the projection. */
  readonly projection: string
  /** Id of the tile matrix set that its tiles are cut in. */
  readonly tileMatrixSet: string
  /**
   * What is added to a zoom of the state, of a legend and of a link to have the zoom of this frame
   * at which the ground has the same size on the screen. Those count in Web Mercator's levels.
   */
  readonly zoomShift: number
}

/** The three frames of a city; registers the planes that MapLibre does not know by itself. */
export function framesOf(city: City): Readonly<Record<FrameId, Frame>> {
  const meridian_deg = city.central_meridian_deg
  const cosine = Math.cos((((city.extent[1] + city.extent[3]) / 2) * Math.PI) / 180)
  // Mercator's side at level 0 as it lies on the ground at this latitude.
  const mercatorSide_m = WHOLE_CIRCLE_M * cosine
  const shift = (side_m: number) => Math.log2(side_m / mercatorSide_m)
  register('onemap:gk', gaussKruger(meridian_deg), ZONE_SIDE_M, [
    FALSE_EASTING_M - ZONE_SIDE_M / 2,
    ZONE_MIDDLE_NORTH_M + ZONE_SIDE_M / 2,
  ])
  register('onemap:4490', DEGREES, WHOLE_CIRCLE_M, [-180 * DEGREE_M, 90 * DEGREE_M])
  return {
    gk: {
      id: 'gk',
      projection: 'onemap:gk',
      tileMatrixSet: `CGCS2000_GK${meridian_deg}Quad`,
      zoomShift: shift(ZONE_SIDE_M),
    },
    4490: {
      id: '4490',
      projection: 'onemap:4490',
      tileMatrixSet: 'CGCS2000Quad',
      // A degree of longitude is shorter than one of latitude: equal areas, not equal lengths.
      zoomShift: shift(WHOLE_CIRCLE_M * Math.sqrt(cosine)),
    },
    mercator: {
      id: 'mercator',
      projection: 'mercator',
      tileMatrixSet: 'WebMercatorQuad',
      zoomShift: 0,
    },
  }
}

function register(name: string, definition: string, side_m: number, origin: [number, number]): void {
  // A page may hold more than one map, one after another; a name can be given only once.
  removeProjection(name)
  const projection = planeOf(definition)
  addProjection({ name, definition, projection, tileMatrixSet: { origin, extentAtZoom0: side_m } })
}

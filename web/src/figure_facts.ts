/** How a figure is called and how large it is, in words. */
import type { Geometry, Position } from 'geojson'
import { crossesItself, legalArea_m2, length_m } from './geodesy'
import { say } from './language'
import './messages/measure'
import './messages/sketch'
import type { Position4490 } from './model'

const MU_M2 = 2000 / 3
/** Beyond this, whether a boundary crosses itself takes longer than a glance. */
const MOST_CHECKED = 1500

/** A name for the figure of this number, where it has none of its own. */
export function calledOf(geometry: Geometry, name: string, number: number): string {
  if (name) return name
  if (geometry.type.endsWith('Point')) return say('namedPoint', { number })
  return say(geometry.type.endsWith('LineString') ? 'namedLine' : 'namedArea', { number })
}

/** Length of lines, legal area of areas, the place of a point; a ring that crosses itself has no area. */
export function sizeOf(geometry: Geometry, meridian_deg: number): string {
  switch (geometry.type) {
    case 'Point':
      return [...flat(geometry.coordinates)].map((value) => value.toFixed(7)).join(', ')
    case 'MultiPoint':
      return say('points', { count: geometry.coordinates.length })
    case 'LineString':
      return metres(length_m(geometry.coordinates.map(flat)))
    case 'MultiLineString':
      return metres(sum(geometry.coordinates.map((line) => length_m(line.map(flat)))))
    case 'Polygon':
      return areaText([geometry.coordinates], meridian_deg)
    case 'MultiPolygon':
      return areaText(geometry.coordinates, meridian_deg)
    default:
      return ''
  }
}

function areaText(areas: readonly Position[][][], meridian_deg: number): string {
  let total_m2 = 0
  for (const rings of areas) {
    for (const [number, ring] of rings.entries()) {
      const positions = ring.slice(0, -1).map(flat)
      if (positions.length <= MOST_CHECKED && crossesItself(positions)) return say('figureCrosses')
      total_m2 += (number ? -1 : 1) * legalArea_m2(positions, meridian_deg)
    }
  }
  return `${grouped(total_m2, 2)} m² · ${grouped(total_m2 / MU_M2, 4)} ${say('mu')}`
}

function metres(length_m: number): string {
  return `${grouped(length_m, 2)} m`
}

function flat([lon = 0, lat = 0]: Position): Position4490 {
  return [lon, lat]
}

function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0)
}

function grouped(value: number, digits: number): string {
  return value.toLocaleString('zh-CN', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** How a cross-section and a long profile are drawn 断面图的画法. */
import { nothing, svg } from 'lit'
import { numberText } from '../measured'
import { chainageText } from '../rivers'
import type { SectionPoint } from '../sections'
import { ROOM, ticks } from '../series'

const WIDTH = 360
export const SECTION_HEIGHT_PX = 220
const LEFT = 42
const RIGHT = 12
const TOP = 16
const BOTTOM = 28

/** A plane of a length to the right and an elevation upwards. */
export class Plane {
  constructor(
    readonly from: number,
    readonly to: number,
    readonly low: number,
    readonly high: number,
  ) {}

  /** Around these lengths and elevations, with room. */
  static around(lengths: readonly number[], elevations: readonly number[], from = Math.min(...lengths), to = Math.max(...lengths)): Plane {
    const [low, high] = [Math.min(...elevations), Math.max(...elevations)]
    const room = (high - low || 1) * ROOM
    return new Plane(from, to === from ? from + 1 : to, low - room, high + room)
  }

  x(length: number): number {
    return LEFT + ((length - this.from) / (this.to - this.from)) * (WIDTH - LEFT - RIGHT)
  }

  y(elevation: number): number {
    return SECTION_HEIGHT_PX - BOTTOM - ((elevation - this.low) / (this.high - this.low)) * (SECTION_HEIGHT_PX - BOTTOM - TOP)
  }

  /** Lines of round values; `chainages`: the lengths are such. */
  grid(chainages: boolean) {
    const foot = SECTION_HEIGHT_PX - BOTTOM
    const [least, most] = this.from < this.to ? [this.from, this.to] : [this.to, this.from]
    return svg`
      ${ticks(this.low, this.high, 5).map(
        (value) => svg`<line class="grid" x1=${LEFT} x2=${WIDTH - RIGHT} y1=${this.y(value)} y2=${this.y(value)}></line>
        <text x=${LEFT - 5} y=${this.y(value) + 4} text-anchor="end">${numberText(value)}</text>`,
      )}
      ${ticks(least, most, chainages ? 3 : 6).map(
        (value) => svg`<line class="grid" x1=${this.x(value)} x2=${this.x(value)} y1=${TOP} y2=${foot}></line>
        <text x=${this.x(value)} y=${foot + 16} text-anchor=${chainages && this.x(value) > WIDTH - 40 ? 'end' : 'middle'}>${chainages ? chainageText(value) : numberText(value)}</text>`,
      )}
      <text x="2" y="10">m</text>`
  }

  /** The ground between surveyed points; water up to a level where there is one. */
  ground(points: readonly SectionPoint[], level_m: number | null) {
    const line = points.map(({ distance_m, elevation_m }) => `${this.x(distance_m).toFixed(1)},${this.y(elevation_m).toFixed(1)}`)
    const foot = SECTION_HEIGHT_PX - BOTTOM
    const first = points[0]
    const last = points.at(-1)
    if (!first || !last) return nothing
    const area = [`${this.x(first.distance_m)},${foot}`, ...line, `${this.x(last.distance_m)},${foot}`].join(' ')
    const wet = level_m === null ? [] : wetOf(points, level_m)
    return svg`
      <polygon class="earth" points=${area}></polygon>
      ${wet.map(
        (pool) => svg`<polygon class="water" points=${pool.map(({ distance_m, elevation_m }) => `${this.x(distance_m).toFixed(1)},${this.y(elevation_m).toFixed(1)}`).join(' ')}></polygon>`,
      )}
      <polyline class="bed" points=${line.join(' ')}></polyline>
      ${points.map(({ distance_m, elevation_m }) => svg`<circle class="point" cx=${this.x(distance_m)} cy=${this.y(elevation_m)} r="2"></circle>`)}
      ${level_m === null ? nothing : svg`<line class="level" x1=${LEFT} x2=${WIDTH - RIGHT} y1=${this.y(level_m)} y2=${this.y(level_m)}></line>`}`
  }
}

/** The parts of a section that lie below a level: each from bank to bank, as a closed run of points. */
export function wetOf(points: readonly SectionPoint[], level_m: number): readonly (readonly SectionPoint[])[] {
  const pools: SectionPoint[][] = []
  let pool: SectionPoint[] | null = null
  for (const [at, point] of points.entries()) {
    const before = points[at - 1]
    const crossing = before && (before.elevation_m - level_m) * (point.elevation_m - level_m) < 0
    if (crossing) {
      const share = (level_m - before.elevation_m) / (point.elevation_m - before.elevation_m)
      const shore = { distance_m: before.distance_m + share * (point.distance_m - before.distance_m), elevation_m: level_m }
      if (pool) pool.push(shore)
      else pools.push((pool = [shore]))
    }
    if (point.elevation_m > level_m) {
      pool = null
      continue
    }
    if (!pool) pools.push((pool = [{ ...point, elevation_m: level_m }]))
    pool.push(point)
  }
  const last = points.at(-1)
  if (pool && last) pool.push({ ...last, elevation_m: level_m })
  return pools
}

export const VIEW_BOX = `0 0 ${WIDTH} ${SECTION_HEIGHT_PX}`

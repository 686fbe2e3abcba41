/** Warnings on the map 预警上图: each at its station in its colour and sign; cancelled and undecided ones apart. */
import type { Feature } from 'geojson'
import { LEVEL_COLORS } from './elements/level_sign'
import type { Cancelled, Colour, Undecided, Warning } from './flood_warnings'
import type { Position4490 } from './model'
import type { Overlay } from './overlay'
import type { Pixel, Stage } from './stage'

const QUIET = '#5f6d73'
/** So that a mark is told without its colour: as on the list, Ⅰ is the gravest. */
const SIGNS: Readonly<Record<Colour, string>> = { red: 'Ⅰ', orange: 'Ⅱ', yellow: 'Ⅲ', blue: 'Ⅳ' }
const INK: Readonly<Record<Colour, string>> = { red: '#ffffff', orange: '#1b2a31', yellow: '#1b2a31', blue: '#ffffff' }

export const WARNINGS: Overlay = {
  id: 'flood-warnings',
  level: 2.4,
  layers: [
    {
      id: 'flood-warnings:mark',
      type: 'circle',
      source: 'flood-warnings',
      paint: {
        'circle-radius': ['case', ['get', 'chosen'], 14, ['get', 'standing'], 11, 8],
        'circle-color': ['get', 'color'],
        'circle-stroke-color': ['case', ['get', 'chosen'], '#125e69', ['get', 'ink']],
        'circle-stroke-width': ['case', ['get', 'chosen'], 4, 1.6],
      },
      layout: { 'circle-sort-key': ['get', 'weight'] },
    },
    {
      id: 'flood-warnings:sign',
      type: 'symbol',
      source: 'flood-warnings',
      layout: {
        'text-field': ['get', 'sign'],
        'text-size': 13,
        'text-allow-overlap': true,
        'text-ignore-placement': true,
        'symbol-sort-key': ['get', 'weight'],
      },
      paint: { 'text-color': ['get', 'ink'] },
    },
    {
      id: 'flood-warnings:name',
      type: 'symbol',
      source: 'flood-warnings',
      filter: ['get', 'standing'],
      layout: { 'text-field': ['get', 'name'], 'text-size': 12, 'text-anchor': 'left', 'text-offset': [1.2, 0], 'text-optional': true },
      paint: { 'text-color': '#1b2a31', 'text-halo-color': '#ffffff', 'text-halo-width': 1.8 },
    },
  ],
}

export interface Marked {
  readonly standing: readonly Warning[]
  readonly cancelled: readonly Cancelled[]
  readonly undecided: readonly Undecided[]
  /** Where stations are of which only the code is known. */
  readonly places: ReadonlyMap<string, Position4490>
  /** The warning that is open. */
  readonly chosen: number | null
}

/** The marks of a part, as long as it is open; a click on a warning's tells its number. */
export class WarningMarks {
  #marked: Marked | null = null

  constructor(
    private readonly stage: Stage,
    private readonly choose: (id: number) => void,
  ) {
    stage.offer({ near: (pixel, reach_px, choose) => this.#near(pixel, reach_px, choose), inside: () => undefined })
  }

  show(marked: Marked): void {
    this.#marked = marked
    const { standing, cancelled, undecided, places, chosen } = marked
    const known = new Set(standing.map(({ station }) => station))
    this.stage.lay(WARNINGS, [
      ...undecided.flatMap(({ station }) => {
        const place = places.get(station)
        return place && !known.has(station) ? [mark(place, '#ffffff', QUIET, '?', '', false, false, 0)] : []
      }),
      ...cancelled.flatMap(({ position, id }) => (position ? [mark(position, '#ffffff', QUIET, '×', '', false, id === chosen, 1)] : [])),
      // The gravest of a station lies above.
      ...[...standing].reverse().flatMap(({ position, id, colour, station, station_name }, at) =>
        position
          ? [mark(position, LEVEL_COLORS[colour], INK[colour], SIGNS[colour], station_name ?? station, true, id === chosen, at + 2)]
          : [],
      ),
    ])
  }

  end(): void {
    this.stage.offer(null)
    this.stage.lay(WARNINGS, [])
  }

  #near([x, y]: Pixel, reach_px: number, choose: boolean): boolean {
    const { standing = [], cancelled = [] } = this.#marked ?? {}
    const found = [...standing, ...cancelled].find(({ position }) => {
      if (!position) return false
      const [left, top] = this.stage.pixel(position)
      return Math.hypot(left - x, top - y) <= Math.max(reach_px, 12)
    })
    if (found && choose) this.choose(found.id)
    return found !== undefined
  }
}

function mark(
  place: Position4490,
  color: string,
  ink: string,
  sign: string,
  name: string,
  standing: boolean,
  chosen: boolean,
  weight: number,
): Feature {
  return { type: 'Feature', properties: { color, ink, sign, name, standing, chosen, weight }, geometry: { type: 'Point', coordinates: [...place] } }
}

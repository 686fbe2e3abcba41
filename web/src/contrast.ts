/** Shapes of one feature against each other: told apart by the pattern of their lines, not by colour alone. */
import type { Feature, Geometry } from 'geojson'
import type { LayerSpecification } from 'maplibre-gl'
import type { Overlay } from './overlay'

/** 依据, 我的, 对方的. */
export type Part = 'base' | 'mine' | 'theirs'

export interface Stroke {
  readonly color: string
  readonly width_px: number
  /** In widths of the line; none: a whole line. */
  readonly dashes: readonly number[] | null
}

export const STROKES: Readonly<Record<Part, Stroke>> = {
  base: { color: '#46565d', width_px: 2, dashes: [1, 2] },
  theirs: { color: '#1d4fa3', width_px: 3, dashes: [4, 2] },
  mine: { color: '#8a1f5c', width_px: 3, dashes: null },
}

const PARTS = Object.keys(STROKES) as Part[]

export const CONTRAST: Overlay = { id: 'contrast', level: 3, layers: PARTS.flatMap(layersOf) }

/** The features of the overlay. */
export function contrasted(shapes: Readonly<Partial<Record<Part, Geometry | null>>>): readonly Feature[] {
  return PARTS.flatMap((part) => {
    const geometry = shapes[part]
    return geometry ? [{ type: 'Feature' as const, properties: { part }, geometry }] : []
  })
}

function layersOf(part: Part): LayerSpecification[] {
  const { color, width_px, dashes } = STROKES[part]
  const own = ['==', ['get', 'part'], part] as ['==', ['get', string], string]
  const point = ['==', ['geometry-type'], 'Point'] as ['==', [string], string]
  return [
    {
      id: `contrast:${part}-halo`,
      type: 'line',
      source: 'contrast',
      filter: own,
      paint: { 'line-color': '#ffffff', 'line-width': width_px + 3, 'line-opacity': 0.8 },
    },
    {
      id: `contrast:${part}`,
      type: 'line',
      source: 'contrast',
      filter: own,
      paint: {
        'line-color': color,
        'line-width': width_px,
        ...(dashes ? { 'line-dasharray': [...dashes] } : {}),
      },
    },
    {
      id: `contrast:${part}-point`,
      type: 'circle',
      source: 'contrast',
      filter: ['all', own, point] as never,
      paint: {
        'circle-radius': { base: 5, theirs: 8, mine: 11 }[part],
        'circle-color': color,
        'circle-opacity': 0.15,
        'circle-stroke-color': color,
        'circle-stroke-width': width_px,
      },
    },
  ]
}

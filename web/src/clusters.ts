/** Points that far tiles hold as one: a ring as large as they are many, with their number. */
import type { ExpressionSpecification, LayerSpecification } from 'maplibre-gl'
import type { Legend } from './model'

const INK = '#22323a'
const PAPER = '#ffffff'

/** Whether a feature of a tile stands for several. */
export const isCluster: ExpressionSpecification = ['has', 'count']

const radius: ExpressionSpecification = [
  'interpolate',
  ['linear'],
  ['log10', ['max', ['to-number', ['get', 'count'], 1], 1]],
  ...[0, 9, 1, 12, 2, 16, 3, 20, 4, 25, 6, 32],
]

/** The style layers of a layer's clusters, bottom first. */
export function clusterLayers(
  id: string,
  source: string,
  { min_zoom }: Legend,
  color: string | ExpressionSpecification,
  fonts: string[],
): LayerSpecification[] {
  return [
    {
      id: `${id}:cluster`,
      type: 'circle',
      source,
      minzoom: min_zoom,
      filter: isCluster,
      paint: {
        'circle-color': PAPER,
        'circle-opacity': 0.92,
        'circle-radius': radius,
        'circle-stroke-color': color,
        'circle-stroke-width': 3,
      },
    },
    {
      id: `${id}:number`,
      type: 'symbol',
      source,
      minzoom: min_zoom,
      filter: isCluster,
      layout: {
        'text-field': ['to-string', ['get', 'count']],
        'text-font': fonts,
        'text-size': 12,
        'text-allow-overlap': true,
        // Names keep away from the ring as well.
        'text-padding': 9,
      },
      paint: { 'text-color': INK },
    },
  ]
}

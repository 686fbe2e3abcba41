/** What of the rivers lies on the map 河流标记: what stands along one, what is pointed at, what is chosen. */
import type { Feature, Geometry } from 'geojson'
import type { Overlay } from './overlay'
import type { Thing } from './rivers'

const INK = '#0b5c8a'
const CHOSEN = '#b3261e'
const PAPER = '#ffffff'

export const RIVERSIDE: Overlay = {
  id: 'riverside',
  level: 2.2,
  layers: [
    {
      id: 'riverside:line',
      type: 'line',
      source: 'riverside',
      filter: ['==', ['geometry-type'], 'LineString'],
      layout: { 'line-join': 'round', 'line-cap': 'round' },
      paint: {
        'line-color': ['case', ['get', 'lit'], CHOSEN, INK],
        'line-width': ['case', ['get', 'lit'], 5, 2],
        'line-opacity': 0.85,
      },
    },
    {
      id: 'riverside:mark',
      type: 'circle',
      source: 'riverside',
      filter: ['==', ['geometry-type'], 'Point'],
      paint: {
        'circle-radius': ['case', ['get', 'lit'], 10, 4.5],
        'circle-color': ['case', ['get', 'lit'], CHOSEN, INK],
        'circle-stroke-color': PAPER,
        'circle-stroke-width': 2,
      },
      layout: { 'circle-sort-key': ['case', ['get', 'lit'], 1, 0] },
    },
    {
      id: 'riverside:label',
      type: 'symbol',
      source: 'riverside',
      filter: ['get', 'lit'],
      layout: {
        'text-field': ['get', 'told'],
        'text-size': 13,
        'text-anchor': 'left',
        'text-offset': [1, 0],
        'text-allow-overlap': true,
      },
      paint: { 'text-color': CHOSEN, 'text-halo-color': PAPER, 'text-halo-width': 2 },
    },
  ],
}

/** One thing on the map; `lit`: pointed at or chosen, with its name. */
export function markOf({ geometry, name }: Pick<Thing, 'geometry' | 'name'>, lit: boolean): Feature[] {
  if (!geometry) return []
  return [{ type: 'Feature', properties: { lit, told: lit ? name : '' }, geometry: geometry as Geometry }]
}

/** Places of a run on the map 推演标记: points, breaches, inflows, and the point that was taken. */
import type { Feature } from 'geojson'
import type { Mark } from './flood_runs'
import type { Overlay } from './overlay'

const COLORS: Readonly<Record<Mark['kind'] | 'taken', string>> = {
  points: '#1b2a31',
  breaches: '#b3261e',
  inflows: '#0b5c8a',
  taken: '#8a1f5c',
}

export const FLOOD_MARKS: Overlay = {
  id: 'flood-marks',
  level: 2.3,
  layers: [
    {
      id: 'flood-marks:mark',
      type: 'circle',
      source: 'flood-marks',
      paint: {
        'circle-radius': 5.5,
        'circle-color': '#ffffff',
        'circle-stroke-color': ['get', 'color'],
        'circle-stroke-width': 3,
      },
    },
    {
      id: 'flood-marks:name',
      type: 'symbol',
      source: 'flood-marks',
      layout: { 'text-field': ['get', 'name'], 'text-size': 13, 'text-anchor': 'left', 'text-offset': [0.8, 0], 'text-optional': true },
      paint: { 'text-color': ['get', 'color'], 'text-halo-color': '#ffffff', 'text-halo-width': 1.8 },
    },
  ],
}

export function markFeature(kind: keyof typeof COLORS, name: string, place: Mark['place']): Feature {
  return { type: 'Feature', properties: { color: COLORS[kind], name }, geometry: { type: 'Point', coordinates: [...place] } }
}

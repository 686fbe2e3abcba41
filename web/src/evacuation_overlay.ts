/** Addresses in the water on the map 受影响地址: by class of danger, with its code where there is room. */
import type { Feature } from 'geojson'
import type { Exposed, Summary } from './evacuation'
import { LEAVES } from './evacuation'
import type { Overlay } from './overlay'

const PLAIN = '#8a949a'
const INK = '#1b2a31'
const STUCK = '#b3261e'
const CODES_FROM_ZOOM = 14

export const EXPOSED: Overlay = {
  id: 'exposed',
  level: 2.35,
  layers: [
    {
      id: 'exposed:mark',
      type: 'circle',
      source: 'exposed',
      paint: {
        'circle-radius': ['interpolate', ['linear'], ['zoom'], 10, 2.5, 13, 4.5, 16, 8],
        'circle-color': ['get', 'color'],
        'circle-stroke-color': ['case', ['get', 'chosen'], INK, ['get', 'stuck'], STUCK, '#ffffff'],
        'circle-stroke-width': ['case', ['get', 'chosen'], 5, ['get', 'stuck'], 2.5, 1],
      },
    },
    {
      id: 'exposed:code',
      type: 'symbol',
      source: 'exposed',
      minzoom: CODES_FROM_ZOOM,
      layout: { 'text-field': ['get', 'code'], 'text-size': 11, 'text-anchor': 'bottom', 'text-offset': [0, -0.7], 'text-optional': true },
      paint: { 'text-color': INK, 'text-halo-color': '#ffffff', 'text-halo-width': 1.6 },
    },
  ],
}

export function exposedFeatures(exposed: readonly Exposed[], { limits }: Summary, chosen: string | null): Feature[] {
  const colors = new Map(limits.classes.map(({ code, color }) => [code, color]))
  return exposed.map(({ id, place, hazard, fate }) => ({
    type: 'Feature',
    properties: { color: colors.get(hazard ?? '') ?? PLAIN, code: hazard ?? '', stuck: fate !== LEAVES, chosen: id === chosen },
    geometry: { type: 'Point', coordinates: [...place] },
  }))
}

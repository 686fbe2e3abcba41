/** Where stations are 测站位置: each in the colour of its state, with sign and value, the chosen one ringed. */
import type { Feature } from 'geojson'
import type { StreamState } from './monitoring'
import type { Position4490 } from './model'
import type { Overlay } from './overlay'

export const STATE_COLORS: Readonly<Record<StreamState, string>> = {
  normal: '#12703f',
  unchecked: '#4b5d66',
  suspect: '#8a5a00',
  exceeding: '#b3261e',
  failed: '#7a1a8c',
  missing: '#5f6d73',
  offline: '#2c3a41',
}
/** So that a state is told without its colour. */
export const STATE_SIGNS: Readonly<Record<StreamState, string>> = {
  normal: '●',
  unchecked: '○',
  suspect: '▲',
  exceeding: '■',
  failed: '×',
  missing: '—',
  offline: '□',
}
/** In the mark itself, where it is no calm one. */
const MARKED: Readonly<Record<StreamState, string>> = {
  normal: '',
  unchecked: '',
  suspect: '?',
  exceeding: '!',
  failed: 'x',
  missing: '-',
  offline: '/',
}
const PAPER = '#ffffff'

export const STATIONS: Overlay = {
  id: 'stations',
  level: 2.1,
  layers: [
    {
      id: 'stations:chosen',
      type: 'circle',
      source: 'stations',
      filter: ['get', 'chosen'],
      paint: {
        'circle-radius': 13,
        'circle-color': PAPER,
        'circle-opacity': 0.5,
        'circle-stroke-color': '#125e69',
        'circle-stroke-width': 3,
      },
    },
    {
      id: 'stations:mark',
      type: 'circle',
      source: 'stations',
      paint: {
        'circle-radius': ['case', ['get', 'calm'], 5, 8],
        'circle-color': ['get', 'color'],
        'circle-stroke-color': PAPER,
        'circle-stroke-width': 2,
      },
      layout: { 'circle-sort-key': ['get', 'weight'] },
    },
    {
      id: 'stations:sign',
      type: 'symbol',
      source: 'stations',
      filter: ['!', ['get', 'calm']],
      layout: {
        'text-field': ['get', 'sign'],
        'text-size': 12,
        'text-allow-overlap': true,
        'text-ignore-placement': true,
      },
      paint: { 'text-color': PAPER },
    },
    {
      id: 'stations:value',
      type: 'symbol',
      source: 'stations',
      minzoom: 11,
      layout: {
        'text-field': ['get', 'told'],
        'text-size': 12,
        'text-anchor': 'left',
        'text-offset': [0.9, 0],
        'text-optional': true,
        'symbol-sort-key': ['-', 0, ['get', 'weight']],
      },
      paint: { 'text-color': ['get', 'color'], 'text-halo-color': PAPER, 'text-halo-width': 1.6 },
    },
  ],
}

/** One station on the map. */
export function markOf(
  position: Position4490,
  state: StreamState,
  told: string,
  chosen: boolean,
  weight: number,
): Feature {
  const color = STATE_COLORS[state]
  const calm = state === 'normal' || state === 'unchecked'
  return {
    type: 'Feature',
    properties: { color, sign: MARKED[state], told, chosen, calm, weight },
    geometry: { type: 'Point', coordinates: [...position] },
  }
}

/** A scenario on the map 情景标记: its area, and each thing by the first character of its kind. */
import type { Feature } from 'geojson'
import type { Bounds4490, Position4490 } from './model'
import type { Overlay } from './overlay'
import type { Kind } from './scenario'

/** A colour and a character, so that neither is needed to tell them apart. */
export const MARKS: Readonly<Record<Kind, readonly [sign: string, color: string]>> = {
  inflows: ['入', '#0b5c8a'],
  breaches: ['溃', '#b3261e'],
  gates: ['闸', '#5b3fa0'],
  pumps: ['泵', '#22663a'],
  dykes: ['堤', '#7a4a12'],
  points: ['测', '#1b2a31'],
}
const INK = '#1b2a31'

export const SCENARIO: Overlay = {
  id: 'scenario',
  level: 2.4,
  layers: [
    {
      id: 'scenario:area',
      type: 'fill',
      source: 'scenario',
      filter: ['==', ['geometry-type'], 'Polygon'],
      paint: { 'fill-color': INK, 'fill-opacity': 0.05 },
    },
    {
      id: 'scenario:edge',
      type: 'line',
      source: 'scenario',
      filter: ['==', ['geometry-type'], 'Polygon'],
      paint: { 'line-color': INK, 'line-width': 2, 'line-dasharray': [3, 2] },
    },
    {
      id: 'scenario:line',
      type: 'line',
      source: 'scenario',
      filter: ['==', ['geometry-type'], 'LineString'],
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': ['get', 'color'], 'line-width': ['case', ['get', 'open'], 5, 3] },
    },
    {
      id: 'scenario:mark',
      type: 'circle',
      source: 'scenario',
      filter: ['==', ['geometry-type'], 'Point'],
      paint: {
        'circle-radius': ['case', ['get', 'open'], 14, 11],
        'circle-color': ['get', 'color'],
        'circle-stroke-color': '#ffffff',
        'circle-stroke-width': 2,
      },
    },
    {
      id: 'scenario:sign',
      type: 'symbol',
      source: 'scenario',
      filter: ['==', ['geometry-type'], 'Point'],
      layout: { 'text-field': ['get', 'sign'], 'text-size': 13, 'text-allow-overlap': true, 'text-ignore-placement': true },
      paint: { 'text-color': '#ffffff' },
    },
    {
      id: 'scenario:name',
      type: 'symbol',
      source: 'scenario',
      filter: ['==', ['geometry-type'], 'Point'],
      layout: { 'text-field': ['get', 'name'], 'text-size': 13, 'text-anchor': 'left', 'text-offset': [1.3, 0], 'text-optional': true },
      paint: { 'text-color': ['get', 'color'], 'text-halo-color': '#ffffff', 'text-halo-width': 1.8 },
    },
  ],
}

export function areaFeature([west, south, east, north]: Bounds4490): Feature {
  const ring = [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ]
  return { type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [ring] } }
}

export function markFeature(kind: Kind, name: string, open: boolean, place: Position4490): Feature {
  const [sign, color] = MARKS[kind]
  return { type: 'Feature', properties: { sign, color, name, open }, geometry: { type: 'Point', coordinates: [...place] } }
}

/** The line of a dyke. */
export function lineFeature(kind: Kind, open: boolean, line: readonly Position4490[]): Feature {
  return { type: 'Feature', properties: { color: MARKS[kind][1], open }, geometry: { type: 'LineString', coordinates: line.map((each) => [...each]) } }
}

/** How the shape under the hand is drawn. */
import type { Feature, Geometry, Position } from 'geojson'
import type { Overlay } from './overlay'

const HAND = '#125e69'

/** The shape that is under the hand just now, with its vertices. */
export const DRAWN: Overlay = {
  id: 'drawing',
  level: 4,
  layers: [
    {
      id: 'drawing:area',
      type: 'fill',
      source: 'drawing',
      filter: ['==', ['geometry-type'], 'Polygon'],
      paint: { 'fill-color': HAND, 'fill-opacity': 0.14 },
    },
    {
      id: 'drawing:halo',
      type: 'line',
      source: 'drawing',
      filter: ['==', ['get', 'role'], 'shape'],
      layout: { 'line-join': 'round', 'line-cap': 'round' },
      paint: { 'line-color': '#ffffff', 'line-width': 5, 'line-opacity': 0.85 },
    },
    {
      id: 'drawing:line',
      type: 'line',
      source: 'drawing',
      filter: ['==', ['get', 'role'], 'shape'],
      layout: { 'line-join': 'round', 'line-cap': 'round' },
      paint: { 'line-color': HAND, 'line-width': 2.4 },
    },
    {
      id: 'drawing:next',
      type: 'line',
      source: 'drawing',
      filter: ['==', ['get', 'role'], 'next'],
      paint: { 'line-color': HAND, 'line-width': 1.6, 'line-dasharray': [2, 2] },
    },
    {
      id: 'drawing:between',
      type: 'circle',
      source: 'drawing',
      filter: ['==', ['get', 'role'], 'between'],
      paint: {
        'circle-radius': 3.5,
        'circle-color': '#ffffff',
        'circle-stroke-color': HAND,
        'circle-stroke-width': 1.2,
      },
    },
    {
      id: 'drawing:vertex',
      type: 'circle',
      source: 'drawing',
      filter: ['in', ['get', 'role'], ['literal', ['vertex', 'chosen']]],
      paint: {
        'circle-radius': ['case', ['==', ['get', 'role'], 'chosen'], 8, 5.5],
        'circle-color': ['case', ['==', ['get', 'role'], 'chosen'], HAND, '#ffffff'],
        'circle-stroke-color': ['case', ['==', ['get', 'role'], 'chosen'], '#ffffff', HAND],
        'circle-stroke-width': 2.4,
      },
    },
  ],
}

/** The shape itself; a point is drawn by its vertex. */
export function shapeOf(geometry: Geometry | null): Feature[] {
  return geometry && geometry.type !== 'Point' ? [feature('shape', geometry)] : []
}

/** The vertices, the chosen one among them. */
export function marks(vertices: readonly Position[], chosen: number | null): Feature[] {
  return vertices.map((coordinates, at) =>
    feature(at === chosen ? 'chosen' : 'vertex', { type: 'Point', coordinates }),
  )
}

/** Handles that add a vertex where they are taken hold of. */
export function between(middles: readonly Position[]): Feature[] {
  return middles.map((coordinates) => feature('between', { type: 'Point', coordinates }))
}

/** From the vertices drawn to the pointer, and on to the first one of an area. */
export function next(vertices: readonly Position[], pointer: readonly number[] | null, area: boolean): Feature[] {
  const [first, last] = [vertices[0], vertices.at(-1)]
  if (!first || !last) return []
  const ends = area && vertices.length > 1 ? [first] : []
  const coordinates = [last, ...(pointer ? [[...pointer]] : []), ...ends]
  return coordinates.length > 1 ? [feature('next', { type: 'LineString', coordinates })] : []
}

function feature(role: string, geometry: Geometry): Feature {
  return { type: 'Feature', properties: { role }, geometry }
}

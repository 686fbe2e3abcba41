/** What lies over the layers of the map: the sketch, what is being measured, what is being drawn. */
import type { Feature, Position } from 'geojson'
import type { DataDrivenPropertyValueSpecification, LayerSpecification } from 'maplibre-gl'
import { extentOf } from './extent'
import type { Figure } from './figure'
import { featureOf } from './sketch'

/** A source of its own and its style layers, above every layer of the catalogue. */
export interface Overlay {
  /** Id of the source; those of the style layers begin with it and a colon. */
  readonly id: string
  /** Overlays with a larger one lie above. */
  readonly level: number
  readonly layers: readonly LayerSpecification[]
}

const INK = '#8a1f5c'
const FIGURE_COLOR: DataDrivenPropertyValueSpecification<string> = ['get', 'color']

/** 草图: the figures the visitor keeps, each in its own colour. */
export const FIGURES: Overlay = {
  id: 'figures',
  level: 1,
  layers: [
    {
      id: 'figures:halo',
      type: 'line',
      source: 'figures',
      layout: { 'line-join': 'round', 'line-cap': 'round' },
      paint: { 'line-color': '#ffffff', 'line-width': 5, 'line-opacity': 0.8 },
    },
    ...shapes('figures', 1, FIGURE_COLOR).layers,
    {
      id: 'figures:name',
      type: 'symbol',
      source: 'figures',
      filter: ['has', 'called'],
      layout: {
        'text-field': ['get', 'called'],
        'text-size': 13,
        'text-max-width': 10,
        'text-anchor': ['case', ['get', 'beside'], 'left', 'center'],
        'text-offset': ['case', ['get', 'beside'], ['literal', [0.8, 0]], ['literal', [0, 0]]],
      },
      paint: { 'text-color': FIGURE_COLOR, 'text-halo-color': '#ffffff', 'text-halo-width': 1.8 },
    },
  ],
}
/** 量测: what a panel shows of its own. */
export const MEASURED = shapes('sketch', 2, INK)
/** Figures as the overlay draws them, each with its name at one place. */
export function drawnFigures(figures: readonly Figure[]): Feature[] {
  return [...figures.map(featureOf), ...figures.flatMap(nameOf)]
}

function nameOf({ name, color, geometry }: Figure): Feature[] {
  const box = name ? extentOf(geometry) : null
  if (!box) return []
  const middle: Position = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]
  const line = geometry.type === 'LineString' ? geometry.coordinates[geometry.coordinates.length >> 1] : null
  // A name in the middle of a point would hide it.
  const properties = { called: name, color, beside: geometry.type === 'Point' }
  return [{ type: 'Feature', properties, geometry: { type: 'Point', coordinates: line ?? middle } }]
}

function shapes(id: string, level: number, color: DataDrivenPropertyValueSpecification<string>): Overlay {
  return {
    id,
    level,
    layers: [
      {
        id: `${id}:area`,
        type: 'fill',
        source: id,
        filter: ['==', ['geometry-type'], 'Polygon'],
        paint: { 'fill-color': color, 'fill-opacity': 0.12 },
      },
      {
        id: `${id}:line`,
        type: 'line',
        source: id,
        filter: ['!=', ['geometry-type'], 'Point'],
        layout: { 'line-join': 'round', 'line-cap': 'round' },
        paint: { 'line-color': color, 'line-width': 2.4 },
      },
      {
        id: `${id}:point`,
        type: 'circle',
        source: id,
        filter: ['all', ['==', ['geometry-type'], 'Point'], ['!', ['has', 'called']]],
        paint: {
          'circle-radius': 5,
          'circle-color': '#ffffff',
          'circle-stroke-color': color,
          'circle-stroke-width': 2.4,
        },
      },
    ],
  }
}

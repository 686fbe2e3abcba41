/** What lies over the layers of the map: the sketch, what is being measured, what is being drawn. */
import type { DataDrivenPropertyValueSpecification, LayerSpecification } from 'maplibre-gl'

/** A source of its own and its style layers, above every layer of the catalogue. */
export interface Overlay {
  /** Id of the source; those of the style layers begin with it and a colon. */
  readonly id: string
  readonly layers: readonly LayerSpecification[]
}

const INK = '#8a1f5c'
const HAND = '#125e69'
const FIGURE_COLOR: DataDrivenPropertyValueSpecification<string> = ['get', 'color']

/** 草图: the figures the visitor keeps, each in its own colour. */
export const FIGURES = shapes('figures', FIGURE_COLOR)
/** 量测: what a panel shows of its own. */
export const MEASURED = shapes('sketch', INK)
/** The shape that is under the hand just now, with its vertices. */
export const DRAWN: Overlay = {
  id: 'drawing',
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

/** From the deepest up. */
export const OVERLAYS: readonly Overlay[] = [FIGURES, MEASURED, DRAWN]

function shapes(id: string, color: DataDrivenPropertyValueSpecification<string>): Overlay {
  return {
    id,
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
        filter: ['==', ['geometry-type'], 'Point'],
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

/** How what is published, and what is said of it, lies on the map. */
import type { Feature, Geometry } from 'geojson'
import type { DataDrivenPropertyValueSpecification } from 'maplibre-gl'
import type { LegendEntry } from './model'
import type { Overlay } from './overlay'
import type { PublishedLayer } from './publication'

const COLOR: DataDrivenPropertyValueSpecification<string> = ['get', 'color']
const EDGE: DataDrivenPropertyValueSpecification<string> = ['case', ['get', 'chosen'], '#1b2a31', ['get', 'edge']]
const SAID = '#8a1f5c'

/** 公示内容: the features of the layers that are shown, in the colours of their legends. */
export const PUBLISHED: Overlay = {
  id: 'published',
  level: 0.4,
  layers: [
    {
      id: 'published:area',
      type: 'fill',
      source: 'published',
      filter: ['==', ['geometry-type'], 'Polygon'],
      paint: { 'fill-color': COLOR, 'fill-opacity': ['case', ['get', 'chosen'], 0.85, 0.55] },
    },
    {
      id: 'published:edge',
      type: 'line',
      source: 'published',
      filter: ['all', ['!=', ['geometry-type'], 'Point'], ['!', ['get', 'coarse']]],
      paint: { 'line-color': EDGE, 'line-width': ['case', ['get', 'chosen'], 3, 1.2] },
    },
    {
      id: 'published:coarse',
      type: 'line',
      source: 'published',
      filter: ['all', ['!=', ['geometry-type'], 'Point'], ['get', 'coarse']],
      paint: {
        'line-color': EDGE,
        'line-width': ['case', ['get', 'chosen'], 3, 1.4],
        'line-dasharray': [2, 2],
      },
    },
    {
      id: 'published:point',
      type: 'circle',
      source: 'published',
      filter: ['==', ['geometry-type'], 'Point'],
      paint: { 'circle-color': COLOR, 'circle-radius': 5, 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 1.5 },
    },
  ],
}

/** 意见位置: where a comment that is read, or written, is about. */
export const SAID_PLACE: Overlay = {
  id: 'said',
  level: 2.3,
  layers: [
    {
      id: 'said:area',
      type: 'fill',
      source: 'said',
      filter: ['==', ['geometry-type'], 'Polygon'],
      paint: { 'fill-color': SAID, 'fill-opacity': 0.18 },
    },
    {
      id: 'said:halo',
      type: 'line',
      source: 'said',
      filter: ['!=', ['geometry-type'], 'Point'],
      paint: { 'line-color': '#ffffff', 'line-width': 5.5, 'line-opacity': 0.9 },
    },
    {
      id: 'said:line',
      type: 'line',
      source: 'said',
      filter: ['!=', ['geometry-type'], 'Point'],
      paint: { 'line-color': SAID, 'line-width': 2.8 },
    },
    {
      id: 'said:point',
      type: 'circle',
      source: 'said',
      filter: ['==', ['geometry-type'], 'Point'],
      paint: { 'circle-color': SAID, 'circle-radius': 7, 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 2.4 },
    },
  ],
}

/** A published feature as the overlay draws it. */
export function drawnOf(layer: PublishedLayer, feature: Feature, chosen: boolean): Feature {
  const { legend, precision } = layer
  const value = legend.by === null ? null : (feature.properties?.[legend.by] ?? null)
  const color = colorOf(legend.entries, value === null ? null : String(value)) ?? legend.color
  return {
    type: 'Feature',
    geometry: feature.geometry,
    properties: { color, edge: legend.outline ?? color, chosen, coarse: precision.id === 'coarse' },
  }
}

function colorOf(entries: readonly LegendEntry[], value: string | null): string | undefined {
  const own = entries.find(({ code }) => code !== null && String(code) === value)
  return (own ?? entries.find(({ code }) => code === null))?.color
}

export function placeOf(geometry: Geometry): Feature {
  return { type: 'Feature', properties: {}, geometry }
}

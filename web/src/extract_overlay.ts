/** How the ground of an extract lies on the map 管控查询: each theme in the colour of its layer. */
import type { Feature } from 'geojson'
import type { DataDrivenPropertyValueSpecification } from 'maplibre-gl'
import type { Concerned, Extract } from './extract'
import type { Overlay } from './overlay'

const COLOR: DataDrivenPropertyValueSpecification<string> = ['get', 'color']
const ROUND = { 'line-join': 'round', 'line-cap': 'round' } as const
const INK = '#1b2a31'
const PLAIN = '#5f6d73'

export const EXTRACT: Overlay = {
  id: 'extract',
  level: 2.1,
  layers: [
    {
      id: 'extract:area',
      type: 'fill',
      source: 'extract',
      filter: ['==', ['get', 'role'], 'theme'],
      paint: { 'fill-color': COLOR, 'fill-opacity': 0.5 },
    },
    {
      id: 'extract:line',
      type: 'line',
      source: 'extract',
      filter: ['==', ['get', 'role'], 'theme'],
      layout: ROUND,
      paint: { 'line-color': INK, 'line-width': 1.2 },
    },
    {
      id: 'extract:halo',
      type: 'line',
      source: 'extract',
      filter: ['==', ['get', 'role'], 'subject'],
      layout: ROUND,
      paint: { 'line-color': '#ffffff', 'line-width': 6, 'line-opacity': 0.9 },
    },
    {
      id: 'extract:outline',
      type: 'line',
      source: 'extract',
      filter: ['==', ['get', 'role'], 'subject'],
      layout: ROUND,
      paint: { 'line-color': INK, 'line-width': 3 },
    },
    {
      id: 'extract:point',
      type: 'circle',
      source: 'extract',
      filter: ['==', ['get', 'role'], 'point'],
      paint: {
        'circle-radius': 7,
        'circle-color': '#a8362a',
        'circle-stroke-color': '#ffffff',
        'circle-stroke-width': 3,
      },
    },
  ],
}

export function colorOf({ legend }: Concerned): string {
  return legend[0]?.color ?? PLAIN
}

/** The place and the ground of these themes, the smaller above the larger. */
export function groundOf({ subject }: Extract, themes: readonly Concerned[]): Feature[] {
  const drawn = themes
    .filter(({ geometry }) => geometry)
    .sort((a, b) => (b.area_m2 ?? 0) - (a.area_m2 ?? 0))
    .map((theme) => feature('theme', theme.geometry as Feature['geometry'], colorOf(theme)))
  return [...drawn, feature(subject.kind === 'point' ? 'point' : 'subject', subject.geometry, INK)]
}

function feature(role: string, geometry: Feature['geometry'], color: string): Feature {
  return { type: 'Feature', properties: { role, color }, geometry }
}

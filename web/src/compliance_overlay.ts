/** How a site and the evidence of a check lie on the map 项目范围与证据. */
import type { Feature } from 'geojson'
import type { DataDrivenPropertyValueSpecification } from 'maplibre-gl'
import type { Area, VerdictId } from './compliance'
import type { Overlay } from './overlay'

/** Told apart on light ground; the sign beside the words says the same. */
export const COLORS: Readonly<Record<VerdictId, string>> = {
  breaches: '#a8362a',
  undecided: '#5b3fa0',
  'needs-justification': '#7a5200',
  complies: '#22663a',
  'not-applicable': '#5f6d73',
}
const COLOR: DataDrivenPropertyValueSpecification<string> = ['get', 'color']
const ROUND = { 'line-join': 'round', 'line-cap': 'round' } as const

/** The ground that a rule speaks of. */
export const EVIDENCE: Overlay = {
  id: 'evidence',
  level: 2.1,
  layers: [
    {
      id: 'evidence:area',
      type: 'fill',
      source: 'evidence',
      paint: { 'fill-color': COLOR, 'fill-opacity': 0.42 },
    },
    {
      id: 'evidence:halo',
      type: 'line',
      source: 'evidence',
      layout: ROUND,
      paint: { 'line-color': '#ffffff', 'line-width': 5, 'line-opacity': 0.9 },
    },
    {
      id: 'evidence:line',
      type: 'line',
      source: 'evidence',
      layout: ROUND,
      paint: { 'line-color': COLOR, 'line-width': 2.6 },
    },
  ],
}

/** The outline of the site, over its evidence. */
export const SITE: Overlay = {
  id: 'project',
  level: 2.2,
  layers: [
    {
      id: 'project:halo',
      type: 'line',
      source: 'project',
      layout: ROUND,
      paint: { 'line-color': '#ffffff', 'line-width': 5.5, 'line-opacity': 0.9 },
    },
    {
      id: 'project:line',
      type: 'line',
      source: 'project',
      layout: { 'line-join': 'round' },
      paint: { 'line-color': '#1b2a31', 'line-width': 2.6, 'line-dasharray': [3, 1.6] },
    },
  ],
}

/** An area in the colour of a verdict. */
export function evidenceOf(geometry: Area, verdict: VerdictId): Feature {
  return { type: 'Feature', properties: { color: COLORS[verdict] }, geometry }
}

export function siteFeature(geometry: Area): Feature {
  return { type: 'Feature', properties: {}, geometry }
}

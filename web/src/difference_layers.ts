/** The style layers of a difference. */
import type { FilterSpecification, LayerSpecification } from 'maplibre-gl'
import { LOOKS, type Look } from './difference_look'
import { FONTS } from './style'

export function stylesOf(source: string, layer: string): LayerSpecification[] {
  return LOOKS.flatMap((look) => stylesOfOne(source, look)).map(
    (style) => ({ ...style, source, 'source-layer': layer }) as LayerSpecification,
  )
}

function stylesOfOne(source: string, { op, color, hatch, dash, sign }: Look): Partial<LayerSpecification>[] {
  const of = (test: FilterSpecification): FilterSpecification =>
    ['all', ['==', ['get', 'op'], op], test] as FilterSpecification
  const area = of(['==', ['geometry-type'], 'Polygon'])
  const line = of(['!=', ['geometry-type'], 'Point'])
  const point = of(['==', ['geometry-type'], 'Point'])
  const round = { 'line-join': 'round' } as const
  return [
    {
      id: `${source}-${op}-fill`,
      type: 'fill',
      filter: area,
      paint: { 'fill-color': color, 'fill-opacity': 0.3, 'fill-antialias': false },
    },
    { id: `${source}-${op}-hatch`, type: 'fill', filter: area, paint: { 'fill-pattern': hatch } },
    {
      id: `${source}-${op}-halo`,
      type: 'line',
      filter: line,
      layout: round,
      paint: { 'line-color': '#ffffff', 'line-width': 5, 'line-opacity': 0.85 },
    },
    {
      id: `${source}-${op}-line`,
      type: 'line',
      filter: line,
      layout: round,
      paint: {
        'line-color': color,
        'line-width': 2.6,
        ...(dash.length ? { 'line-dasharray': [...dash] } : {}),
      },
    },
    {
      id: `${source}-${op}-point`,
      type: 'circle',
      filter: point,
      paint: {
        'circle-radius': 7.5,
        'circle-color': color,
        'circle-stroke-color': '#ffffff',
        'circle-stroke-width': 1.6,
      },
    },
    {
      id: `${source}-${op}-sign`,
      type: 'symbol',
      filter: point,
      layout: {
        'text-field': sign,
        'text-font': FONTS,
        'text-size': 13,
        'text-allow-overlap': true,
        'text-ignore-placement': true,
      },
      paint: { 'text-color': '#ffffff' },
    },
  ]
}

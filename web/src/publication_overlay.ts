/** How what is published, and what is said of it, lies on the map. */
import type { Feature, Geometry } from 'geojson'
import type {
  DataDrivenPropertyValueSpecification,
  ExpressionSpecification,
  FilterSpecification,
  LayerSpecification,
} from 'maplibre-gl'
import type { Legend } from './model'
import type { Overlay } from './overlay'
import type { PublishedLayer } from './publication'

const SAID = '#8a1f5c'
const INK = '#1b2a31'

/**
 * 公示内容: the style layers of a layer that is shown, in the colours of its legend; `fid`: the chosen feature.
 *
 * `near`: the zoom from which every feature is there; farther off, outlines give way to the colours.
 */
export function publishedLayers(
  source: string,
  layer: PublishedLayer,
  near: number,
  fid: string | null,
): LayerSpecification[] {
  const { legend, precision } = layer
  const color = colorOf(legend)
  // What is generalised is dashed: its outline is not where it seems to be.
  const dashed = precision.id === 'coarse' ? { 'line-dasharray': [2, 2] } : {}
  const fading = (far: number, close: number): ExpressionSpecification =>
    ['interpolate', ['linear'], ['zoom'], near - 3, far, near, close]
  const area: FilterSpecification = ['==', ['geometry-type'], 'Polygon']
  const line: FilterSpecification = ['!=', ['geometry-type'], 'Point']
  const point: FilterSpecification = ['==', ['geometry-type'], 'Point']
  const chosen = (test: FilterSpecification): FilterSpecification =>
    ['all', test, ['==', ['get', 'fid'], fid ?? '']] as FilterSpecification
  const styles: Partial<LayerSpecification>[] = [
    { id: `${source}:area`, type: 'fill', filter: area, paint: { 'fill-color': color, 'fill-opacity': 0.55 } },
    {
      id: `${source}:edge`,
      type: 'line',
      filter: line,
      paint: {
        'line-color': legend.outline ?? color,
        'line-width': fading(0.3, 1.2),
        'line-opacity': fading(0.2, 1),
        ...dashed,
      },
    },
    {
      id: `${source}:point`,
      type: 'circle',
      filter: point,
      paint: { 'circle-color': color, 'circle-radius': 5, 'circle-stroke-color': '#ffffff', 'circle-stroke-width': 1.5 },
    },
    {
      id: `${source}:chosen-area`,
      type: 'fill',
      filter: chosen(area),
      paint: { 'fill-color': color, 'fill-opacity': 0.7 },
    },
    { id: `${source}:chosen-edge`, type: 'line', filter: chosen(line), paint: { 'line-color': INK, 'line-width': 3 } },
    {
      id: `${source}:chosen-point`,
      type: 'circle',
      filter: chosen(point),
      paint: { 'circle-color': color, 'circle-radius': 7, 'circle-stroke-color': INK, 'circle-stroke-width': 2 },
    },
  ]
  return styles.map((style) => ({ ...style, source, 'source-layer': layer.layer }) as LayerSpecification)
}

/** The colour of a feature by its class; of a class the legend does not name, the legend's own. */
function colorOf({ by, color, entries }: Legend): DataDrivenPropertyValueSpecification<string> {
  const others = entries.find(({ code }) => code === null)?.color ?? color
  const named = entries.filter(({ code }) => code !== null)
  if (by === null || !named.length) return others
  const pairs = named.flatMap((each) => [String(each.code), each.color])
  return ['match', ['to-string', ['get', by]], ...pairs, others] as unknown as ExpressionSpecification
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

export function placeOf(geometry: Geometry): Feature {
  return { type: 'Feature', properties: {}, geometry }
}

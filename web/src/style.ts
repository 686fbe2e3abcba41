/** A layer's legend → MapLibre style layers; the ground below, the selection above. */
import type {
  ExpressionSpecification,
  FilterSpecification,
  LayerSpecification,
  StyleSpecification,
  SymbolLayerSpecification,
} from 'maplibre-gl'
import type { Feature, Geometry, Position } from 'geojson'
import type { Frame } from './frames/frame'
import { clusterLayers, isCluster } from './clusters'
import { FAMILY, fontFaces } from './fonts'
import { hatchLayers, hatchSprite } from './hatch'
import type { Bounds4490, City, Layer, Legend } from './model'
import { FADE_MS } from './motion'

/** What our own have no file for is drawn by the browser's fonts: no glyph server is named, so none is asked. */
export const FONTS = [FAMILY, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Source Han Sans SC']
const GROUND = '#eceee9'
const PAPER = '#fdfdfb'
const SHADOW = '#44544d'
const INK = '#22323a'
const SELECTION = '#d9480f'
const FAR_ZOOM = 9
const GRATICULE_DEG = 0.1
const GRATICULE_MARGIN_DEG = 1

export const SELECTION_SOURCE = 'selection'

/** Name of the source that holds a layer's tiles. */
export function sourceOf(layer: Layer): string {
  return `layer:${layer.id}`
}

/** Name of the source that holds the label points of a layer of areas: an area is cut at tile edges, its label is one. */
export function labelSourceOf(layer: Layer): string {
  return layer.legend.kind === 'fill' && layer.legend.label ? `label:${layer.id}` : sourceOf(layer)
}

/** Name of the source that holds the images of a layer of their outlines. */
export function imageSourceOf(layer: Layer): string {
  return `image:${layer.id}`
}

/** Ground and graticule in a frame; everything else is laid on top. */
export function groundStyle(city: City, frame: Frame): StyleSpecification {
  return {
    version: 8,
    projection: { type: frame.projection as 'mercator' },
    ...fontFaces(),
    sprite: hatchSprite(),
    sources: {
      graticule: { type: 'geojson', data: feature(graticule(city.extent)) },
      [SELECTION_SOURCE]: { type: 'geojson', data: { type: 'FeatureCollection', features: [] } },
    },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': GROUND } },
      {
        id: 'graticule',
        type: 'line',
        source: 'graticule',
        paint: { 'line-color': '#c9d0cb', 'line-width': 0.6, 'line-dasharray': [4, 4] },
      },
    ],
  }
}

/** White paper with a soft shadow under the deepest layer of areas: the city stands out from the ground. */
export function paperLayers(layer: Layer): LayerSpecification[] {
  const sheet = (name: string, color: string, opacity: number, below_px: number): LayerSpecification => ({
    id: `${layer.id}:${name}`,
    type: 'fill',
    source: sourceOf(layer),
    filter: ['==', ['geometry-type'], 'Polygon'],
    paint: { 'fill-color': color, 'fill-opacity': opacity, 'fill-translate': [0, below_px] },
  })
  return [
    sheet('shadow-far', SHADOW, 0.07, 7),
    sheet('shadow-middle', SHADOW, 0.09, 4),
    sheet('shadow-near', SHADOW, 0.12, 2),
    sheet('paper', PAPER, 1, 0),
  ]
}

/** The selected feature, above the shapes of all layers. */
export function selectionLayers(): LayerSpecification[] {
  const source = SELECTION_SOURCE
  return [
    {
      id: 'selection-fill',
      type: 'fill',
      source,
      filter: ['==', ['geometry-type'], 'Polygon'],
      paint: { 'fill-color': SELECTION, 'fill-opacity': 0.14 },
    },
    {
      id: 'selection-halo',
      type: 'line',
      source,
      filter: ['!=', ['geometry-type'], 'Point'],
      layout: { 'line-join': 'round', 'line-cap': 'round' },
      paint: { 'line-color': '#ffffff', 'line-width': 6, 'line-opacity': 0.9 },
    },
    {
      id: 'selection-line',
      type: 'line',
      source,
      filter: ['!=', ['geometry-type'], 'Point'],
      layout: { 'line-join': 'round', 'line-cap': 'round' },
      paint: { 'line-color': SELECTION, 'line-width': 2.6 },
    },
    {
      id: 'selection-point',
      type: 'circle',
      source,
      filter: ['==', ['geometry-type'], 'Point'],
      paint: {
        'circle-radius': 11,
        'circle-color': SELECTION,
        'circle-opacity': 0.16,
        'circle-stroke-color': SELECTION,
        'circle-stroke-width': 2.4,
      },
    },
  ]
}

/** The style layers of one layer, bottom first. `opacity` scales what the legend says. */
export function layersOf(layer: Layer): LayerSpecification[] {
  switch (layer.legend.kind) {
    case 'fill':
      return layer.imagery ? imageLayers(layer) : fillLayers(layer)
    case 'line':
      return lineLayers(layer)
    case 'circle':
      return circleLayers(layer)
    case 'none':
      return []
  }
}

/** Paint properties that carry a style layer's opacity, by its type. */
export const OPACITY_PROPERTIES = {
  fill: ['fill-opacity'],
  'fill-extrusion': ['fill-extrusion-opacity'],
  raster: ['raster-opacity'],
  line: ['line-opacity'],
  circle: ['circle-opacity', 'circle-stroke-opacity'],
  symbol: ['text-opacity'],
} as const

function fillLayers(layer: Layer): LayerSpecification[] {
  const { legend } = layer
  const source = sourceOf(layer)
  const filter: FilterSpecification = ['==', ['geometry-type'], 'Polygon']
  return [
    {
      id: `${layer.id}:fill`,
      type: 'fill',
      source,
      filter,
      minzoom: legend.min_zoom,
      paint: { 'fill-color': colorOf(legend), 'fill-opacity': legend.opacity, 'fill-antialias': false },
    },
    ...hatchLayers(layer, { type: 'fill', source, filter, minzoom: legend.min_zoom }),
    {
      id: `${layer.id}:edge`,
      type: 'line',
      source,
      filter,
      minzoom: legend.min_zoom,
      layout: { 'line-join': 'round' },
      paint: {
        'line-color': legend.outline ?? colorOf(legend),
        'line-width': widthAt(legend.width_px),
      },
    },
    ...solidLayers(layer, { source, filter, minzoom: legend.min_zoom }),
  ]
}

/** Whether a style layer is seen where the map is tilted alone. */
export function isSolid({ type }: LayerSpecification): boolean {
  return type === 'fill-extrusion'
}

/** Areas as bodies 体块, as high as a field says. */
function solidLayers(
  { id, legend }: Layer,
  drawn: { source: string; filter: FilterSpecification; minzoom: number },
): LayerSpecification[] {
  if (!legend.height) return []
  return [
    {
      ...drawn,
      id: `${id}:solid`,
      type: 'fill-extrusion',
      paint: {
        'fill-extrusion-color': colorOf(legend),
        'fill-extrusion-height': ['max', 0, ['to-number', ['get', legend.height], 0]],
        'fill-extrusion-opacity': legend.opacity,
      },
    },
  ]
}

/** Images, and thin outlines that tell where there are some. */
function imageLayers(layer: Layer): LayerSpecification[] {
  const outlines = fillLayers(layer).filter(({ type }) => type === 'line')
  const paint = { 'raster-fade-duration': FADE_MS }
  return [{ id: `${layer.id}:image`, type: 'raster', source: imageSourceOf(layer), paint }, ...outlines]
}

function lineLayers(layer: Layer): LayerSpecification[] {
  const { legend } = layer
  const drawn = {
    type: 'line' as const,
    source: sourceOf(layer),
    minzoom: legend.min_zoom,
    layout: { 'line-join': 'round' as const, 'line-cap': 'round' as const },
  }
  const line: LayerSpecification = {
    ...drawn,
    id: `${layer.id}:line`,
    paint: {
      'line-color': colorOf(legend),
      'line-opacity': legend.opacity,
      'line-width': widthAt(legend.width_px),
    },
  }
  if (!legend.outline) return [line]
  const casing: LayerSpecification = {
    ...drawn,
    id: `${layer.id}:casing`,
    paint: { 'line-color': legend.outline, 'line-width': widthAt(legend.width_px + 2) },
  }
  return [casing, line]
}

function circleLayers(layer: Layer): LayerSpecification[] {
  const { legend } = layer
  const radius: ExpressionSpecification = [
    'interpolate',
    ['linear'],
    ['zoom'],
    8,
    legend.radius_px * 0.5,
    13,
    legend.radius_px,
    17,
    legend.radius_px * 1.8,
  ]
  return [
    {
      id: `${layer.id}:circle`,
      type: 'circle',
      source: sourceOf(layer),
      minzoom: legend.min_zoom,
      filter: ['!', isCluster],
      paint: {
        'circle-color': colorOf(legend),
        'circle-radius': radius,
        'circle-opacity': legend.opacity,
        'circle-stroke-color': legend.outline ?? '#ffffff',
        'circle-stroke-width': ['interpolate', ['linear'], ['zoom'], 9, 0.6, 14, 1.6],
      },
    },
    ...clusterLayers(layer.id, sourceOf(layer), legend, colorOf(legend), FONTS),
  ]
}

/** The labels of a layer; drawn above the shapes of every layer. */
export function labelLayerOf(layer: Layer): SymbolLayerSpecification | null {
  const { legend } = layer
  if (!legend.label || legend.kind === 'none') return null
  const alongLine = legend.kind === 'line'
  // Areas that are named from far away are the larger places.
  const weight = legend.kind === 'fill' && legend.min_zoom < FAR_ZOOM ? 1.2 : 1
  return {
    id: `${layer.id}:label`,
    type: 'symbol',
    source: labelSourceOf(layer),
    minzoom: Math.max(legend.min_zoom, { fill: 0, line: 10.5, circle: 13 }[legend.kind]),
    layout: {
      'text-field': ['coalesce', ['to-string', ['get', legend.label]], ''],
      'text-font': FONTS,
      'text-size': ['interpolate', ['linear'], ['zoom'], 9, 11 * weight, 13, 13 * weight, 17, 15 * weight],
      'text-max-width': 8,
      'text-padding': 4,
      'text-letter-spacing': alongLine ? 0.12 : 0.04,
      'symbol-placement': alongLine ? 'line' : 'point',
      'symbol-spacing': 360,
      ...(legend.kind === 'circle' ? besidePoint : {}),
    },
    paint: {
      'text-color': alongLine ? darker(legend.color) : INK,
      'text-halo-color': 'rgba(255,255,255,0.92)',
      'text-halo-width': 1.5,
    },
  }
}

const besidePoint = { 'text-anchor': 'left', 'text-offset': [0.8, 0] } satisfies Partial<
  NonNullable<SymbolLayerSpecification['layout']>
>

function colorOf(legend: Legend): string | ExpressionSpecification {
  const cases = legend.entries.flatMap(({ code, color }) => (code === null ? [] : [code, color]))
  if (!legend.by || cases.length === 0) return legend.color
  const input: ExpressionSpecification = ['to-string', ['get', legend.by]]
  return ['match', input, ...cases, legend.color] as unknown as ExpressionSpecification
}

function widthAt(width_px: number): ExpressionSpecification {
  return ['interpolate', ['exponential', 1.4], ['zoom'], 8, width_px * 0.6, 12, width_px, 17, width_px * 3]
}

/** A colour dark enough to be read as text on white. */
function darker(hex: string): string {
  const channels = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16))
  return `rgb(${channels.map((each) => Math.round(each * 0.55)).join(',')})`
}

function feature(geometry: Geometry): Feature {
  return { type: 'Feature', properties: {}, geometry }
}

function graticule([west, south, east, north]: Bounds4490): Geometry {
  const first = (edge: number) => Math.floor((edge - GRATICULE_MARGIN_DEG) / GRATICULE_DEG)
  const last = (edge: number) => Math.ceil((edge + GRATICULE_MARGIN_DEG) / GRATICULE_DEG)
  const lines: Position[][] = []
  const at = (index: number) => Math.round(index * GRATICULE_DEG * 1e6) / 1e6
  const [x0, x1, y0, y1] = [first(west), last(east), first(south), last(north)]
  for (let x = x0; x <= x1; x++) lines.push([[at(x), at(y0)], [at(x), at(y1)]])
  for (let y = y0; y <= y1; y++) lines.push([[at(x0), at(y)], [at(x1), at(y)]])
  return { type: 'MultiLineString', coordinates: lines }
}

/** A sheet as it is chosen, what it covers on the ground, and the file that the platform makes of it. */
import type { Feature, FeatureCollection, Position } from 'geojson'
import { toInstant } from './clock'
import { address, granted } from './config'
import { nameOf } from './download'
import { project, unproject } from './gauss_kruger'
import { isVisible, ordered } from './model'
import type { Bounds4490, Config, Layer, MapState, Position4490 } from './model'
import type { Overlay } from './overlay'

export type Orientation = 'across' | 'upright'

/** What the panel keeps in the link. */
export interface Choice {
  readonly paper: string
  readonly orientation: Orientation
  /** Denominator. */
  readonly scale: number
  /** Middle of the map on the sheet; null before it was put anywhere. */
  readonly center: Position4490 | null
  readonly title: string
  readonly subtitle: string
  readonly unit: string
  readonly sketched: boolean
}

/** A paper as `/print` offers it; `map_mm`: where the map lies on it, from the lower left corner. */
export interface Paper {
  readonly paper: string
  readonly orientation: Orientation
  readonly width_mm: number
  readonly height_mm: number
  readonly map_mm: readonly [left: number, bottom: number, width: number, height: number]
}

export interface Offer {
  readonly papers: readonly Paper[]
  readonly scale: { readonly least: number; readonly most: number; readonly usual: readonly number[] }
  readonly limits: { readonly text: Readonly<Record<'title' | 'subtitle' | 'unit', number>> }
}

export const USUAL: Choice = {
  paper: 'A3',
  orientation: 'across',
  scale: 2000,
  center: null,
  title: '',
  subtitle: '',
  unit: '',
  sketched: true,
}
const DIGITS = 7
const PER_EDGE = 8
const INK = '#b3261e'

/** 图幅: the edge of the paper, and the map on it. */
export const SHEET: Overlay = {
  id: 'sheet-frame',
  level: 0,
  layers: [
    {
      id: 'sheet-frame:area',
      type: 'fill',
      source: 'sheet-frame',
      filter: ['==', ['get', 'part'], 'map'],
      paint: { 'fill-color': INK, 'fill-opacity': 0.06 },
    },
    {
      id: 'sheet-frame:paper',
      type: 'line',
      source: 'sheet-frame',
      filter: ['==', ['get', 'part'], 'paper'],
      paint: { 'line-color': INK, 'line-width': 1.2, 'line-dasharray': [4, 3] },
    },
    {
      id: 'sheet-frame:map',
      type: 'line',
      source: 'sheet-frame',
      filter: ['==', ['get', 'part'], 'map'],
      paint: { 'line-color': INK, 'line-width': 2.2 },
    },
  ],
}

export function fromDetail(text: string | null): Choice {
  const said = new URLSearchParams(text ?? '')
  const [lon, lat] = (said.get('at') ?? '').split(',').map(Number.parseFloat)
  const sound = lon !== undefined && lat !== undefined && Math.abs(lon) <= 180 && Math.abs(lat) <= 85
  return {
    paper: said.get('paper') ?? USUAL.paper,
    orientation: said.get('lie') === 'upright' ? 'upright' : 'across',
    scale: Number.parseInt(said.get('scale') ?? '', 10) || USUAL.scale,
    center: sound ? [lon, lat] : null,
    title: said.get('title') ?? '',
    subtitle: said.get('subtitle') ?? '',
    unit: said.get('unit') ?? '',
    sketched: said.get('sketch') !== 'no',
  }
}

export function toDetail(choice: Choice): string {
  const said = new URLSearchParams({
    paper: choice.paper,
    lie: choice.orientation,
    scale: String(choice.scale),
  })
  if (choice.center) said.set('at', choice.center.map((each) => each.toFixed(DIGITS)).join(','))
  for (const name of ['title', 'subtitle', 'unit'] as const) if (choice[name]) said.set(name, choice[name])
  if (!choice.sketched) said.set('sketch', 'no')
  return said.toString()
}

/** The edge of the paper and that of the map, straight in the plane of the zone. */
export function outlines(paper: Paper, scale: number, center: Position4490, meridian_deg: number): Feature[] {
  const [left, bottom, width, height] = paper.map_mm
  const middle: Position = [left + width / 2, bottom + height / 2]
  const part = (name: string, box: readonly [number, number, number, number]): Feature => ({
    type: 'Feature',
    properties: { part: name },
    geometry: { type: 'Polygon', coordinates: [ring(box, middle, scale, center, meridian_deg)] },
  })
  return [part('paper', [0, 0, paper.width_mm, paper.height_mm]), part('map', paper.map_mm)]
}

function ring(
  [left, bottom, width, height]: readonly [number, number, number, number],
  [middleX = 0, middleY = 0]: Position,
  scale: number,
  center: Position4490,
  meridian_deg: number,
): Position[] {
  const { north_m, east_m } = project(center[0], center[1], meridian_deg)
  const corners: Position[] = [
    [left, bottom],
    [left + width, bottom],
    [left + width, bottom + height],
    [left, bottom + height],
  ]
  return [...corners, [left, bottom]].flatMap(([x = 0, y = 0], at, all): Position[] => {
    const [nextX = x, nextY = y] = all[at + 1] ?? []
    const steps = at < corners.length ? PER_EDGE : 1
    return Array.from({ length: steps }, (_, step) => {
      const [alongX, alongY] = [x + ((nextX - x) * step) / steps, y + ((nextY - y) * step) / steps]
      const per_mm = scale / 1000
      return unproject(north_m + (alongY - middleY) * per_mm, east_m + (alongX - middleX) * per_mm, meridian_deg)
    })
  })
}

/** A position so many metres of the plane farther. */
export function shifted(
  [lon, lat]: Position4490,
  east_m: number,
  north_m: number,
  meridian_deg: number,
): Position4490 {
  const from = project(lon, lat, meridian_deg)
  return unproject(from.north_m + north_m, from.east_m + east_m, meridian_deg)
}

/** How far apart two positions lie in the plane: eastward, northward. */
export function apart(from: Position4490, to: Position4490, meridian_deg: number): readonly [number, number] {
  const [a, b] = [from, to].map(([lon, lat]) => project(lon, lat, meridian_deg))
  return a && b ? [b.east_m - a.east_m, b.north_m - a.north_m] : [0, 0]
}

/** The stretch of the city around these features. */
export function around(features: readonly Feature[]): Bounds4490 {
  const places = features.flatMap(({ geometry }) => (geometry.type === 'Polygon' ? geometry.coordinates.flat() : []))
  const lons = places.map(([lon = 0]) => lon)
  const lats = places.map(([, lat = 0]) => lat)
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)]
}

/** The layers that will be on the sheet, from the topmost down: those on the map. */
export function printed(state: MapState, { layers }: Config): readonly Layer[] {
  return ordered(state, layers).filter((each) => isVisible(state, each) && each.legend.kind !== 'none')
}

/** The figures that the visitor drew over the map; null where there are none. */
export function sketched(state: MapState): FeatureCollection | null {
  const held = (state as { readonly sketch?: { readonly figures?: readonly unknown[] } }).sketch?.figures ?? []
  const features = held.map((each): Feature => {
    const { geometry, ...properties } = each as { geometry: Feature['geometry'] }
    return { type: 'Feature', properties, geometry }
  })
  return features.length ? { type: 'FeatureCollection', features } : null
}

export interface PrintedFile {
  readonly blob: Blob
  readonly name: string
}

/** Asks for the sheet; `received` tells the share of the file that has come, refusals become a ServerProblem. */
export async function print(
  choice: Choice,
  state: MapState,
  config: Config,
  signal: AbortSignal,
  received: (share: number) => void,
): Promise<PrintedFile> {
  const sketch = choice.sketched ? sketched(state) : null
  const body = {
    paper: choice.paper,
    orientation: choice.orientation,
    scale: choice.scale,
    center: choice.center,
    layers: printed(state, config).map(({ id }) => ({ id, opacity: state.opacity[id] ?? 1 })),
    images: state.images,
    language: state.language,
    title: choice.title,
    subtitle: choice.subtitle,
    unit: choice.unit,
    ...(state.datetime ? { datetime: toInstant(state.datetime) } : {}),
    ...(state.asof ? { asof: toInstant(state.asof) } : {}),
    ...(sketch ? { sketch } : {}),
  }
  const headers = { 'content-type': 'application/json' }
  const request = { method: 'POST', headers, body: JSON.stringify(body), signal }
  const response = await granted(address('print'), request)
  return { blob: await whole(response, received), name: nameOf(response) ?? 'sheet.pdf' }
}

async function whole(response: Response, received: (share: number) => void): Promise<Blob> {
  const size = Number(response.headers.get('content-length'))
  const pieces: Uint8Array<ArrayBuffer>[] = []
  const reader = response.body?.getReader()
  let got = 0
  for (let piece = await reader?.read(); piece?.value; piece = await reader?.read()) {
    pieces.push(new Uint8Array(piece.value))
    got += piece.value.length
    if (size) received(got / size)
  }
  return new Blob(pieces, { type: 'application/pdf' })
}

/** Files ⇄ figures, through the platform: it has the readers, and tells the frame of a file. */
import type { Feature, FeatureCollection, Geometry } from 'geojson'
import { address, problemSaid, reached, ServerProblem } from './config'
import type { Title } from './model'
import { COLORS, type Figure } from './figure'
import { collectionOf } from './sketch'

export const MOST_BYTES = 8_388_608
export const MOST_FIGURES = 2000
/** Properties that name a figure, that say more of it, and that tell its colour; our own first. */
const NAMES = ['name', '名称', '地块名称', '项目名称', 'NAME', 'Name', 'DKMC', 'XMMC', 'title', 'text', 'layer']
const NOTES = ['note', '备注', 'BZ', '说明', 'description']
const COLORED = ['color', '颜色']
/** What our own drawings carry beside the figure's properties. */
const OWN = ['fid', 'handle']
const OWN_LAYER = 'sketch'
const COLOR = /^#[0-9a-f]{6}$/i
const NAME_MOST = 80
const NOTE_MOST = 500

/** What the platform read in a file. */
export interface FileRead extends FeatureCollection {
  readonly file: string
  readonly format: string
  readonly frame: { readonly id: string; readonly title: Title; readonly assumed: boolean }
  readonly notes: readonly Title[]
  readonly skipped: readonly { readonly line: number; readonly zh: string; readonly en: string }[]
}

/** What must be said before a file can be read. */
export interface Choice {
  readonly crs?: string
  readonly layer?: string
}

/** A file that wants a word first: which frame, which layer. */
export class Undecided extends ServerProblem {
  constructor(
    problem: ServerProblem,
    readonly frames: readonly string[],
    readonly layers: readonly string[],
  ) {
    super(problem.status, problem.zh, problem.en)
  }
}

export async function readFile(file: File, choice: Choice): Promise<FileRead> {
  const query = new URLSearchParams({ name: file.name, ...choice })
  const response = await post(`sketch/read?${query}`, 'application/octet-stream', file)
  return (await response.json()) as FileRead
}

/** In the plane of the city's zone, or in degrees. */
export type FileFrame = 'plane' | 'degrees'

/** The figures as a file of this format. */
export async function writeFile(figures: readonly Figure[], format: string, frame: FileFrame): Promise<Blob> {
  const collection = collectionOf(figures)
  if (format === 'geojson' && frame === 'degrees') return geojson(collection)
  const query = new URLSearchParams({ f: format, frame })
  const response = await post(`sketch/write?${query}`, 'application/geo+json', JSON.stringify(collection))
  return response.blob()
}

/** The figures of what was read; a collection becomes one figure for each of its parts. */
export function figuresOf({ features }: FileRead): Figure[] {
  return features.flatMap((feature) => parts(feature.geometry).map((geometry) => figureOf(feature, geometry)))
}

function figureOf({ properties }: Feature, geometry: Geometry): Figure {
  const told = Object.entries(properties ?? {}).filter(
    ([key, value]) => value !== null && value !== '' && !OWN.includes(key) && value !== OWN_LAYER,
  )
  const find = (names: readonly string[]) =>
    names.map((name) => told.find(([key]) => key === name)).find((each) => each !== undefined)
  const [name, note] = [find(NAMES), find(NOTES)]
  const color = told.find(([key, value]) => COLORED.includes(key) && COLOR.test(String(value)))
  const others = told.filter((each) => each !== name && each !== note && each !== color)
  const lines = [...(note ? [String(note[1])] : []), ...others.map(([key, value]) => `${key}: ${String(value)}`)]
  return {
    name: String(name?.[1] ?? '').slice(0, NAME_MOST),
    note: lines.join('\n').slice(0, NOTE_MOST),
    color: String(color?.[1] ?? COLORS[0]).toLowerCase(),
    geometry,
  }
}

function parts(geometry: Geometry | null): Geometry[] {
  if (!geometry) return []
  return geometry.type === 'GeometryCollection' ? geometry.geometries.flatMap(parts) : [geometry]
}

function geojson(collection: FeatureCollection): Blob {
  const crs = { type: 'name', properties: { name: 'urn:ogc:def:crs:EPSG::4490' } }
  return new Blob([JSON.stringify({ type: collection.type, crs, features: collection.features })], {
    type: 'application/geo+json',
  })
}

async function post(path: string, type: string, body: BodyInit): Promise<Response> {
  const response = await reached(address(path), { method: 'POST', headers: { 'content-type': type }, body })
  if (response.ok) return response
  const said: Record<string, unknown> = await response.json().catch(() => ({}))
  const problem = problemSaid(response.status, said)
  const [frames, layers] = [names(said.candidates), names(said.layers)]
  throw frames.length || layers.length ? new Undecided(problem, frames, layers) : problem
}

function names(said: unknown): readonly string[] {
  return Array.isArray(said) ? said.filter((each) => typeof each === 'string') : []
}

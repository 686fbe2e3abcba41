/** The address service 地名地址服务: what somebody is about to write, what a text says, which places it may mean. */
import type { Feature, Point } from 'geojson'
import { address, fetchJson } from './config'
import type { Config, MapState, Position4490 } from './model'
import type { MapSource } from './store'
import type { Title } from './title'

/** The panel in which an address is shown, as it stands in the link. */
export const ADDRESS_PANEL = 'address'
/** Layers of the register whose features are places, which the service answers itself. */
export const REGISTER: readonly string[] = ['components', 'addresses', 'place-names', 'named-roads', 'regions']
const SUGGESTED = 8
const CANDIDATES = 6

/** A place of the register as the service tells it. */
export interface Place extends Feature<Point | null> {
  readonly properties: {
    readonly id: string
    readonly name: string
    readonly label: string
    readonly layer: string
    readonly region?: string
    readonly macrocounty?: string
    readonly county?: string
    readonly localadmin?: string
    readonly locality?: string
    readonly current: boolean
  }
}

/** A place that a text may mean. */
export interface Candidate extends Place {
  readonly properties: Place['properties'] & {
    /** Probability that the text means it, 0–1. */
    readonly confidence: number
    readonly decision: 'automatic' | 'review' | 'reject'
    readonly match_level: number
    readonly point_level: number
    readonly accuracy_m: number | null
    readonly not_found: readonly string[]
    readonly conflicts: readonly Conflict[]
  }
}

/** What of a text cannot both hold. */
export interface Conflict extends Title {
  readonly code: string
}

/** One element of a text. */
export interface Part {
  /** As the layer of components has its elements. */
  readonly rank: number
  readonly name: string
  readonly number: number | null
  /** It stands nowhere in the text. */
  readonly inferred: boolean
  /** The register has it. */
  readonly known: boolean
}

export interface Parsed {
  readonly parts: readonly Part[]
  readonly conflicts: readonly Conflict[]
  readonly notes: readonly string[]
}

/** What a text says, and the places it may mean, the likeliest first. */
export interface Answer {
  readonly parsed: Parsed
  readonly candidates: readonly Candidate[]
}

/** Whether the visitor may read the register, without which the service does not answer. */
export function hasRegister({ layers }: Config): boolean {
  return ['components', 'addresses'].every((id) => layers.some((layer) => layer.id === id))
}

/** What somebody may be about to write: by characters, pinyin or initials. */
export async function suggested(text: string, signal: AbortSignal): Promise<readonly Place[]> {
  const asked = url('autocomplete', { text, size: String(SUGGESTED) })
  return (await fetchJson<{ features: readonly Place[] }>(asked, signal)).features
}

/** What a text says and means by the register of today. */
export async function read(text: string, signal: AbortSignal): Promise<Answer> {
  const [parsed, found] = await Promise.all([
    fetchJson<Parsed>(url('parse', { text }), signal),
    fetchJson<{ features: readonly Candidate[] }>(url('search', { text, size: String(CANDIDATES) }), signal),
  ])
  return { parsed, candidates: found.features }
}

/** What people call a place: a name, or a door with what it stands in. */
export function called({ properties }: Place): string {
  const { name, label, layer, region = '', macrocounty = '', county = '' } = properties
  const above = `${region}${macrocounty}${county}`
  return layer === 'address' && label.startsWith(above) ? label.slice(above.length) : name
}

/** The divisions in which a place lies, below the county. */
export function within({ properties: { layer, county, localadmin, locality, name } }: Place): string {
  if (layer === 'address') return county ?? ''
  const [town = '', village = ''] = [localadmin, locality].map((each) => (each === name ? '' : each))
  return [localadmin === name ? county : town, village].filter(Boolean).join(' · ')
}

/** 缺失、冲突: how an element stands to the register. */
export type Standing = 'found' | 'inferred' | 'missing' | 'conflict'

/** How an element stands: a conflict tells which one it means by its name. */
export function standing(part: Part, { parsed, candidates: [best] }: Answer): Standing {
  const conflicts = [...parsed.conflicts, ...(best?.properties.conflicts ?? [])]
  // Numbers are looked up with what they stand in, not while a text is read.
  if (!part.known && (part.number === null || !best)) return 'missing'
  if (conflicts.some(({ zh }) => zh.includes(part.name))) return 'conflict'
  if (best?.properties.not_found.includes(part.name)) return 'missing'
  return part.inferred ? 'inferred' : 'found'
}

/** Ranks of elements from which each level of a point begins, the deepest first. */
const LEVELS: readonly (readonly [rank: number, level: number])[] = [
  [95, 6], [70, 9], [60, 8], [50, 7], [40, 6], [30, 5], [20, 4], [12, 3], [11, 2], [10, 1],
] // prettier-ignore

/** Whether the point is of something larger than what was asked for. */
export function isCoarse({ properties: { point_level } }: Candidate, { parsed: { parts } }: Answer): boolean {
  const asked = parts
    .filter(({ inferred }) => !inferred)
    .map(({ rank }) => LEVELS.find(([least]) => rank >= least)?.[1] ?? 0)
  return point_level < Math.max(0, ...asked)
}

/** What the panel keeps in the link: the place that was chosen, and what was asked. */
export interface Asked {
  readonly id: string | null
  readonly text: string
}

export function askedOf({ detail }: MapState): Asked {
  const [id = '', ...text] = (detail ?? '').split('/')
  return { id: id || null, text: text.join('/') }
}

let going = false

/** Shows a place, or what a text means, in the panel; the map goes there. */
export function show(store: MapSource, { id, text }: Asked): void {
  going = true
  store.update({ panel: ADDRESS_PANEL, detail: text ? `${id ?? ''}/${text}` : id })
}

/** Whether the map is to go to what is shown: a link shows the map as it was. */
export function goes(): boolean {
  const went = going
  going = false
  return went
}

/** A circle on the ground, of CGCS2000. */
export function circle([lon, lat]: Position4490, radius_m: number): Feature {
  const [a, f] = [6378137, 1 / 298.257222101]
  const [sin, cos] = [Math.sin((lat * Math.PI) / 180), Math.cos((lat * Math.PI) / 180)]
  const e2 = f * (2 - f)
  const across = a / Math.sqrt(1 - e2 * sin ** 2)
  const along = (across * (1 - e2)) / (1 - e2 * sin ** 2)
  const degrees = 180 / Math.PI
  const ring = Array.from({ length: 65 }, (_, at) => {
    const turn = (at / 32) * Math.PI
    return [
      lon + ((radius_m * Math.cos(turn)) / (across * cos)) * degrees,
      lat + ((radius_m * Math.sin(turn)) / along) * degrees,
    ]
  })
  return { type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [ring] } }
}

function url(door: string, parameters: Readonly<Record<string, string>>): URL {
  const asked = address(`v1/${door}`)
  for (const [name, value] of Object.entries(parameters)) asked.searchParams.set(name, value)
  return asked
}

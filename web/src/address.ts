/** The address service 地址服务: what somebody is about to write, what a text says, and where that is. */
import type { Feature, Point, Polygon } from 'geojson'
import { address as at, fetchJson } from './config'
import type { Config, Position4490 } from './model'

/** The layer without which no city has the service. */
const REGISTER = 'components'
/** What the panel keeps in the link of a text; anything else is the identity of a component. */
const TEXT = 'text:'
const SUGGESTED = 6
const FOUND = 6
const CIRCLE_CORNERS = 72
const DEGREE_M = 111_320
/** Up to this nobody sees that a point is not exact. */
const LEAST_CIRCLE_M = 5

interface Told {
  readonly code: string
  readonly zh: string
  readonly en: string
}

/** A component of the register as the service tells of it. */
export interface Suggested {
  readonly id: string
  readonly name: string
  /** Its full text, from the province down. */
  readonly label: string
  readonly current: boolean
}

/** What a text may mean. */
export interface Meant extends Suggested {
  /** 0 to 1, calibrated. */
  readonly confidence: number
  /** `automatic`: may be taken unseen. */
  readonly decision: string
  /** Why it is to be looked at; null where it may be taken unseen. */
  readonly doubt: Told | null
  readonly match_level: number
  readonly point_level: number
  readonly accuracy_m: number | null
  readonly not_found: readonly string[]
  readonly conflicts: readonly Told[]
  readonly position: Position4490 | null
}

/** An element of a text. */
export interface Part {
  readonly element: string
  readonly rank: number
  readonly name: string
  readonly number: number | null
  readonly inferred: boolean
  /** The register has it. */
  readonly known: boolean
}

/** What a text says, element by element. */
export interface Said {
  readonly text: string
  readonly parts: readonly Part[]
  readonly conflicts: readonly Told[]
  readonly notes: readonly string[]
}

/** How an element stands to the register. */
export type PartState = 'found' | 'inferred' | 'missing' | 'conflict'

export function hasRegister({ layers }: Config): boolean {
  return layers.some(({ id }) => id === REGISTER)
}

/** Detail of the panel for a text. */
export function detailOfText(text: string): string {
  return TEXT + text
}

/** The text in a detail; null: it names a component. */
export function textOfDetail(detail: string): string | null {
  return detail.startsWith(TEXT) ? detail.slice(TEXT.length) : null
}

/** What begins so, by characters, pinyin or initials. */
export async function suggest(text: string, signal: AbortSignal): Promise<readonly Suggested[]> {
  const { features } = await asked('v1/autocomplete', { text, size: SUGGESTED }, signal)
  return features.map(({ properties }) => properties as Suggested)
}

/** What the text may mean, the likeliest first. */
export async function find(text: string, signal: AbortSignal): Promise<readonly Meant[]> {
  const { features } = await asked('v1/search', { text, size: FOUND }, signal)
  return features.map(({ properties, geometry }) => {
    const [lon, lat] = (geometry as Point | null)?.coordinates ?? []
    const position = lon === undefined || lat === undefined ? null : ([lon, lat] as const)
    return { ...properties, position } as Meant
  })
}

/** What the text says. */
export function parse(text: string, signal: AbortSignal): Promise<Said> {
  return fetchJson<Said>(addressOf('v1/parse', { text }), signal)
}

/** A conflict names the elements that it is about; numbers are looked up with what they stand in, by the search. */
export function stateOf(part: Part, { conflicts }: Said, likeliest: Meant | undefined): PartState {
  if (conflicts.some(({ zh }) => zh.includes(part.name))) return 'conflict'
  const numbered = part.number !== null && likeliest
  if (numbered ? likeliest.not_found.includes(part.name) : !part.known) return 'missing'
  return part.inferred ? 'inferred' : 'found'
}

/** A point and, where it is not exact, the circle within which the place lies. */
export function drawnPlace([lon, lat]: Position4490, accuracy_m: number | null): readonly Feature[] {
  const point: Feature = {
    type: 'Feature',
    properties: {},
    geometry: { type: 'Point', coordinates: [lon, lat] },
  }
  if (accuracy_m === null || accuracy_m <= LEAST_CIRCLE_M) return [point]
  const north = accuracy_m / DEGREE_M
  const east = north / Math.cos((lat * Math.PI) / 180)
  const ring = Array.from({ length: CIRCLE_CORNERS + 1 }, (_, corner) => {
    const turn = ((corner % CIRCLE_CORNERS) * 2 * Math.PI) / CIRCLE_CORNERS
    return [lon + east * Math.sin(turn), lat + north * Math.cos(turn)]
  })
  const circle: Polygon = { type: 'Polygon', coordinates: [ring] }
  return [{ type: 'Feature', properties: {}, geometry: circle }, point]
}

function addressOf(path: string, query: Readonly<Record<string, string | number>>): URL {
  const url = at(path)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value))
  return url
}

function asked(path: string, query: Readonly<Record<string, string | number>>, signal: AbortSignal) {
  return fetchJson<{ readonly features: readonly Feature[] }>(addressOf(path, query), signal)
}

/** 管控要求查询: what the platform is asked about a place, and what it answers. */
import type { Geometry } from 'geojson'
import { toInstant } from './clock'
import type { Area } from './compliance'
import { address, granted } from './config'
import { handOver } from './download'
import { fetchItems, itemsAddress } from './items'
import type { Position4490, Times } from './model'
import { answered } from './process'
import type { Store } from './store'
import type { Title } from './title'

/** 地类图斑: the layer that parcels are chosen from. */
export const SURVEY = 'land-use-survey'

/** What is asked about: a parcel by its code, a point, an area. */
export type Subject = { readonly bsm: string } | { readonly place: Geometry }

export interface Law {
  readonly rule: string
  readonly title: Title
  readonly document: string
  readonly article: string
  readonly checked: boolean
  readonly says: readonly Title[]
}

export interface Held {
  readonly bsm: string
  readonly area_m2?: number
  readonly plan?: { readonly version: string; readonly name: string; readonly status: string; readonly document_no: string | null }
}

/** A theme that concerns the place. */
export interface Concerned {
  readonly theme: string
  readonly layer: string
  readonly title: Title
  readonly area_m2?: number
  readonly share?: number
  readonly ignored?: { readonly count: number; readonly area_m2: number }
  readonly withheld?: true
  /** How many they are where they may not be seen. */
  readonly objects: readonly Held[] | number
  readonly geometry?: Area
  readonly legend: readonly { readonly code: string; readonly title: string; readonly color: string }[]
  readonly law: readonly Law[]
}

interface Theme {
  readonly theme: string
  readonly title: Title
}

/** An extract as the platform gives it out. */
export interface Extract {
  readonly subject: {
    readonly kind: 'point' | 'area'
    readonly bsm?: string
    readonly dlbm?: string | null
    readonly dlmc?: string | null
    readonly zldwmc?: string | null
    readonly area_m2: number
    readonly geometry: Geometry
  }
  readonly concerned: readonly Concerned[]
  readonly not_concerned: readonly Theme[]
  readonly without_data: readonly (Theme & { readonly reason: Title })[]
  readonly datetime: string
  readonly asof: string | null
  readonly synthetic: string | null
  readonly disclaimer: Title
  readonly verification_code: string
}

/** An extract, and what it was asked with. */
export interface Asked {
  readonly subject: Subject
  readonly times: Times
  readonly found: Extract
}

/** What was asked last on this page: it outlives the panel. */
const kept = new WeakMap<Store, Asked>()
export const extractOf = (store: Store): Asked | null => kept.get(store) ?? null
export const keepExtract = (store: Store, asked: Asked) => kept.set(store, asked)

/** What restricts it at these times; ServerProblem says why where that cannot be told. */
export function extract(subject: Subject, times: Times, signal: AbortSignal): Promise<Extract> {
  return answered<Extract>('restriction-extract', { ...subject, ...instants(times) }, signal)
}

/** Times as processes name them; what is not said is now. */
export function instants({ datetime, asof }: Times): Readonly<Record<string, string>> {
  return {
    ...(datetime ? { datetime: toInstant(datetime) } : {}),
    ...(asof ? { asof: toInstant(asof) } : {}),
  }
}

/** The parcel of the survey at a position; null where there is none at these times. */
export async function parcelAt([lon, lat]: Position4490, times: Times, signal: AbortSignal): Promise<string | null> {
  const query = { filter: `S_INTERSECTS(geometry, POINT(${lon} ${lat}))`, limit: 1, skipGeometry: true }
  const { features } = await fetchItems(itemsAddress(SURVEY, query, times), signal)
  const [first] = features
  return first ? String(first.id) : null
}

/** Hands the extract of this code over as PDF, made from the states it was made from. */
export async function printExtract(code: string, name: string, signal: AbortSignal): Promise<void> {
  const answer = await granted(address('processes/restriction-extract/execution'), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ inputs: { code, pdf: true }, outputs: { pdf: {} } }),
    signal,
  })
  handOver(await answer.blob(), `${name}-${code}.pdf`)
}

/** Flights 航次 over a river, and the volumes that lie between the surfaces of two by chainage 沿程挖填方. */
import { csvOf } from './csv'
import { address, fetchJson } from './config'
import { toInstant, toWallTime } from './clock'
import type { Bounds4490, Times } from './model'
import { outputOf, run, type Done, type Standing } from './process'
import type { River } from './rivers'
import { extentOf } from './extent'

export const IMAGES = 'raster-assets'
const PROCESS = 'river-volume'
const OUTPUT = 'result'
const FLIGHTS_MOST = 500
/** Code and length of SHA-256 in a multihash. */
const SHA256 = '1220'

/** A surface model of a flight: what volumes are reckoned between. */
export interface Surface {
  readonly id: string
  readonly name: string
}

export interface Flight {
  readonly id: string
  readonly title: string
  /** The day, as a wall time at midnight; null: nobody said when it was flown. */
  readonly day: string | null
  readonly bounds: Bounds4490
  readonly surfaces: readonly Surface[]
  readonly synthetic: boolean
}

export interface Strip {
  readonly from: string
  readonly to: string
  readonly area_m2: number
  /** Of which both surfaces know the height. */
  readonly known_m2: number
  readonly fill_m3: number
  readonly cut_m3: number
  readonly net_m3: number
  readonly sigma_m3?: number | null
}

export interface Volumes {
  readonly height_type: string
  readonly cell_m: number
  readonly newer: { readonly name: string; readonly acquired: string | null }
  readonly older: { readonly name: string; readonly acquired: string | null }
  readonly total: Omit<Strip, 'from' | 'to'>
  readonly strips: readonly Strip[]
}

/** What is reckoned. */
export interface Question {
  readonly route: string
  readonly from: string
  readonly to: string
  readonly step_m: number
  readonly left_m: number
  readonly right_m: number
  readonly newer: string
  readonly older: string
  readonly least_change_m?: number
  readonly sigma_m?: number
}

interface Item {
  readonly id: string
  readonly bbox: Bounds4490
  readonly properties: {
    readonly title: string
    readonly start_datetime: string
    readonly 'onemap:dated': boolean
    readonly 'onemap:synthetic'?: string
  }
  readonly assets: Readonly<
    Record<string, { readonly title: string; readonly roles: readonly string[]; readonly 'file:checksum': string }>
  >
}

/** Flights whose outline meets the river's box, the newest first, undated ones last. */
export function fetchFlights(river: River, signal: AbortSignal): Promise<readonly Flight[]> {
  return fetchFlightsIn(extentOf({ type: 'LineString', coordinates: [...river.line] }), signal)
}

/** Those whose outline meets a box; null: all. */
export async function fetchFlightsIn(box: Bounds4490 | null, signal: AbortSignal): Promise<readonly Flight[]> {
  const url = address('stac/search')
  url.searchParams.set('collections', IMAGES)
  url.searchParams.set('limit', String(FLIGHTS_MOST))
  if (box) url.searchParams.set('bbox', box.join(','))
  const { features } = await fetchJson<{ features: readonly Item[] }>(url, signal)
  const flights = features.map(({ id, bbox, properties, assets }): Flight => ({
    id,
    title: properties.title,
    day: properties['onemap:dated'] ? toWallTime(properties.start_datetime) : null,
    bounds: bbox,
    surfaces: Object.values(assets)
      .filter(({ roles }) => roles.includes('surface-model'))
      .map((each) => ({ id: each['file:checksum'].slice(SHA256.length), name: each.title })),
    synthetic: properties['onemap:synthetic'] !== undefined,
  }))
  return flights.sort((a, b) => (b.day ?? '').localeCompare(a.day ?? '') || a.id.localeCompare(b.id))
}

/** What two boxes share; null where they do not meet. */
export function shared(a: Bounds4490, b: Bounds4490): Bounds4490 | null {
  const box: Bounds4490 = [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])]
  return box[0] < box[2] && box[1] < box[3] ? box : null
}

export function reckon(
  question: Question,
  { datetime, asof }: Times,
  signal: AbortSignal,
  tell: (standing: Standing) => void,
): Promise<Done<Volumes>> {
  const at = { ...(datetime ? { datetime: toInstant(datetime) } : {}), ...(asof ? { asof: toInstant(asof) } : {}) }
  return run<Volumes>(PROCESS, { ...question, ...at }, OUTPUT, signal, tell)
}

/** What a job found, while the platform keeps it. */
export function reckoned(job: string, signal: AbortSignal): Promise<Volumes> {
  return fetchJson<Volumes>(outputOf(job, OUTPUT), signal)
}

/** All strips as a file; the last line is the whole. */
export function fileOf({ strips, total }: Volumes, whole: string): Blob {
  const head = ['from', 'to', 'area_m2', 'known_m2', 'fill_m3', 'cut_m3', 'net_m3', 'sigma_m3']
  const row = (from: string, to: string, each: Volumes['total']) =>
    csvOf([from, to, each.area_m2, each.known_m2, each.fill_m3, each.cut_m3, each.net_m3, each.sigma_m3 ?? null])
  const lines = [csvOf(head), ...strips.map((each) => row(each.from, each.to, each)), row(whole, '', total)]
  return new Blob(['\ufeff', lines.join('\r\n'), '\r\n'], { type: 'text/csv;charset=utf-8' })
}

/** Kept runs of floods 推演成果, as the platform tells them. */
import { toWallTime } from './clock'
import { address, fetchJson, ServerProblem } from './config'
import { say } from './language'
import './messages/floods'
import type { Bounds4490, Position4490 } from './model'
import { chainageOf, placeOf } from './rivers'
import type { Title } from './title'

const LISTED_MOST = 200
/** Depth through time, beside the quantities that have a picture of their own. */
export const THROUGH_TIME = 'time'

export type Kind = 'scenario' | 'replay' | 'ensemble'

/** A line of the list. */
export interface Listed {
  readonly id: string
  readonly kind: Kind
  readonly title: string
  readonly begins_at: string
  readonly duration_s: number
  readonly kept_at: string | null
  readonly repeats: string | null
  readonly bbox: Bounds4490
  readonly 'onemap:synthetic'?: string
}

export interface RunFile {
  readonly name: string
  readonly type: string
  readonly size: number
  readonly sha256: string
}

/** A picture of one quantity: what its colours mean. */
export interface Picture {
  readonly quantity: string
  readonly title: Title
  readonly ramp: { readonly low: number; readonly high: number; readonly colors: readonly string[] }
}

export interface Ledger {
  readonly start_m3: number
  readonly rained_m3: number
  readonly entered_m3: number
  readonly infiltrated_m3: number
  readonly left_m3: number
  readonly stored_m3: number
  readonly imbalance: number
}

/** How a replay differs from what it repeats. */
export interface Difference {
  readonly identical?: boolean
  readonly before_plane_m2: number
  readonly after_plane_m2: number
  readonly spared_plane_m2: number
  readonly reached_anew_plane_m2: number
  readonly deeper_mean_m: number
  readonly later_median_s: number
}

export interface Told {
  readonly cell_m: number
  readonly cells?: number
  readonly terrain: string
  readonly vertical_datum: string
  readonly wet_land_plane_m2?: number
  readonly deepest_m?: number
  readonly deepest_land_m?: number
  readonly times_s?: readonly number[]
  readonly watched_every_s?: number
  readonly ledger?: Ledger
  readonly points?: readonly { readonly id: string; readonly deepest_m: number; readonly arrival_s: number | null }[]
  readonly breaches?: readonly {
    readonly id: string
    readonly peak_m3_s: number
    readonly peak_at_s: number
    readonly volume_m3: number
    readonly width_m: number
  }[]
  readonly difference?: Difference
  readonly members?: number
  readonly accuracy?: Title
  readonly assumption?: Title
  readonly wet_plane_m2?: unknown
}

interface Place {
  readonly point?: Position4490
  readonly route?: string
  readonly chainage?: string
}

interface Placed {
  readonly id?: string
  readonly at?: Place
}

export interface Run extends Listed {
  readonly asof: string
  readonly department: string | null
  readonly inputs_sha256: string
  readonly inputs: { readonly points?: readonly Placed[]; readonly breaches?: readonly Placed[]; readonly inflows?: readonly Placed[] }
  readonly told: Told
  readonly files: readonly RunFile[]
  readonly pictures: readonly Picture[]
}

/** Rows against seconds of the run: `columns` names them, the first is `t_s`. */
export interface Table {
  readonly begins_at: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly number[])[]
}

/** Something of a run that has a place. */
export interface Mark {
  readonly kind: 'points' | 'breaches' | 'inflows'
  readonly name: string
  readonly place: Position4490
}

/** Why runs may be missing from a list: of whoever asks, nothing of any run. */
export type Lacking = Readonly<Record<'zh' | 'en', string>>

interface Runs {
  readonly runs: readonly Listed[]
  readonly numberMatched: number
  readonly lacking: Lacking | null
}

export function fetchRuns(signal: AbortSignal): Promise<Runs> {
  const url = address('flood/runs')
  url.searchParams.set('limit', String(LISTED_MOST))
  return fetchJson(url, signal)
}

export function fetchRun(id: string, signal: AbortSignal): Promise<Run> {
  return fetchJson<Run>(homeOf(id), signal)
}

/** The hydrographs of a run; null where it has none of that name. */
export async function fetchTable(run: Run, stem: 'points' | 'breaches', signal: AbortSignal): Promise<Table | null> {
  const name = `${stem}.json`
  return run.files.some((each) => each.name === name) ? fetchJson<Table>(fileAddress(run.id, name), signal) : null
}

/** Depth in metres at a place at each instant that is kept. */
export async function fetchDepths({ id }: Run, [lon, lat]: Position4490, signal: AbortSignal): Promise<readonly number[]> {
  const url = address(`flood/runs/${encodeURIComponent(id)}/position`)
  url.searchParams.set('coords', `POINT(${lon} ${lat})`)
  const told = await fetchJson<{ ranges: { depth: { values: readonly number[] } } }>(url, signal)
  return told.ranges.depth.values
}

/** Where breaches, points and inflows are; those placed by chainage as the river stood for the run. */
export async function fetchMarks({ inputs, asof, begins_at }: Run, signal: AbortSignal): Promise<readonly Mark[]> {
  const kinds = ['points', 'breaches', 'inflows'] as const
  const known = { datetime: toWallTime(begins_at), asof: toWallTime(asof) }
  const placed = kinds.flatMap((kind) => (inputs[kind] ?? []).map((each, number) => ({ kind, each, number })))
  const marks = placed.map(async ({ kind, each: { id, at }, number }): Promise<Mark[]> => {
    const place = at ? await located(at, known, signal).catch(unplaced) : null
    return place ? [{ kind, name: id ?? `${number + 1}`, place }] : []
  })
  return (await Promise.all(marks)).flat()
}

async function located({ point, route, chainage }: Place, known: Parameters<typeof placeOf>[2], signal: AbortSignal) {
  if (point) return point
  const metres = chainage ? chainageOf(chainage) : null
  return route && metres !== null ? placeOf({ id: route }, metres, known, signal) : null
}

/** A place that cannot be told is not marked; the run is shown without it. */
function unplaced(cause: unknown): null {
  if (cause instanceof ServerProblem) return null
  throw cause
}

/** The quantities that can be shown, depth through time beside the deepest. */
export function shownOf({ pictures, told }: Run): readonly string[] {
  const names = pictures.map(({ quantity }) => quantity)
  return told.times_s?.length ? [...names, THROUGH_TIME] : names
}

/** What the colours of a quantity mean; depth at an instant has those of the deepest. */
export function pictureOf({ pictures }: Run, quantity: string): Picture | undefined {
  return pictures.find((each) => each.quantity === (quantity === THROUGH_TIME ? 'depth' : quantity))
}

export function homeOf(id: string): URL {
  return address(`flood/runs/${encodeURIComponent(id)}`)
}

export function fileAddress(id: string, name: string): URL {
  return address(`flood/runs/${encodeURIComponent(id)}/files/${name}`)
}

/** A length of time in hours and minutes. */
export function lengthText(seconds: number): string {
  const all = Math.round(seconds / 60)
  const [hours, minutes] = [Math.floor(all / 60), all % 60]
  if (!hours) return say('floodMinutes', { minutes })
  return minutes ? say('floodHoursMinutes', { hours, minutes }) : say('floodHours', { hours })
}

/** The instant so many seconds into a run. */
export function instantAt({ begins_at }: Pick<Listed, 'begins_at'>, seconds: number): string {
  return new Date(Date.parse(begins_at) + seconds * 1000).toISOString()
}

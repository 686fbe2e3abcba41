/** Values of a datastream over a span of time 过程线: as they are, or as an envelope where they are many. */
import { address, fetchJson } from './config'
import { FLAGS, type Limits, type Property, type Station, type Stream } from './monitoring'

/** More values than this are drawn as least, mean and greatest of buckets. */
export const DRAWN_MOST = 2000
const FLAGGED_MOST = 500
const PAGE = 10_000
/** A file holds no more values than this. */
export const FILE_MOST = 200_000
const SPARE = 1.5
/** Above and below what is drawn, as a share of it. */
export const ROOM = 0.08
const ENDING_MS = 3_600_000
const LEAST_WHOLE_MS = 86_400_000

/** A stretch of time, in milliseconds. */
export interface Span {
  readonly from_ms: number
  readonly to_ms: number
}

/** A datastream with all that names it. */
export interface Source {
  readonly station: Station
  readonly stream: Stream
  readonly property: Property | undefined
}

export interface Point {
  readonly time_ms: number
  readonly low: number
  readonly mean: number
  readonly high: number
  /** How many values it stands for. */
  readonly count: number
  readonly flag: number
}

/** A value that quality control marks; `value` null: missing. */
export interface Flagged {
  readonly time_ms: number
  readonly value: number | null
  readonly flag: number
}

export interface Drawn {
  readonly source: Source
  readonly points: readonly Point[]
  readonly flagged: readonly Flagged[]
  /** Not all marks fitted. */
  readonly cut: boolean
  /** Each point is a value of its own. */
  readonly exact: boolean
  /** Points farther apart than this are not joined. */
  readonly gap_ms: number
}

/** A value that was believed before, and what took its place 更正. */
export interface Correction {
  readonly time: string
  readonly value: number | null
  readonly flag: number
  readonly recorded_at: string
  readonly superseded_at: string
  readonly value_then: number | null
  readonly flag_then: number | null
  readonly withdrawn: boolean
}

export interface Corrections {
  readonly corrections: readonly Correction[]
  readonly more: boolean
}

/** A limit of a rule, as a line of the chart. */
export interface Limit {
  readonly kind: keyof typeof LIMITS
  readonly value: number
}

const LIMITS = { fail_low: true, suspect_low: true, suspect_high: true, fail_high: true } as const

export type Value = readonly [time: string, result: unknown, flag: number]
type Bucket = readonly [time: string, low: number | null, mean: number | null, high: number | null, count: number]

interface Page {
  readonly value: readonly { readonly dataArray: readonly Value[] }[]
  readonly '@iot.nextLink'?: string
}

/** An instant as a link and a request carry it, to the second. */
export function instantOf(time_ms: number): string {
  return `${new Date(time_ms).toISOString().slice(0, 19)}Z`
}

export function spanText({ from_ms, to_ms }: Span): string {
  return `${instantOf(from_ms)}/${instantOf(to_ms)}`
}

/** What is drawn of a datastream; `asof`: as it was believed then. */
export async function readSeries(
  source: Source,
  span: Span,
  asof: string | null,
  signal: AbortSignal,
): Promise<Drawn> {
  const { stream } = source
  if (expected(stream, span) <= DRAWN_MOST) {
    const { values, more } = await readValues(stream.id, span, asof, DRAWN_MOST + 1, null, signal)
    if (!more && values.length <= DRAWN_MOST) return ofValues(source, values)
  }
  const url = address(`datastreams/${stream.id}/chart`)
  url.searchParams.set('datetime', spanText(span))
  url.searchParams.set('points', String(DRAWN_MOST))
  if (asof) url.searchParams.set('asof', asof)
  const [chart, flagged] = await Promise.all([
    fetchJson<{ step_s: number; buckets: readonly Bucket[] }>(url, signal),
    readValues(stream.id, span, asof, FLAGGED_MOST, FLAGS.suspect, signal),
  ])
  return ofBuckets(source, chart, flagged)
}

/** Every value of a span, for a file. */
export async function readAll(
  source: Source,
  span: Span,
  asof: string | null,
  signal: AbortSignal,
): Promise<readonly Value[]> {
  const all: Value[] = []
  let from_ms = span.from_ms
  for (;;) {
    const { values, more } = await readValues(source.stream.id, { ...span, from_ms }, asof, PAGE, null, signal)
    all.push(...values)
    const last = values.at(-1)
    if (!more || !last || all.length >= FILE_MOST) return all.slice(0, FILE_MOST)
    from_ms = Date.parse(last[0]) + 1000
  }
}

/** What was corrected of a span; `asof`: by then. */
export async function readCorrections(
  id: number,
  span: Span,
  asof: string | null,
  signal: AbortSignal,
): Promise<Corrections> {
  const url = address(`datastreams/${id}/corrections`)
  url.searchParams.set('datetime', spanText(span))
  url.searchParams.set('limit', '200')
  const { corrections, more } = await fetchJson<Corrections>(url, signal)
  const by_ms = asof === null ? Infinity : Date.parse(asof)
  return { corrections: corrections.filter((each) => Date.parse(each.superseded_at) <= by_ms), more }
}

async function readValues(
  id: number,
  { from_ms, to_ms }: Span,
  asof: string | null,
  most: number,
  flag: number | null,
  signal: AbortSignal,
): Promise<{ values: readonly Value[]; more: boolean }> {
  const url = address(`sensorthings/v1.1/Datastreams(${id})/Observations`)
  const within = `phenomenonTime ge ${instantOf(from_ms)} and phenomenonTime lt ${instantOf(to_ms)}`
  url.searchParams.set('$filter', flag === null ? within : `${within} and qualityFlag ge ${flag}`)
  url.searchParams.set('$orderby', 'phenomenonTime')
  url.searchParams.set('$select', 'phenomenonTime,result,qualityFlag')
  url.searchParams.set('$resultFormat', 'dataArray')
  url.searchParams.set('$top', String(most))
  if (asof) url.searchParams.set('asof', asof)
  const page = await fetchJson<Page>(url, signal)
  return { values: page.value.flatMap(({ dataArray }) => dataArray), more: '@iot.nextLink' in page }
}

/** How many values a span may hold, as if they came evenly. */
function expected({ count, first, time }: Stream, { from_ms, to_ms }: Span): number {
  if (!first || !time) return 0
  const [begin_ms, end_ms] = [Date.parse(first), Date.parse(time)]
  const shared_ms = Math.min(end_ms, to_ms) - Math.max(begin_ms, from_ms)
  return shared_ms <= 0 ? 0 : (count * shared_ms) / Math.max(1, end_ms - begin_ms)
}

function ofValues(source: Source, values: readonly Value[]): Drawn {
  const points: Point[] = []
  const flagged: Flagged[] = []
  for (const [time, result, flag] of values) {
    const time_ms = Date.parse(startOf(time))
    const value = typeof result === 'number' ? result : null
    if (flag >= FLAGS.suspect || value === null) flagged.push({ time_ms, value, flag })
    // What failed is marked, not joined: it is no part of the course.
    if (value !== null && flag !== FLAGS.fail) {
      points.push({ time_ms, low: value, mean: value, high: value, count: 1, flag })
    }
  }
  return { source, points, flagged, cut: false, exact: true, gap_ms: gapOf(source, points, 0) }
}

function ofBuckets(
  source: Source,
  { step_s, buckets }: { readonly step_s: number; readonly buckets: readonly Bucket[] },
  { values, more }: { readonly values: readonly Value[]; readonly more: boolean },
): Drawn {
  const points = buckets.flatMap(([time, low, mean, high, count]): Point[] =>
    low === null || mean === null || high === null
      ? []
      : [{ time_ms: Date.parse(time), low, mean, high, count, flag: FLAGS.notEvaluated }],
  )
  const flagged = values.map(([time, result, flag]) => ({
    time_ms: Date.parse(startOf(time)),
    value: typeof result === 'number' ? result : null,
    flag,
  }))
  const gap_ms = gapOf(source, points, step_s * 1000)
  return { source, points, flagged, cut: more, exact: false, gap_ms }
}

/** A phenomenon time may be a span, which is drawn where it begins. */
function startOf(time: string): string {
  return time.split('/')[0] ?? time
}

/** What the rule of gaps says; without one, half as long again as between most values. */
function gapOf({ property }: Source, points: readonly Point[], step_ms: number): number {
  const declared_s = property?.rules?.gap?.suspect_s
  const apart = points.slice(1).map(({ time_ms }, at) => time_ms - (points[at]?.time_ms ?? time_ms))
  const usual = apart.sort((a, b) => a - b)[apart.length >> 1] ?? Infinity
  const within_ms = declared_s === undefined ? usual * SPARE : declared_s * 1000
  return Math.max(within_ms, step_ms * SPARE)
}

/** Runs of points that are joined. */
export function runsOf({ points, gap_ms }: Drawn): readonly (readonly Point[])[] {
  const runs: Point[][] = []
  let last: Point | undefined
  for (const point of points) {
    if (!last || point.time_ms - last.time_ms > gap_ms) runs.push([])
    runs.at(-1)?.push(point)
    last = point
  }
  return runs
}

/** The declared limits of the range, which are lines of the chart. */
export function limitsOf(property: Property | undefined): readonly Limit[] {
  const range: Limits = property?.rules?.gross_range ?? {}
  return (Object.keys(LIMITS) as Limit['kind'][]).flatMap((kind) => {
    const value = range[kind]
    return value === undefined ? [] : [{ kind, value }]
  })
}

/** Limits that lie beyond what is drawn of their series. */
export function limitsOutside(
  drawn: readonly Drawn[],
  { from_ms, to_ms }: Span,
): readonly { readonly limit: Limit; readonly unit: string | null }[] {
  const found = new Map<string, { limit: Limit; unit: string | null }>()
  for (const { source, points } of drawn) {
    const seen = points.filter(({ time_ms }) => time_ms >= from_ms && time_ms <= to_ms)
    const low = seen.reduce((least, each) => Math.min(least, each.low), Infinity)
    const high = seen.reduce((most, each) => Math.max(most, each.high), -Infinity)
    const room = (high - low) * ROOM
    const { unit } = source.stream
    for (const limit of limitsOf(source.property)) {
      if (limit.value >= low - room && limit.value <= high + room) continue
      found.set(`${limit.kind} ${limit.value} ${unit}`, { limit, unit })
    }
  }
  return [...found.values()]
}

/** From the first to the last value of any, and a little more. */
export function wholeOf(sources: readonly Source[]): Span {
  const first = sources.flatMap(({ stream }) => (stream.first ? [Date.parse(stream.first)] : []))
  const last = sources.flatMap(({ stream }) => (stream.time ? [Date.parse(stream.time)] : []))
  const to_ms = (last.length ? Math.max(...last) : Date.now()) + ENDING_MS
  return { from_ms: Math.min(...first, to_ms - LEAST_WHOLE_MS), to_ms }
}

/** Round steps of an axis between two values: about `wanted` of them. */
export function ticks(low: number, high: number, wanted: number): readonly number[] {
  const rough = (high - low) / Math.max(1, wanted)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10) * power
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => Number(((first + at) * step).toPrecision(12)))
}

const HOUR_MS = 3_600_000
const STEPS_MS = [
  ...[60_000, 300_000, 600_000, 1_800_000, HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS, 12 * HOUR_MS],
  ...[1, 2, 7, 14, 30, 91, 182, 365, 730, 1826].map((days) => days * 24 * HOUR_MS),
]
const BEIJING_MS = 8 * HOUR_MS

/** Instants of an axis of time, at round hours and days of Beijing. */
export function timeTicks({ from_ms, to_ms }: Span, wanted: number): { step_ms: number; at: readonly number[] } {
  const step_ms = STEPS_MS.find((each) => (to_ms - from_ms) / each <= wanted) ?? (STEPS_MS.at(-1) as number)
  const first = Math.ceil((from_ms + BEIJING_MS) / step_ms)
  const last = Math.floor((to_ms + BEIJING_MS) / step_ms)
  const count = Math.max(0, last - first + 1)
  return { step_ms, at: Array.from({ length: count }, (_, at) => (first + at) * step_ms - BEIJING_MS) }
}

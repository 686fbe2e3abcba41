/** Gauging stations 水情测站: thresholds, newest values, series with their gaps, rating curves. */
import { toInstant } from './clock'
import { address, fetchJson } from './config'
import type { Position4490, Times } from './model'
import { setMoment } from './rivers'
import type { Title } from './title'

export interface Element {
  readonly id: string
  readonly title: Title
  /** UCUM. */
  readonly unit: string
}

export interface Threshold {
  readonly kind: string
  readonly quantity: 'stage' | 'discharge'
  readonly value: number
  readonly unit: string
  readonly vertical_datum: string
  readonly document: string
  readonly standing: string
  readonly season: readonly [string, string] | null
  /** Of the newest stage; null where nothing can be said, as where datums differ. */
  readonly reached?: boolean | null
}

export interface Value {
  readonly time: string
  readonly value: number | null
  readonly flag: number
  readonly uncertainty?: number
  readonly filled?: string
}

/** A stretch of time without values, and why 缺口. */
export interface Gap {
  readonly kind: 'silent' | 'missing' | 'failed'
  readonly start: string
  readonly end: string
  readonly expected: number
  readonly filled: boolean
}

export interface Gauge {
  readonly id: string
  readonly name: string
  readonly kind: string
  readonly position: Position4490
  readonly vertical_datum: string
  readonly datum_elevation_m: number | null
  readonly route_id: string | null
  readonly synthetic: boolean
  readonly elements: readonly Element[]
  readonly thresholds: readonly Threshold[]
  readonly latest: Readonly<Record<string, Value>>
  /** The datastream of each element that has one. */
  readonly datastreams: Readonly<Record<string, number>>
}

export interface Series {
  readonly unit: string
  readonly vertical_datum: string | null
  readonly points: readonly Value[]
  readonly gaps: readonly Gap[]
}

/** One version of a rating curve 水位流量关系. */
export interface Rating {
  readonly version: string
  readonly vertical_datum: string
  readonly valid_from: string
  readonly valid_to: string | null
  readonly range_m: readonly [number, number]
  readonly shift_m: number
  readonly shift_basis: string
  readonly loop: unknown
  /** Relative. */
  readonly uncertainty: number | null
  readonly document: string
  /** Stage in m, discharge in m³/s. */
  readonly curve: readonly (readonly [number, number])[]
}

/** Elements that are a stage above the station's datum, the first that a station has is its own. */
const STAGES = ['stage', 'reservoir-stage'] as const

export function fetchGauge(station: string, times: Times, signal: AbortSignal): Promise<Gauge> {
  const url = address(`rivers/stations/${encodeURIComponent(station)}`)
  setMoment(url, times)
  return fetchJson<Gauge>(url, signal)
}

export function fetchSeries(
  station: string,
  element: string,
  { from_ms, to_ms }: { readonly from_ms: number; readonly to_ms: number },
  asof: string | null,
  signal: AbortSignal,
): Promise<Series> {
  return fetchJson<Series>(seriesAddress('series', station, element, { from_ms, to_ms }, asof), signal)
}

/** `series` or `waterml` of a station's element over a span of time. */
export function seriesAddress(
  kind: 'series' | 'waterml',
  station: string,
  element: string,
  { from_ms, to_ms }: { readonly from_ms: number; readonly to_ms: number },
  asof: string | null,
): URL {
  const url = address(`rivers/stations/${encodeURIComponent(station)}/${kind}`)
  url.searchParams.set('element', element)
  url.searchParams.set('start', new Date(from_ms).toISOString())
  url.searchParams.set('end', new Date(to_ms).toISOString())
  if (asof) url.searchParams.set('asof', toInstant(asof))
  return url
}

export async function fetchRatings(station: string, asof: string | null, signal: AbortSignal): Promise<readonly Rating[]> {
  const url = address(`rivers/stations/${encodeURIComponent(station)}/ratings`)
  if (asof) url.searchParams.set('asof', toInstant(asof))
  return (await fetchJson<{ ratings: readonly Rating[] }>(url, signal)).ratings
}

/** The newest stage of a station; null where it measures none, or none has come. */
export function stageOf(gauge: Gauge | undefined): Value | null {
  const found = STAGES.find((each) => gauge?.latest[each])
  return (found && gauge?.latest[found]) ?? null
}

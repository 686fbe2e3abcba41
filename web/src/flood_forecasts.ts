/** Forecasts 预报 as the platform tells them: ensemble, grade, lead, and what was scored on held-out floods. */
import { toInstant } from './clock'
import { address, fetchJson } from './config'
import { numberText } from './measured'
import type { Times } from './model'

const LISTED_MOST = 100
export const QUANTILES = ['p05', 'p25', 'p50', 'p75', 'p95'] as const
export type Quantile = (typeof QUANTILES)[number]

export interface Forecast {
  readonly id: string
  readonly station: string
  readonly basis_at: string
  readonly until: string
  readonly issued: boolean
  readonly grade: string
  readonly peak_m3_s: number
  readonly synthetic: boolean
}

export interface Scheme {
  readonly floods: number
  readonly qualified_share_percent: number
  readonly determination: number | null
  readonly grade: string
}

export interface Lead {
  readonly lead_h: number
  readonly determination: Readonly<Record<string, number | null>>
  readonly within_90_percent: number
  /** Continuous ranked probability score, by scheme: the smaller, the better. Older models have none. */
  readonly crps_m3_s?: Readonly<Record<string, number>>
}

export interface ForecastRecord {
  readonly lead_h: number
  readonly model: { readonly kind: string; readonly version: number }
  readonly held_out: {
    readonly years: readonly number[]
    readonly schemes: Readonly<Record<string, Scheme>>
    readonly leads: readonly Lead[]
  }
  readonly short: readonly string[]
  readonly standard: string
  readonly unverified_limits: readonly string[]
  readonly left_out: readonly string[]
  readonly rain: { readonly kind: string; readonly source: string }
  readonly observed_m3_s: number
  readonly instants: readonly string[]
  readonly best_m3_s: readonly number[]
  readonly quantiles_m3_s: Readonly<Record<Quantile, readonly number[]>>
  readonly members_m3_s: readonly (readonly number[])[]
  readonly peak: { readonly median_m3_s: number; readonly p05_m3_s: number; readonly p95_m3_s: number; readonly median_at: string }
  readonly exceedance: readonly { readonly threshold_m3_s: number; readonly probability: number }[]
}

/** A course of an ensemble as it is drawn; null where nothing is told. */
export interface Course {
  readonly unit: string
  readonly instants: readonly string[]
  readonly best: readonly (number | null)[]
  readonly quantiles: Readonly<Record<Quantile, readonly (number | null)[]>>
  /** Lines across it, with their names. */
  readonly levels: readonly { readonly name: string; readonly value: number }[]
}

export interface StageThreshold {
  readonly kind: string
  readonly value_m: number
  readonly value_at_station_m: number | null
  readonly probability: number | null
  readonly at_least: number
  readonly at_most: number
}

/** Its stages by the rating curve 预报水位; null beyond the curve. */
export interface ForecastStages {
  readonly instants: readonly string[]
  readonly vertical_datum: string | null
  readonly best_m: readonly (number | null)[]
  readonly quantiles_m: Readonly<Record<Quantile, readonly (number | null)[]>>
  readonly peak: {
    readonly median_m: number | null
    readonly p05_m: number | null
    readonly p95_m: number | null
    readonly median_at: string
    readonly curve_uncertainty_m: number | null
  }
  readonly ratings: readonly { readonly version: string; readonly document: string; readonly uncertainty: number; readonly range_m: readonly [number, number] }[]
  readonly members: number
  readonly members_outside: number
  readonly thresholds: readonly StageThreshold[]
}

export interface WholeForecast extends Forecast {
  readonly record: ForecastRecord
}

/** A percentage to a tenth. */
export function percent(value: number): string {
  return `${numberText(Math.round(value * 10) / 10)}%`
}

/** Forecasts made up to these times, issued or not, the newest first. */
export function fetchForecasts({ datetime, asof }: Times, signal: AbortSignal): Promise<{ readonly forecasts: readonly Forecast[]; readonly more: boolean }> {
  const url = address('forecasts')
  url.searchParams.set('use', 'all')
  url.searchParams.set('limit', String(LISTED_MOST))
  if (datetime) url.searchParams.set('end', toInstant(datetime))
  if (asof) url.searchParams.set('asof', toInstant(asof))
  return fetchJson(url, signal)
}

export function fetchForecast(id: string, signal: AbortSignal): Promise<WholeForecast> {
  return fetchJson<WholeForecast>(address(`forecasts/${encodeURIComponent(id)}`), signal)
}

/** By what was known of the curve when the forecast was made, or by the time that is looked back from. */
export function fetchForecastStages(id: string, asof: string | null, signal: AbortSignal): Promise<ForecastStages> {
  const url = address(`forecasts/${encodeURIComponent(id)}/stages`)
  if (asof) url.searchParams.set('asof', toInstant(asof))
  return fetchJson<ForecastStages>(url, signal)
}

export function tableAddress(id: string): URL {
  return address(`forecasts/${encodeURIComponent(id)}/table`)
}

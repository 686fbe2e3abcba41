/** What was known and decided at an instant 复盘, as the platform tells it: as it stood then, and as it stands today. */
import { toInstant } from './clock'
import { address, fetchJson } from './config'
import type { Forecast, Quantile } from './flood_forecasts'
import type { Listed } from './flood_runs'
import type { Whole } from './flood_warnings'
import type { Value } from './gauges'
import type { Span } from './series'
import type { Title } from './title'

const HOUR_MS = 3_600_000
const STEPS_H = [1, 2, 3, 6, 12, 24, 48] as const
/** An event has no more instants than this. */
const INSTANTS_MOST = 97
const MODELS_MOST = 1000

/** A forecast with the course that it foretold. */
export interface Foretold extends Forecast {
  readonly recorded_at: string
  readonly lead_h: number
  readonly element: string
  readonly instants: readonly string[]
  readonly quantiles_m3_s: Readonly<Record<Quantile, readonly number[]>>
  readonly peak: { readonly median_m3_s: number; readonly median_at: string }
}

export interface Measured {
  readonly station: string
  readonly name: string
  readonly synthetic: boolean
  readonly values: readonly (Value & { readonly element: string; readonly title: Title; readonly unit: string })[]
}

/** A message or an action of a plan at work, as it stood. */
export interface Item {
  readonly id: string
  readonly due_at: string
  readonly state: 'due' | 'overdue' | 'confirmed'
  readonly title?: Title
  readonly text?: Title
  readonly to?: string
  readonly confirmed: { readonly by: string; readonly done_at: string } | null
}

export interface Response {
  readonly activation: number
  readonly plan: string
  readonly title: Title
  readonly exercise: boolean
  readonly activated_at: string
  readonly by: string
  readonly messages: readonly Item[]
  readonly actions: readonly Item[]
}

export interface Judged {
  readonly error: number
  readonly allowed: number
  readonly qualified: boolean
}

/** What was measured over the steps of a forecast, and how far off it was. */
export interface Outcome {
  readonly forecast: string
  readonly peak_m3_s: number | null
  readonly peak_at: string | null
  readonly judged: Readonly<Record<string, Judged>>
  readonly within_90_share: number | null
  /** CRPS of the members and of the value at the basis, carried on. */
  readonly ensemble: { readonly crps_m3_s: number; readonly persistence_m3_s: number } | null
  readonly why: Title | null
}

/** What the ledger tells of a warning or an event. */
export interface Fate {
  readonly rule: string
  readonly colour: string
  readonly station: string
  readonly fate: 'hit' | 'miss' | 'false-alarm' | 'unknown'
  readonly event: readonly [string, string] | null
  readonly warned: readonly [string, string] | null
  readonly lead_s: number | null
}

/** What is left out for who asks is null. */
export interface Known {
  readonly at: string
  readonly asof: string
  readonly left_out: readonly string[]
  readonly more: boolean
  readonly observations: readonly Measured[] | null
  readonly forecasts: readonly Foretold[] | null
  readonly warnings: readonly Whole[] | null
  readonly responses: readonly Response[] | null
  readonly runs: readonly (Listed & { readonly covers: boolean })[] | null
  readonly outcome: {
    readonly asof: string
    readonly standard: string
    readonly unverified_limits: readonly string[]
    readonly forecasts: readonly Outcome[] | null
    readonly warnings: readonly Fate[] | null
  }
  readonly stamp: string | null
}

/** A station whose floods may be looked back on. */
export interface Gauged {
  readonly id: string
  readonly name: string
  readonly elements: readonly { readonly id: string; readonly unit: string }[]
}

/** A flood of the record on which a model was graded. */
export interface Flood {
  readonly begin: string
  readonly end: string
  readonly peak_observed_m3_s: number
  readonly peak_observed_at: string
}

/** The instant as it was known at `asof`, a wall time; null: as known at the instant itself. */
export function fetchKnown(at_ms: number, asof: string | null, signal: AbortSignal): Promise<Known> {
  const url = address('flood/known')
  url.searchParams.set('at', new Date(at_ms).toISOString())
  if (asof) url.searchParams.set('asof', asof)
  return fetchJson<Known>(url, signal)
}

/** Stations that measure a flow or a stage. */
export async function fetchGauged(signal: AbortSignal): Promise<readonly Gauged[]> {
  const { stations } = await fetchJson<{ stations: readonly Gauged[] }>(address('rivers/stations'), signal)
  return stations.filter((each) => elementOf(each))
}

/** What a station's flood is followed by: its discharge, else its stage. */
export function elementOf({ elements }: Gauged): string | undefined {
  return ['discharge', 'stage'].find((name) => elements.some(({ id }) => id === name))
}

/** The newest model of each station, by its id. */
export async function fetchModels(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const url = address('forecast-models')
  url.searchParams.set('limit', String(MODELS_MOST))
  const { models } = await fetchJson<{ models: readonly { id: string; station: string }[] }>(url, signal)
  return new Map([...models].reverse().map(({ id, station }) => [station, id]))
}

/** The floods on which a model was graded, the newest first. */
export async function fetchFloods(model: string, signal: AbortSignal): Promise<readonly Flood[]> {
  const { record } = await fetchJson<{ record: { floods?: readonly Flood[] } }>(address(`forecast-models/${model}`), signal)
  return [...(record.floods ?? [])].sort((a, b) => b.begin.localeCompare(a.begin))
}

/** The instants of an event at even hours, its end among them. */
export function instantsOf({ from_ms, to_ms }: Span): readonly number[] {
  const hours = (to_ms - from_ms) / HOUR_MS
  const step_ms = (STEPS_H.find((each) => hours / each < INSTANTS_MOST) ?? 48) * HOUR_MS
  const count = Math.min(INSTANTS_MOST, Math.ceil((to_ms - from_ms) / step_ms) + 1)
  return Array.from({ length: count }, (_, at) => Math.min(to_ms, from_ms + at * step_ms))
}

/** RFC 3339 of a wall time in the link. */
export function asofOf(wallTime: string | null): string | null {
  return wallTime ? toInstant(wallTime) : null
}

/** What stands in the axis of decisions. */
export type Lane = 'forecast' | 'warning' | 'chain' | 'response' | 'run'

/** Something that happened or was decided. */
export interface Entry {
  readonly key: string
  readonly lane: Lane
  readonly time: string
  readonly what: Whole['steps'][number] | Whole['acknowledgements'][number] | Foretold | Response | Item | Listed
  /** The warning or the response that it belongs to. */
  readonly of: Whole | Response | null
}

/** All that a document tells of what happened and was decided, in order of time. */
export function entriesOf({ forecasts, warnings, responses, runs }: Known): readonly Entry[] {
  const found: Entry[] = []
  for (const each of forecasts ?? []) found.push({ key: `f ${each.id}`, lane: 'forecast', time: each.basis_at, what: each, of: null })
  for (const of of warnings ?? []) {
    for (const what of of.steps) found.push({ key: `w ${of.id} ${what.number}`, lane: 'warning', time: what.at, what, of })
    for (const what of of.acknowledgements) {
      found.push({ key: `c ${of.id} ${what.number}`, lane: 'chain', time: what.recorded_at, what, of })
    }
  }
  for (const of of responses ?? []) {
    found.push({ key: `r ${of.activation}`, lane: 'response', time: of.activated_at, what: of, of })
    for (const what of [...of.messages, ...of.actions]) {
      if (what.state === 'due') continue
      const time = what.confirmed?.done_at ?? what.due_at
      found.push({ key: `r ${of.activation} ${what.id} ${what.state}`, lane: 'response', time, what, of })
    }
  }
  for (const what of runs ?? []) {
    if (what.kept_at) found.push({ key: `k ${what.id}`, lane: 'run', time: what.kept_at, what, of: null })
  }
  return found.sort((a, b) => Date.parse(a.time) - Date.parse(b.time))
}

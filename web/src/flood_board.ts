/** What stands now or stood then 防洪态势: warnings, stations, the newest forecast, responses and runs. */
import { toInstant } from './clock'
import { address, fetchJson, ServerProblem } from './config'
import { fetchForecasts, type Forecast } from './flood_forecasts'
import { fetchRuns, type Listed as Run } from './flood_runs'
import { fetchCancelled, fetchStanding, fetchUndecided, type Cancelled, type Undecided, type Warning } from './flood_warnings'
import { fetchGauge, fetchSeries, stageOf, type Gauge, type Threshold, type Value } from './gauges'
import type { Position4490, Times } from './model'
import { fetchStations } from './monitoring'
import { activationAt, fetchActivation, fetchActivations, fetchPlans, isAtWork, type Activation, type Words } from './response_plans'
import { setMoment } from './rivers'

/** Stations that are looked at, in the order of the register. */
export const STATIONS_MOST = 60
const AT_ONCE = 6
const RUNS_SHOWN = 3
/** How far back a rise is told from; and how old the newest value of a past instant may be. */
const RISE_MS = 3 * 3_600_000
const PAST_MS = 48 * 3_600_000
const HOUR_MS = 3_600_000
/** Stages are read to the centimetre: less is no rise. */
const RISE_LEAST_M = 0.01

/** Something of the board: what was found, or why it could not be. */
export interface Told<T> {
  readonly value: T | null
  readonly problem: string | null
}

export interface Warnings {
  readonly standing: readonly Warning[]
  readonly more: boolean
  readonly cancelled: readonly Cancelled[]
  readonly undecided: readonly Undecided[]
  readonly moreUndecided: boolean
}

/** A station with its newest stage, the thresholds that it reaches, and how fast it rises. */
export interface Level {
  readonly id: string
  readonly name: string
  readonly synthetic: boolean
  readonly stage: Value
  readonly reached: readonly Threshold[]
  /** null: not enough values to tell. */
  readonly rise_m_per_h: number | null
}

/** Where stations are, how they are called, and which of them measure a stage. */
export interface Places {
  readonly places: ReadonlyMap<string, Position4490>
  readonly names: ReadonlyMap<string, string>
  readonly measuring: readonly string[]
  /** Stations by the key of their Thing in the store of observations. */
  readonly things: ReadonlyMap<string, string>
}

export const NOWHERE: Places = { places: new Map(), names: new Map(), measuring: [], things: new Map() }

export interface Response {
  readonly title: Words
  readonly activation: Activation
}

interface ListedStation {
  readonly id: string
  readonly name: string
  readonly position: Position4490
  readonly thing: string | null
  readonly elements: readonly { readonly id: string }[]
}

/** What was found; a refusal is told where it would have stood. */
export async function told<T>(work: Promise<T>, signal: AbortSignal): Promise<Told<T>> {
  try {
    return { value: await work, problem: null }
  } catch (cause) {
    if (signal.aborted || !(cause instanceof ServerProblem)) throw cause
    return { value: null, problem: cause.words }
  }
}

/** The instant that is shown; null: now. */
export function instantOf({ datetime, asof }: Times): number | null {
  const all = [datetime, asof].flatMap((each) => (each ? [Date.parse(toInstant(each))] : []))
  return all.length ? Math.min(...all) : null
}

export async function fetchWarnings(times: Times, signal: AbortSignal): Promise<Warnings> {
  const [{ warnings, more }, cancelled, { undecided, more: moreUndecided }] = await Promise.all([
    fetchStanding(times, signal),
    fetchCancelled(times, signal),
    fetchUndecided(times.asof, signal),
  ])
  return { standing: warnings, more, cancelled, undecided, moreUndecided }
}

export async function fetchPlaces(times: Times, signal: AbortSignal): Promise<Places> {
  const url = address('rivers/stations')
  setMoment(url, times)
  const { stations } = await fetchJson<{ stations: readonly ListedStation[] }>(url, signal)
  return {
    places: new Map(stations.map(({ id, position }) => [id, position])),
    names: new Map(stations.map(({ id, name }) => [id, name])),
    things: new Map(stations.flatMap(({ id, thing }) => (thing ? [[thing, id] as const] : []))),
    measuring: stations.filter(({ elements }) => elements.some(isStage)).map(({ id }) => id),
  }
}

/** These stations; those of which no stage is known are left out. */
export async function fetchSome(ids: readonly string[], times: Times, signal: AbortSignal): Promise<ReadonlyMap<string, Level>> {
  const found = new Map<string, Level>()
  const waiting = [...ids]
  const work = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      const level = await fetchLevel(id, times, signal)
      if (level) found.set(id, level)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return found
}

async function fetchLevel(id: string, times: Times, signal: AbortSignal): Promise<Level | null> {
  const gauge = await fetchGauge(id, times, signal)
  const element = gauge.elements.find(isStage)?.id
  const at_ms = instantOf(times)
  const newest = at_ms === null ? stageOf(gauge) : null
  const to_ms = at_ms ?? (newest ? Date.parse(newest.time) : null)
  if (!element || to_ms === null) return null
  const span = { from_ms: to_ms - (at_ms === null ? RISE_MS : PAST_MS), to_ms: to_ms + 1000 }
  const { points } = await fetchSeries(id, element, span, times.asof, signal)
  const measured = points.filter(({ value, time }) => value !== null && Date.parse(time) <= to_ms)
  const stage = newest ?? measured.at(-1)
  if (!stage || stage.value === null) return null
  return {
    id,
    name: gauge.name,
    synthetic: gauge.synthetic,
    stage,
    reached: reachedBy(gauge, stage.value, at_ms !== null),
    rise_m_per_h: riseOf(measured, stage),
  }
}

/** Now the platform says which are; of a past stage it is told where the datum is the same. */
function reachedBy({ thresholds, vertical_datum }: Gauge, stage_m: number, past: boolean): readonly Threshold[] {
  const stages = thresholds.filter(({ quantity }) => quantity === 'stage')
  const some = past
    ? stages.filter((each) => each.vertical_datum === vertical_datum && stage_m >= each.value)
    : stages.filter(({ reached }) => reached === true)
  return [...some].sort((a, b) => b.value - a.value)
}

function riseOf(measured: readonly Value[], { time, value }: Value): number | null {
  const end_ms = Date.parse(time)
  const first = measured.find((each) => Date.parse(each.time) >= end_ms - RISE_MS)
  const hours = first ? (end_ms - Date.parse(first.time)) / HOUR_MS : 0
  if (!first || first.value === null || value === null || hours <= 0) return null
  return (value - first.value) / hours
}

function isStage({ id }: { readonly id: string }): boolean {
  return id === 'stage' || id.endsWith('-stage')
}

export function isRising({ rise_m_per_h }: Level): boolean {
  return (rise_m_per_h ?? 0) >= RISE_LEAST_M
}

/** Keys of the Things to which something was written from an instant on, and when something was written last. */
export async function fetchWritten(since: string, signal: AbortSignal): Promise<{ readonly keys: readonly string[]; readonly at: string }> {
  const { at, stations } = await fetchStations(since, signal)
  return { keys: stations.flatMap(({ key }) => (key ? [key] : [])), at: at ?? since }
}

/** The newest forecast that was issued by then. */
export async function fetchNewest(times: Times, signal: AbortSignal): Promise<Forecast | null> {
  const { forecasts } = await fetchForecasts(times, signal)
  return forecasts.find(({ issued }) => issued) ?? null
}

/** The plans that are at work, each with what is overdue. */
export async function fetchResponses(times: Times, signal: AbortSignal): Promise<readonly Response[]> {
  const at_ms = instantOf(times)
  const plans = await fetchPlans(signal)
  const found = await Promise.all(
    plans.map(async ({ plan, title }) => {
      const open = (await fetchActivations(plan, signal)).filter((each) => isAtWork(each, at_ms ?? Date.now()))
      return Promise.all(
        open.map(async ({ activation }) => {
          const whole = await fetchActivation(plan, activation, signal)
          return { title, activation: at_ms === null ? whole : activationAt(whole, at_ms) }
        }),
      )
    }),
  )
  return found.flat()
}

/** The runs kept last, by then. */
export async function fetchNewestRuns(times: Times, signal: AbortSignal): Promise<readonly Run[]> {
  const at_ms = instantOf(times) ?? Infinity
  const { runs } = await fetchRuns(signal)
  return runs.filter(({ kept_at }) => kept_at === null || Date.parse(kept_at) <= at_ms).slice(0, RUNS_SHOWN)
}

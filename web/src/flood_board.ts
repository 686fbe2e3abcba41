/** What stands now or stood then 防洪态势: warnings, stations, the newest forecast, responses and runs. */
import { toInstant } from './clock'
import { address, fetchJson, ServerProblem } from './config'
import { fetchForecasts, type Forecast } from './flood_forecasts'
import { fetchRuns, type Listed as Run, type Lacking } from './flood_runs'
import { fetchCancelled, fetchStanding, fetchUndecided, type Cancelled, type Undecided, type Warning } from './flood_warnings'
import type { Threshold, Value } from './gauges'
import type { Position4490, Times } from './model'
import { activationAt, fetchActivation, fetchActivations, fetchPlans, isAtWork, type Activation, type Words } from './response_plans'
import { setMoment } from './rivers'

const RUNS_SHOWN = 3
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

/** A station with its newest stage, the thresholds that it reaches (the highest first), and how fast it rises. */
export interface Level {
  readonly station: string
  readonly name: string
  readonly synthetic: boolean
  readonly stage: Value
  readonly reached: readonly Threshold[]
  /** null: not enough values to tell. */
  readonly rise_m_per_h: number | null
}

export interface Stages {
  /** Stations of which a stage is known, and when the newest of them was measured. */
  readonly measured: number
  readonly newest_at: string | null
  readonly stages: readonly Level[]
}

/** Where stations are, and how they are called. */
export interface Places {
  readonly places: ReadonlyMap<string, Position4490>
  readonly names: ReadonlyMap<string, string>
}

export const NOWHERE: Places = { places: new Map(), names: new Map() }

export interface Response {
  readonly title: Words
  readonly activation: Activation
}

interface ListedStation {
  readonly id: string
  readonly name: string
  readonly position: Position4490
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
  }
}

/** Of all stations those that reach a threshold or rise, the gravest first. */
export async function fetchStages(times: Times, signal: AbortSignal): Promise<Stages> {
  const url = address('rivers/stages')
  setMoment(url, times)
  return fetchJson<Stages>(url, signal)
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

export interface Newest {
  readonly runs: readonly Run[]
  readonly lacking: Lacking | null
}

/** The runs kept last, by then. */
export async function fetchNewestRuns(times: Times, signal: AbortSignal): Promise<Newest> {
  const at_ms = instantOf(times) ?? Infinity
  const { runs, lacking } = await fetchRuns(signal)
  const then = runs.filter(({ kept_at }) => kept_at === null || Date.parse(kept_at) <= at_ms)
  return { runs: then.slice(0, RUNS_SHOWN), lacking }
}

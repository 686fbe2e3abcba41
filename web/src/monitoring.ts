/** Stations 测站 as they are now: newest values, the rules declared for them, and what those say. */
import { address, fetchJson } from './config'
import type { Position4490 } from './model'

/** QARTOD flags. */
export const FLAGS = { pass: 1, notEvaluated: 2, suspect: 3, fail: 4, missing: 9 } as const

export interface Stream {
  readonly id: number
  readonly name: string
  /** UCUM. */
  readonly unit: string | null
  /** Number of the observed property. */
  readonly property: number
  readonly count: number
  readonly first: string | null
  readonly value: number | null
  readonly time: string | null
  readonly recorded_at: string | null
  readonly flag: number | null
  /** By when the next value was to come; null where no rule says how long one may be waited for. */
  readonly due: string | null
  /** Tests that the newest value failed. */
  readonly tests: readonly string[]
}

export interface Station {
  readonly thing: number
  readonly key: string | null
  readonly name: string
  readonly layer: string | null
  readonly position: Position4490 | null
  readonly datastreams: readonly Stream[]
}

export type Limits = Readonly<Record<string, number>>

export interface Property {
  readonly id: number
  readonly key: string | null
  readonly name: string
  /** Tests with their limits, in the unit of the property; null: none are declared. */
  readonly rules: Readonly<Record<string, Limits>> | null
  readonly basis: string | null
  readonly version: number | null
}

export interface Now {
  /** When something was written last: what is new is asked for from here on. */
  readonly at: string | null
  readonly stations: readonly Station[]
}

/** 正常、未检、可疑、超限、不合格、缺测、离线: of the newest value, by the declared rules alone. */
export const STATES = ['exceeding', 'failed', 'suspect', 'offline', 'missing', 'unchecked', 'normal'] as const
export type StreamState = (typeof STATES)[number]

export function fetchStations(since: string | null, signal: AbortSignal): Promise<Now> {
  const url = address('stations')
  if (since) url.searchParams.set('since', since)
  return fetchJson<Now>(url, signal)
}

export async function fetchProperties(signal: AbortSignal): Promise<ReadonlyMap<number, Property>> {
  const url = address('observed-properties')
  const { properties } = await fetchJson<{ properties: readonly Property[] }>(url, signal)
  return new Map(properties.map((each) => [each.id, each]))
}

/** A value is late where a rule says how long one may be waited for, and it has been longer. */
export function stateOf(stream: Stream, now_ms: number): StreamState {
  if (stream.time === null || stream.flag === null) return 'missing'
  if (stream.due !== null && now_ms > Date.parse(stream.due)) return 'offline'
  if (stream.flag === FLAGS.missing) return 'missing'
  if (stream.flag >= FLAGS.suspect) {
    if (stream.tests.includes('gross_range')) return 'exceeding'
    return stream.flag === FLAGS.fail ? 'failed' : 'suspect'
  }
  return stream.flag === FLAGS.pass ? 'normal' : 'unchecked'
}

/** The gravest of several. */
export function worst(states: readonly StreamState[]): StreamState {
  return STATES.find((each) => states.includes(each)) ?? 'missing'
}

/** What was heard of stations takes the place of what was known of them. */
export function merged(known: readonly Station[], heard: readonly Station[]): readonly Station[] {
  const anew = new Map(heard.map((each) => [each.thing, each]))
  const kept = known.map((each) => anew.get(each.thing) ?? each)
  const there = new Set(known.map(({ thing }) => thing))
  return [...kept, ...heard.filter(({ thing }) => !there.has(thing))]
}

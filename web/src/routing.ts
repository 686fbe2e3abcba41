/** Flood routing 河道洪水演算 as it is typed, the inputs of `flood-route` that it means, and what comes of it. */
import { fromTyped, toInstant } from './clock'
import type { Message } from './messages'
import { forgetJob, keptJob } from './job_shelf'
import './messages/routing'
import { EMPTY as NO_SCENARIO, itemOf } from './scenario'
import { fromOf, seriesOf, STEADY, type Course, type Taken } from './scenario_course'
import { keepBefore, keepDraft, keptDraft } from './scenario_shelf'
import { clean, numberOf, scaled, type Inputs, type Wrong } from './scenario_typed'
import { forget, read, write } from './sketch_shelf'

export const PROCESS = 'flood-route'
const DRAFT = 'onemap.routing-draft'
const HOUR_S = 3600
const MINUTE_S = 60
/** More rows than this nobody reads in the table of an inflow. */
export const ROWS_MOST = 400

export const METHODS = ['muskingum', 'muskingum-cunge', 'travel'] as const
export type Method = (typeof METHODS)[number]
export const METHOD_NAMES: Readonly<Record<Method, Message>> = {
  muskingum: 'routeMuskingum',
  'muskingum-cunge': 'routeChannel',
  travel: 'routeTravel',
}
/** A figure of a reach: its name in the inputs, what it is called, whether it may be left out. */
export type Figure = readonly [name: string, title: Message, optional?: true]
export const FIGURES: Readonly<Record<Method, readonly Figure[]>> = {
  muskingum: [
    ['k_h', 'routeK'],
    ['x', 'routeX'],
    ['parts', 'routeParts', true],
  ],
  'muskingum-cunge': [
    ['length_m', 'routeLength'],
    ['slope', 'routeSlope'],
    ['manning', 'routeManning'],
    ['bottom_m', 'routeBottom'],
    ['side', 'routeSide', true],
    ['parts', 'routeParts', true],
  ],
  travel: [['hours', 'routeHours']],
}

export interface Reach {
  readonly method: Method
  readonly typed: Readonly<Record<string, string>>
}

export interface Inflow {
  readonly id: string
  readonly course: Course
  readonly from: Taken | null
  readonly reaches: readonly Reach[]
  readonly source: string
}

export interface Routing {
  readonly begins: string
  readonly hours: string
  readonly step: string
  readonly station: string
  readonly inflows: readonly Inflow[]
}

export const NEW_REACH: Reach = { method: 'muskingum', typed: {} }
export const EMPTY: Routing = { begins: '', hours: '48', step: '60', station: '', inflows: [] }

/** One more inflow, with a name that none has. */
export function inflowAfter(inflows: readonly Inflow[]): Inflow {
  let number = inflows.length + 1
  while (inflows.some(({ id }) => id === `入流${number}`)) number++
  return { id: `入流${number}`, course: STEADY, from: null, reaches: [], source: '' }
}

/** What is wrong, by its place in the inputs without the slash before it: `inflows/0/reaches/1/k_h`. */
export type Faults = ReadonlyMap<string, Wrong>

/** The inputs that a draft means, with everything that cannot be sent. */
export function written({ begins, hours, step, station, inflows }: Routing): { readonly inputs: Inputs; readonly faults: Faults } {
  const faults = new Map<string, Wrong>()
  const wrong = (at: string) => (message: Wrong) => void faults.set(at, message)
  const number = (text: string, at: string, factor = 1): number | undefined => {
    const value = numberOf(text)
    return value === null ? wrong(at)(text.trim() ? 'scenNoNumber' : 'scenMissing') : scaled(value, factor)
  }
  const reach = ({ method, typed }: Reach, at: string): Inputs => ({
    method,
    ...clean(
      Object.fromEntries(
        FIGURES[method].map(([name, , optional]) => {
          const text = typed[name] ?? ''
          if (optional && !text.trim()) return [name, undefined]
          const value = numberOf(text)
          if (value === null) wrong(`${at}/${name}`)(text.trim() ? 'scenNoNumber' : 'scenMissing')
          return [name, value ?? undefined]
        }),
      ),
    ),
  })
  const inflow = ({ id, course, from, reaches, source }: Inflow, place: number): Inputs => {
    const at = `inflows/${place}`
    if (!id.trim()) wrong(`${at}/id`)('scenMissing')
    const made = clean({
      id: id.trim(),
      discharge_m3_s: from ? undefined : seriesOf(course, wrong(`${at}/discharge_m3_s`)),
      from: from ? fromOf(from, false, wrong(`${at}/from`)) : undefined,
      reaches: reaches.map((each, number) => reach(each, `${at}/reaches/${number}`)),
      source: source.trim(),
    })
    if (!source.trim()) wrong(`${at}/source`)('scenMissing')
    return made
  }
  // In the order of the form: the first fault is where the keyboard is put.
  const wall = fromTyped(begins)
  if (wall === null) wrong('begins_at')(begins.trim() ? 'wrongTime' : 'scenMissing')
  const inputs = clean({
    begins_at: wall === null ? undefined : toInstant(wall),
    duration_s: number(hours, 'duration_s', HOUR_S),
    step_s: step.trim() ? number(step, 'step_s', MINUTE_S) : undefined,
    inflows: inflows.map(inflow),
    station: station || undefined,
  })
  if (!inflows.length) wrong('inflows')('routeNone')
  return { inputs, faults }
}

/** The fault at a place or anywhere below it. */
export function faultAt(faults: Faults, place: string): Wrong | null {
  const exact = faults.get(place)
  if (exact) return exact
  for (const [at, wrong] of faults) if (at.startsWith(`${place}/`)) return wrong
  return null
}

export function keptRouting(): Routing {
  try {
    return { ...EMPTY, ...(JSON.parse(read(DRAFT) ?? '{}') as Partial<Routing>) }
  } catch {
    forget(DRAFT)
    return EMPTY
  }
}

export function keepRouting(routing: Routing): void {
  write(DRAFT, JSON.stringify(routing))
}

export interface Peak {
  readonly m3_s: number
  readonly at: string
}

export interface Account {
  readonly in_m3: number
  readonly out_m3: number
  readonly stored_m3: number
  readonly relative_error: number
}

export interface RoutedInflow {
  readonly id: string
  readonly source: string
  readonly taken: Readonly<Record<string, unknown>> | null
  readonly reaches: readonly (Readonly<Record<string, unknown>> & { readonly method: Method; readonly parts?: number })[]
  readonly inflow_m3_s: readonly number[]
  readonly outflow_m3_s: readonly number[]
  readonly peak_above: Peak
  readonly peak_below: Peak
  readonly delay_s: number
  readonly account: Account
}

export interface Measured {
  readonly values: number
  readonly determination: number | null
  readonly peak: Peak
  readonly peak_error_percent: number | null
  readonly instants: readonly string[]
  readonly m3_s: readonly number[]
}

export interface Joined {
  readonly id: string
  readonly name: string
  readonly vertical_datum: string
  readonly ratings: readonly string[]
  readonly stage_m: readonly (number | null)[]
  readonly measured: Measured | null
}

/** What was routed. */
export interface Routed {
  readonly begins_at: string
  readonly asof: string
  readonly step_s: number
  readonly instants: readonly string[]
  readonly inflows: readonly RoutedInflow[]
  readonly total_m3_s: readonly number[]
  readonly peak: Peak
  readonly station: Joined | null
  readonly synthetic: boolean
}

/** Puts the total into the scenario that is being written, as the course of an inflow whose place is still to be given. */
export function intoScenario({ begins_at, step_s, instants, total_m3_s }: Routed, begins: string, source: string): boolean {
  const before = keptDraft()
  const underWay = keptJob('scenario')
  if (underWay) {
    keepBefore(before)
    forgetJob('scenario')
  }
  const kept = underWay ? NO_SCENARIO : before
  const rows = total_m3_s.map((each, at) => [String((at * step_s) / HOUR_S), String(each)] as const)
  const item = { ...itemOf('inflows', kept.items), course: { steady: false, value: '', rows }, typed: { source } }
  const hours = kept.begins.trim() ? kept.hours : String((Date.parse(instants.at(-1) ?? begins_at) - Date.parse(begins_at)) / (1000 * HOUR_S))
  return keepDraft({ ...kept, begins: kept.begins.trim() || begins, hours, items: [...kept.items, item] })
}

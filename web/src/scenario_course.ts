/** Courses as they are typed 过程: a number, a table of hours and values, or taken from where one is kept. */
import { MEMBERS } from './scenario_many'
import { numberOf, scaled, without, writtenOf, type Inputs, type Wrong } from './scenario_typed'

const HOUR_S = 3600
export const BEST = 'best'

/** A number, or a table of hours and values. */
export interface Course {
  readonly steady: boolean
  readonly value: string
  readonly rows: readonly (readonly [hour: string, value: string])[]
}

/** Where the hydrograph of an inflow is kept 取数: a forecast, or what a station measured. */
export interface Taken {
  readonly by: 'forecast' | 'station'
  readonly forecast: string
  readonly course: string
  /** A forecast that is not issued, for a trial that is marked so. */
  readonly reference: boolean
  readonly station: string
  readonly rest: Inputs
}

export const UNTAKEN: Taken = { by: 'forecast', forecast: '', course: BEST, reference: false, station: '', rest: {} }
export const STEADY: Course = { steady: true, value: '', rows: [['0', ''], ['', '']] }

export function courseOf(given: unknown): Course | null {
  if (given === undefined || given === null) return null
  if (typeof given === 'number') return { ...STEADY, value: String(given) }
  const { times_s, values } = given as { times_s: readonly number[]; values: readonly (number | null)[] }
  return { steady: false, value: '', rows: times_s.map((each, at) => [writtenOf(each, HOUR_S), writtenOf(values[at], 1)]) }
}

export function takenOf(given: Inputs): Taken {
  const { forecast, station, course } = given
  const rest = without(given, ['forecast', 'station', 'course', 'use'])
  const told = (value: unknown, otherwise: string) => (typeof value === 'string' ? value : otherwise)
  const by = station === undefined ? 'forecast' : 'station'
  return { by, forecast: told(forecast, ''), course: told(course, 'member' in rest ? '' : BEST), reference: given.use === 'reference', station: told(station, ''), rest }
}

/** The series of an input; undefined, with what is wrong, where it is none. */
export function seriesOf(given: Course | null, wrong: (message: Wrong) => void): unknown {
  if (!given) return undefined
  if (given.steady) {
    const value = numberOf(given.value)
    return value ?? void wrong(given.value.trim() ? 'scenNoNumber' : 'scenMissing')
  }
  const rows = given.rows.filter((row) => row.some((each) => each.trim()))
  const times_s = rows.map(([hour]) => numberOf(hour))
  const values = rows.map(([, value]) => (value.trim() ? numberOf(value) : NaN))
  if (!rows.length) return wrong('scenMissing')
  if (times_s.includes(null) || values.includes(null)) return wrong('scenNoNumber')
  const seconds = times_s.map((each) => scaled(each ?? 0, HOUR_S))
  if (seconds.some((each, place) => place > 0 && each <= (seconds[place - 1] ?? 0))) wrong('scenNotRising')
  return { times_s: seconds, values: values.map((each) => (Number.isNaN(each) ? null : each)) }
}

/** The input `from`; `members`: whether all members of a forecast may be taken at once. */
export function fromOf({ by, forecast, course, reference, station, rest }: Taken, members: boolean, wrong: (message: Wrong) => void): unknown {
  if (by === 'station') return station ? { station, ...rest } : wrong('scenMissing')
  if (!forecast) return wrong('scenMissing')
  if (course === MEMBERS && !members) return wrong('scenMembersAlone')
  return { forecast, ...(course ? { course } : {}), ...(reference ? { use: 'reference' } : {}), ...rest }
}

/** Measured values as people read them 观测值: number, unit, age, state, test. */
import { unitText } from './format'
import { say } from './language'
import type { Message } from './messages'
import './messages/monitoring'
import './messages/series'
import type { Stream, StreamState } from './monitoring'

/** UCUM codes of observations, beside those of layers. */
const UNITS: Readonly<Record<string, string>> = {
  'ug/m3': 'µg/m³',
  'mg/m3': 'mg/m³',
  '[pH]': '',
  'dB[SPL]': 'dB',
  'm/s': 'm/s',
  'kW.h': 'kWh',
}
const NUMBER = new Intl.NumberFormat('zh-CN', { maximumFractionDigits: 3 })
const DISCHARGE = new Intl.NumberFormat('zh-CN', { maximumSignificantDigits: 3 })
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

export const STATE_NAMES: Readonly<Record<StreamState, Message>> = {
  normal: 'stateNormal',
  unchecked: 'stateUnchecked',
  suspect: 'stateSuspect',
  exceeding: 'stateExceeding',
  failed: 'stateFailed',
  missing: 'stateMissing',
  offline: 'stateOffline',
}
/** Of QARTOD's flags. */
export const FLAG_NAMES: Readonly<Record<number, Message>> = {
  1: 'flagPass',
  2: 'flagUnchecked',
  3: 'flagSuspect',
  4: 'flagFail',
  9: 'flagMissing',
}
const TEST_NAMES: Readonly<Record<string, Message>> = {
  gross_range: 'testGross',
  rate_of_change: 'testRate',
  spike: 'testSpike',
  flat_line: 'testFlat',
  gap: 'testGap',
  neighbour: 'testNeighbour',
}

export function unitOf(unit: string | null): string {
  return unit === null ? '' : (UNITS[unit] ?? unitText(unit))
}

export function numberText(value: number): string {
  return NUMBER.format(value)
}

/** A discharge in m³/s to the three significant digits it is reckoned with 三位有效数字. */
export function dischargeText(discharge_m3_s: number): string {
  return DISCHARGE.format(discharge_m3_s)
}

/** A number with its unit; a word where there is none. */
export function valueOf(value: number | null, unit: string | null): string {
  if (value === null) return say('stationNoValue')
  const sign = unitOf(unit)
  return sign ? `${numberText(value)} ${sign}` : numberText(value)
}

export function newest({ value, unit }: Stream): string {
  return valueOf(value, unit)
}

/** How long ago: the larger the coarser. */
export function ageText(time: string, now_ms: number): string {
  const age_ms = now_ms - Date.parse(time)
  if (age_ms < MINUTE_MS) return say('ageNow')
  if (age_ms < HOUR_MS) return say('ageMinutes', { count: Math.floor(age_ms / MINUTE_MS) })
  if (age_ms < 2 * DAY_MS) return say('ageHours', { count: Math.floor(age_ms / HOUR_MS) })
  return say('ageDays', { count: Math.floor(age_ms / DAY_MS) })
}

export function testNames(tests: readonly string[]): string {
  return tests
    .map((each) => {
      const name = TEST_NAMES[each]
      return name ? say(name) : each
    })
    .join(say('comma'))
}

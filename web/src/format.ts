import { readable } from './clock'
import { named, say } from './language'
import './messages/format'
import type { Field } from './model'

/** UCUM codes as people write them; others stand as they are. */
const UNITS: Readonly<Record<string, string>> = {
  m2: 'm²',
  m3: 'm³',
  km2: 'km²',
  har: 'ha',
  'm3/s': 'm³/s',
  deg: '°',
  Cel: '℃',
  '%': '%',
  '1': '',
}

const number = new Intl.NumberFormat('zh-CN', { maximumFractionDigits: 6 })

/** A value as a planner reads it: label and code, grouped number with unit, day, 是/否. */
export function valueText(field: Field, value: unknown): string {
  if (value === null || value === undefined || value === '') return '—'
  const code = field.codes.find((each) => each.value === String(value))
  if (code) return named(code.title)
  if (typeof value === 'boolean') return say(value ? 'yes' : 'no')
  if (typeof value === 'number') return withUnit(number.format(value), field.unit)
  if (field.type === 'instant' && typeof value === 'string') return readable(value)
  return String(value)
}

/** The stored code, where the text shown is its label and does not hold it already. */
export function codeOf(field: Field, value: unknown): string | null {
  const code = field.codes.find((each) => each.value === String(value))
  return code && !named(code.title).includes(code.value) ? code.value : null
}

/** A unit as people write it; empty where there is none. */
export function unitText(unit: string | null): string {
  return unit === null ? '' : unit === 'a' ? say('years') : (UNITS[unit] ?? unit)
}

function withUnit(text: string, unit: string | null): string {
  const sign = unitText(unit)
  return sign ? `${text} ${sign}` : text
}

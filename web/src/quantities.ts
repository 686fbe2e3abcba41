/** Quantities as planners read them. */
import { say } from './language'
import './messages/measure'

const MU_M2 = 2000 / 3
const PERCENT = 100
const LEAST = 0.0001

/** Legal area in m² and 亩. */
export function areaText(area_m2: number): string {
  return `${grouped(area_m2, 2)} m² · ${grouped(area_m2 / MU_M2, 4)} ${say('mu')}`
}

export function percentText(share: number): string {
  return `${grouped(share * PERCENT, 2)} %`
}

/** Small values, which are not said to be nothing. */
export function least(value: number): string {
  return value < LEAST ? `< ${LEAST}` : grouped(value, 4)
}

export function grouped(value: number, digits: number): string {
  return value.toLocaleString('zh-CN', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** A decimal as the platform writes it, its digits in groups and none of them lost. */
export function decimalText(text: string): string {
  const [, sign = '', whole = '', rest = ''] = /^(-?)(\d+)(\.\d+)?$/.exec(text) ?? []
  return whole ? `${sign === '-' ? '−' : ''}${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${rest}` : text
}

/** The fields of a layer as a form has them: what may be typed, and what it means to the platform. */
import { fromTyped, toInstant, toWallTime, typed } from './clock'
import { address, fetchJson } from './config'
import type { Field, Layer, Title } from './model'

export interface EditField extends Field {
  readonly required: boolean
  /** Its value is the identity of the feature. */
  readonly key: boolean
  readonly maxLength: number | null
  readonly minimum: number | null
  readonly maximum: number | null
  readonly pattern: string | null
}

/** What is wrong with one member of a feature: `properties.name`, `geometry`, `id`. */
export interface Fault extends Title {
  readonly where: string
}

interface Schema {
  readonly required?: readonly string[]
  readonly properties: Readonly<Record<string, PropertySchema | undefined>>
}

interface PropertySchema {
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
  readonly 'x-ogc-role'?: string
}

/** The layer's fields with the limits of its contract. */
export async function readFields(layer: Layer, signal: AbortSignal): Promise<readonly EditField[]> {
  const schema = await fetchJson<Schema>(
    address(`collections/${encodeURIComponent(layer.id)}/schema?f=json`),
    signal,
  )
  return layer.fields.map((field) => {
    const said = schema.properties[field.name] ?? {}
    return {
      ...field,
      required: schema.required?.includes(field.name) ?? false,
      key: said['x-ogc-role'] === 'id',
      maxLength: said.maxLength ?? null,
      minimum: said.minimum ?? null,
      maximum: said.maximum ?? null,
      pattern: said.pattern ?? null,
    }
  })
}

/** A value as it stands in the form; what reads the same is the same. */
export function textOf(field: Field, value: unknown): string {
  if (value === null || value === undefined) return ''
  if (field.type === 'instant') return typed(toWallTime(String(value)))
  return String(value)
}

/** What was typed, for the platform; undefined where it is no value of the field's type. */
export function valueOf(field: Field, text: string): unknown {
  const said = field.type === 'text' ? text : text.trim()
  if (said === '') return null
  switch (field.type) {
    case 'integer':
      return /^[+-]?\d+$/.test(said) ? Number(said) : undefined
    case 'number':
      return Number.isFinite(Number(said)) ? Number(said) : undefined
    case 'boolean':
      return said === 'true'
    case 'date':
      return fromTyped(said)?.slice(0, 10)
    case 'instant': {
      const wall = fromTyped(said)
      return wall === null ? undefined : toInstant(wall)
    }
    default:
      return said
  }
}

/** What the contract has against it, as far as the page can tell; the platform has the last word. */
export function faultOf(field: EditField, text: string): Fault | null {
  const value = valueOf(field, text)
  const where = `properties.${field.name}`
  if (value === undefined) return { where, ...wrongType(field) }
  if (value === null) {
    return field.required ? { where, zh: '不能为空', en: 'must not be empty' } : null
  }
  if (typeof value === 'number') {
    const { minimum, maximum } = field
    if (minimum !== null && value < minimum) return { where, zh: `不能小于 ${minimum}`, en: `must be ${minimum} or more` }
    if (maximum !== null && value > maximum) return { where, zh: `不能大于 ${maximum}`, en: `must be ${maximum} or less` }
  }
  if (typeof value !== 'string' || field.type !== 'text') return null
  if (field.maxLength !== null && [...value].length > field.maxLength) {
    return { where, zh: `不能超过 ${field.maxLength} 字`, en: `must have ${field.maxLength} characters at most` }
  }
  return matches(field.pattern, value) ? null : { where, zh: `格式应为 ${field.pattern}`, en: `must match ${field.pattern}` }
}

/** A pattern that this browser does not understand is left to the platform. */
function matches(pattern: string | null, value: string): boolean {
  if (pattern === null) return true
  try {
    return new RegExp(pattern, 'u').test(value)
  } catch {
    return true
  }
}

function wrongType({ type }: Field): Title {
  if (type === 'integer') return { zh: '应为整数', en: 'must be a whole number' }
  if (type === 'number') return { zh: '应为数字', en: 'must be a number' }
  if (type === 'date') return { zh: '应为日期,如 2026-06-30', en: 'must be a date such as 2026-06-30' }
  return { zh: '应为时间,如 2026-06-30 08:00', en: 'must be a time such as 2026-06-30 08:00' }
}

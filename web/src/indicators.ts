/** 指标: definitions, evaluated values, kept ones, as the platform gives them. */
import type { Area } from './compliance'
import { address, fetchJson } from './config'
import { instants } from './extract'
import { fetchItems, itemsAddress, nameOf } from './items'
import type { Layer, Times } from './model'
import { run, type Standing } from './process'
import type { Title } from './title'

export type Level = 'blue' | 'yellow' | 'orange' | 'red'
/** The mildest first. */
export const LEVELS: readonly Level[] = ['blue', 'yellow', 'orange', 'red']
/** 行政区 that values can be asked of. */
export const TOWNS = 'towns'
const MOST_TOWNS = 200

export interface Definition {
  readonly code: string
  readonly title: Title
  readonly unit: string
  readonly direction: 'more' | 'less' | 'within'
  readonly thresholds: readonly { readonly level: Level; readonly value: string }[]
  readonly layers: readonly string[]
  /** Figures from elsewhere that it needs. */
  readonly given: readonly string[]
  readonly sha256: string
  readonly available: boolean
}

export interface Definitions {
  readonly indicators: readonly Definition[]
  /** Figures from elsewhere, by name, with their Chinese titles. */
  readonly figures: Readonly<Record<string, string>>
}

export interface LayerState {
  readonly layer: string
  readonly changeset: number
  readonly chain_hash: string
}

/** One evaluated value; decimals are texts, so that no digit is lost. */
export interface Value {
  readonly code: string
  readonly edition: string
  readonly title_zh: string
  readonly title_en: string
  readonly unit: string
  /** null: there are no data; `no_data` says why. */
  readonly value: string | null
  readonly exact: string | null
  readonly no_data: Title | null
  readonly direction: Definition['direction']
  readonly binding: boolean
  readonly level: Level | null
  readonly formula: string
  readonly parts: Readonly<Record<string, string | null>>
  readonly standard: string
  readonly clause: string
  readonly verified: boolean
  readonly inputs: { readonly layers?: readonly LayerState[]; readonly definition_sha256: string }
  readonly inputs_sha256: string
}

export interface Compared {
  readonly code: string
  readonly declared: string
  readonly recomputed: string | null
  readonly difference: string | null
  readonly verdict: '一致' | '不一致' | '无法判定'
  readonly reason_zh: string
  readonly reason_en: string
}

export interface Board {
  readonly region: { readonly id: string; readonly title: string }
  readonly datetime: string
  readonly asof: string
  readonly values: readonly Value[]
  readonly declared: readonly Compared[]
}

export interface Past {
  readonly id: number
  readonly datetime: string
  readonly value: string | null
  readonly no_data: Title | null
  readonly unit: string
  readonly same_definition: boolean
  readonly computed_at: string
}

export type Region = string | Area

export interface Question {
  readonly codes: readonly string[]
  readonly region: Region
  readonly given: Readonly<Record<string, { readonly value: string; readonly source: string }>>
  readonly declared: readonly { readonly code: string; readonly value: string; readonly unit?: string }[]
  readonly keep: boolean
}

export function definitions(signal: AbortSignal): Promise<Definitions> {
  return fetchJson<Definitions>(address('indicators'), signal)
}

/** Evaluates at these times; ServerProblem says why where it cannot. */
export async function evaluate(
  { codes, region, given, declared, keep }: Question,
  times: Times,
  signal: AbortSignal,
  tell: (standing: Standing) => void,
): Promise<Board> {
  const inputs = {
    codes,
    region,
    ...(Object.keys(given).length ? { given } : {}),
    ...(declared.length ? { declared } : {}),
    ...(keep ? { keep } : {}),
    ...instants(times),
  }
  return (await run<Board>('indicators', inputs, 'result', signal, tell)).value
}

/** Kept values of one indicator in a region, the newest first. */
export async function pastValues(code: string, region: string, signal: AbortSignal): Promise<readonly Past[]> {
  const url = address(`indicators/${encodeURIComponent(code)}/values`)
  url.searchParams.set('region', region)
  return (await fetchJson<{ values: readonly Past[] }>(url, signal)).values
}

/** The towns at these times, by code; none where the layer is not there. */
export async function towns(layer: Layer, times: Times, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const query = { skipGeometry: true, limit: MOST_TOWNS }
  const { features } = await fetchItems(itemsAddress(layer.id, query, times), signal)
  const named = features.map((each) => [String(each.id), nameOf(layer, String(each.id), each.properties)] as const)
  return new Map(named.filter(([code]) => /^\d{9}$/.test(code)))
}

/** The declared table as it was typed or pasted: code, value, unit on each line; or the line that is none. */
export function declaredOf(text: string): Question['declared'] | { readonly line: number; readonly text: string } {
  const found = []
  for (const [at, line] of text.split('\n').entries()) {
    if (!line.trim()) continue
    const [code = '', value = '', unit] = line.trim().split(/[\s,,;;\t]+/)
    if (!code || !/^[-−]?\d+(\.\d+)?$/.test(value)) return { line: at + 1, text: line.trim() }
    found.push({ code, value: value.replace('−', '-'), ...(unit ? { unit } : {}) })
  }
  return found
}

/** The exact difference of two decimals, b less a. */
export function lessOf(a: string, b: string): string {
  const places = Math.max(placesOf(a), placesOf(b))
  const difference = scaled(b, places) - scaled(a, places)
  const sign = difference < 0n ? '-' : ''
  const digits = (difference < 0n ? -difference : difference).toString().padStart(places + 1, '0')
  return places ? `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}` : `${sign}${digits}`
}

function placesOf(text: string): number {
  return text.split('.')[1]?.length ?? 0
}

function scaled(text: string, places: number): bigint {
  const [whole = '0', rest = ''] = text.split('.')
  return BigInt(whole + rest.padEnd(places, '0'))
}

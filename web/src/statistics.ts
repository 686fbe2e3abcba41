/** 查询统计: how many features of a layer there are of each class and how much ground they take, by division. */
import { instants } from './extract'
import type { Field, Layer, Times } from './model'
import { run, type Standing } from './process'

const PROCESS = 'thematic-stat'
/** Layers by whose areas is told apart, the largest first. */
export const DIVISIONS = ['towns', 'villages'] as const

export interface Row {
  /** null: nothing stands in the field. */
  readonly code: string | null
  readonly count: number
  readonly area_m2?: number
  readonly length_m?: number
}

export interface Statistics {
  readonly layer: string
  readonly by: string | null
  readonly datetime: string
  readonly asof: string
  readonly changeset: number
  readonly total: readonly Row[]
  readonly parts?: readonly { readonly division: string; readonly title: string | null; readonly rows: readonly Row[] }[]
  /** Features that lie in no division. */
  readonly outside?: number
}

export interface Question {
  readonly layer: string
  readonly by: string | null
  readonly divisions: string | null
}

/** Counts and measures; ServerProblem says why where that cannot be told. */
export async function statistics(
  { layer, by, divisions }: Question,
  times: Times,
  signal: AbortSignal,
  tell: (standing: Standing) => void,
): Promise<Statistics> {
  const inputs = { layer, ...(by ? { by } : {}), ...(divisions ? { divisions } : {}), ...instants(times) }
  return (await run<Statistics>(PROCESS, inputs, 'result', signal, tell)).value
}

/** Fields that features can be gathered by: those with a code list. */
export function gathering({ fields }: Layer): readonly Field[] {
  return fields.filter(({ codes }) => codes.length > 0)
}

/** What was measured of a row; null: it was only counted. */
export function measureOf({ area_m2, length_m }: Row): number | null {
  return area_m2 ?? length_m ?? null
}

/** The rows with the most ground first; those that are only counted by number. */
export function ordered(rows: readonly Row[]): readonly Row[] {
  return [...rows].sort((a, b) => (measureOf(b) ?? b.count) - (measureOf(a) ?? a.count))
}

/** The table as CSV, a line for each class of each division; Excel knows it by its mark as UTF-8. */
export function csvOf({ total, parts }: Statistics, title: (code: string | null) => string, head: readonly string[]): string {
  const lines = (division: string, rows: readonly Row[]) =>
    ordered(rows).map((row) => [division, row.code ?? '', title(row.code), String(row.count), String(measureOf(row) ?? '')])
  const all = parts
    ? parts.flatMap(({ division, title: named, rows }) => lines(named ?? division, rows))
    : lines('', total)
  return `\ufeff${[head, ...all].map((cells) => cells.map(cell).join(',')).join('\r\n')}\r\n`
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

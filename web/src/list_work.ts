/** A department's list 名单: handed in, matched, and what is left to a person decided. */
import { address, fetchJson, granted } from './config'
import type { Position4490 } from './model'
import { run, type Done, type Standing } from './process'

const PROCESS = 'geocode-batch'
export const PREVIEWED = 100
/** What a request may hold. */
export const FILE_BYTES = 5_900_000
const PAGE = 50
const PIECE = 0x8000

/** The columns of the results, as the service names them. */
export const BUCKET = '匹配_处理'
export const STANDARD = '匹配_标准地址'
export const SURE = '匹配_置信度'
export const WHY = '匹配_说明'
export const BUCKETS = ['自动', '待审', '失败'] as const
export type Bucket = (typeof BUCKETS)[number]

export type Row = Readonly<Record<string, string | number | null>>

export interface Report {
  readonly name: string
  readonly encoding: string
  readonly columns: readonly string[]
  readonly all_columns: readonly string[]
  readonly rows: number
  readonly buckets: Readonly<Record<Bucket, number>>
  readonly expected_wrong: number
  readonly preview?: readonly Row[]
  /** The list under review. */
  readonly review?: string
}

/** What a text to review may mean. */
export interface Candidate {
  readonly component: string
  readonly text: string
  readonly level: string
  readonly confidence: number
  readonly position: Position4490 | null
}

/** A text to decide, for all rows that bear it. */
export interface Doubtful {
  readonly number: number
  readonly text: string
  readonly rows: number
  readonly said: string
  readonly candidates: readonly Candidate[]
  readonly state: 'pending' | 'accepted' | 'rejected'
  readonly component: string | null
  readonly version: number
}

export type Decision = { readonly accept: string } | { readonly reject: true } | { readonly undo: true }

/** A file as a request carries it. */
export async function carried(file: File): Promise<{ name: string; content: string }> {
  const octets = new Uint8Array(await file.arrayBuffer())
  let text = ''
  for (let at = 0; at < octets.length; at += PIECE) text += String.fromCharCode(...octets.subarray(at, at + PIECE))
  return { name: file.name, content: btoa(text) }
}

/** Matches the first rows, or all of the list, which is then kept for review. */
export async function match(
  file: File,
  columns: readonly string[],
  preview: boolean,
  signal: AbortSignal,
  tell: (standing: Standing) => void,
): Promise<Done<Report>> {
  const inputs = {
    file: await carried(file),
    ...(columns.length ? { columns } : {}),
    ...(preview ? { preview: PREVIEWED } : { review: true }),
  }
  return run<Report>(PROCESS, inputs, 'report', signal, tell)
}

/** Texts that wait for a decision, from behind a number on. */
export async function doubtful(task: string, after: number, signal: AbortSignal): Promise<readonly Doubtful[]> {
  const url = address(`v1/matches/${task}/texts`)
  for (const [name, value] of Object.entries({ state: 'pending', after, size: PAGE })) {
    url.searchParams.set(name, String(value))
  }
  return (await fetchJson<{ readonly texts: readonly Doubtful[] }>(url, signal)).texts
}

/** Decides a text as it was looked at; ServerProblem where somebody else did so first. */
export async function decide(task: string, { number, version }: Doubtful, decision: Decision): Promise<Doubtful> {
  const answer = await granted(address(`v1/matches/${task}/texts/${number}`), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ version, ...decision }),
  })
  return (await answer.json()) as Doubtful
}

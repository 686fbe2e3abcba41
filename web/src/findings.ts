/** 质控告警 findings of quality control: where they stand, the receipts of what was done, and the next step. */
import { address, fetchJson } from './config'
import { run } from './process'

export const FINDING_STATES = ['raised', 'acknowledged', 'handled', 'closed'] as const
export type FindingState = (typeof FINDING_STATES)[number]
export type FindingAction = Exclude<FindingState, 'raised'> | 'noted'

/** Who did what with a finding; told to whoever belongs to a department. */
export interface FindingAnswer {
  readonly action: FindingAction
  readonly subject: string
  readonly department: string
  readonly note: string
  readonly recorded_at: string
  /** It speaks of the judgement that stands now; an earlier one is the past of the value. */
  readonly stands: boolean
}

/** What a finding of quality control says 质量控制发现. */
export interface Finding {
  readonly datastream: number
  readonly thing: number
  readonly time: string
  readonly value: number | null
  readonly flag: number
  readonly tests: readonly string[]
  readonly version: number
  readonly recorded_at: string
  /** Of the station; null where its Thing names none. */
  readonly layer: string | null
  readonly state: FindingState
  /** What the visitor may answer; empty where nothing. */
  readonly steps: readonly FindingAction[]
  readonly answers: readonly FindingAnswer[]
}

export interface Findings {
  readonly findings: readonly Finding[]
  readonly more: boolean
}

export function fetchFindings(
  wanted: { readonly before?: Finding | undefined; readonly state: FindingState | null; readonly limit: number },
  signal: AbortSignal,
): Promise<Findings> {
  const url = address('findings')
  url.searchParams.set('limit', String(wanted.limit))
  if (wanted.state) url.searchParams.set('state', wanted.state)
  const { before } = wanted
  if (before) url.searchParams.set('before', `${before.time}/${before.datastream}`)
  return fetchJson<Findings>(url, signal)
}

/** Writes a receipt; `by` names who acts where that is this machine. */
export async function answerFinding(
  { layer, datastream, time }: Finding,
  action: FindingAction,
  note: string,
  by: { readonly author: string; readonly department: string } | null,
  signal: AbortSignal,
): Promise<void> {
  const inputs = { ...(layer === null ? {} : { layer }), datastream, datetime: time, action, note, ...(by ?? {}) }
  await run('answer-findings', inputs, 'outcome', signal, () => undefined)
}

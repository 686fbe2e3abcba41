/** 质控告警 findings of quality control: where they stand, the receipts of what was done, and the next step. */
import type { Finding } from './monitoring'
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

/** A kept run once more with other releases 重演: what is asked of the platform, and what came of it. */
import { address, granted } from './config'
import { fetchRun, type Difference, type Run } from './flood_runs'
import { run as runProcess, type Standing } from './process'

const PROCESS = 'flood-replay'
const HOUR_S = 3600

/** Discharge in m³/s, or a course of it. */
type Discharge = number | { readonly times_s: readonly number[]; readonly values: readonly number[] }

/** What is to be different. */
export interface Change {
  /** Hours by which all releases come later; negative: earlier. */
  readonly later_h: number
  /** Of what was released. */
  readonly share: number
}

export interface Rerun {
  readonly run: string
  readonly difference: Difference
}

/** Inflows with their discharge multiplied. */
export function scaled<T extends { readonly discharge_m3_s?: Discharge }>(inflows: readonly T[], share: number): readonly T[] {
  return inflows.map((each) => {
    const flow = each.discharge_m3_s
    if (flow === undefined) return each
    const more = typeof flow === 'number' ? flow * share : { ...flow, values: flow.values.map((value) => value * share) }
    return { ...each, discharge_m3_s: more }
  })
}

/** Hands the job in, follows it, and dismisses it where it is given up. */
export async function rerun(
  id: string,
  { later_h, share }: Change,
  titleOf: (run: Run) => string,
  signal: AbortSignal,
  tell: (standing: Standing) => void,
): Promise<Rerun> {
  const base = await fetchRun(id, signal)
  const inflows = (base.inputs.inflows ?? []) as readonly { readonly discharge_m3_s?: Discharge }[]
  const changes = { title: titleOf(base), ...(share === 1 ? {} : { inflows: scaled(inflows, share) }) }
  const asked = { run: id, changes, ...(later_h ? { releases_later_s: later_h * HOUR_S } : {}) }
  let standing: Standing | null = null
  try {
    const { value } = await runProcess<Rerun>(PROCESS, asked, 'result', signal, (told) => {
      standing = told
      tell(told)
    })
    return value
  } catch (cause) {
    const job = (standing as Standing | null)?.jobID
    if (signal.aborted && job) granted(address(`jobs/${job}`), { method: 'DELETE' }).catch(() => undefined)
    throw cause
  }
}

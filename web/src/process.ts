/** Processes of the platform 处理: answered at once, or handed in as a job that is followed to its end. */
import { address, fetchJson, granted, problemSaid, ServerProblem } from './config'

const LOOK_MS = 400
const RESULT = 'document'
const REFUSED = 400

/** How a job stands. */
export interface Standing {
  readonly jobID: string
  readonly status: 'accepted' | 'running' | 'successful' | 'failed' | 'dismissed'
  readonly progress: number
  readonly message: string
  /** Why it failed. */
  readonly exception?: Readonly<Record<string, unknown>>
}

/** What a job found. */
export interface Done<T> {
  readonly job: string
  readonly value: T
}

/** Runs a process as a job and reads one of its outputs; ServerProblem says why where it fails. */
export async function run<T>(
  process: string,
  inputs: Readonly<Record<string, unknown>>,
  output: string,
  signal: AbortSignal,
  tell: (standing: Standing) => void,
): Promise<Done<T>> {
  const answer = await granted(address(`processes/${process}/execution`), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Prefer: 'respond-async' },
    body: JSON.stringify({ inputs, response: RESULT }),
    signal,
  })
  let standing = (await answer.json()) as Standing
  const job = standing.jobID
  while (standing.status === 'accepted' || standing.status === 'running') {
    tell(standing)
    await pause(signal)
    standing = await fetchJson<Standing>(address(`jobs/${job}`), signal)
  }
  if (standing.status === 'failed') throw problemSaid(REFUSED, standing.exception ?? {})
  return { job, value: await fetchJson<T>(outputOf(job, output), signal) }
}

/** Runs a process while one waits and reads its one output; ServerProblem says why where it fails. */
export async function answered<T>(
  process: string,
  inputs: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<T> {
  const answer = await granted(address(`processes/${process}/execution`), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ inputs }),
    signal,
  })
  return (await answer.json()) as T
}

/** Where one output of a job lies. */
export function outputOf(job: string, output: string): URL {
  return address(`jobs/${job}/results/${output}`)
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((done, fail) => {
    const waiting = window.setTimeout(done, LOOK_MS)
    signal.addEventListener('abort', () => {
      window.clearTimeout(waiting)
      fail(new ServerProblem(0, '已取消。', 'Cancelled.'))
    })
  })
}

/** Processes of the platform 处理: answered at once, or handed in as a job that is followed to its end. */
import { address, fetchJson, granted, problemSaid, rested, ServerProblem } from './config'

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
  return ended<T>(await handedIn(process, inputs, signal), output, signal, tell)
}

/** Hands a process in as a job, which goes on whether this page follows it or not. */
export async function handedIn(
  process: string,
  inputs: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<Standing> {
  const answer = await granted(address(`processes/${process}/execution`), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Prefer: 'respond-async' },
    body: JSON.stringify({ inputs, response: RESULT }),
    signal,
  })
  return (await answer.json()) as Standing
}

/** How a job that was handed in earlier stands. */
export function standingOf(job: string, signal: AbortSignal): Promise<Standing> {
  return fetchJson<Standing>(address(`jobs/${encodeURIComponent(job)}`), signal)
}

/** Follows a job to its end and reads one of its outputs; ServerProblem says why where it fails. */
export async function ended<T>(
  begun: Standing,
  output: string,
  signal: AbortSignal,
  tell: (standing: Standing) => void,
): Promise<Done<T>> {
  const job = begun.jobID
  let standing = begun
  while (standing.status === 'accepted' || standing.status === 'running') {
    tell(standing)
    await pause(signal)
    standing = await standingOf(job, signal)
  }
  if (standing.status === 'failed') throw problemSaid(REFUSED, standing.exception ?? {})
  return { job, value: await fetchJson<T>(outputOf(job, output), signal) }
}

/** Gives a job up on the platform; one that is over already need not be dismissed. */
export function dismiss(job: string): void {
  granted(address(`jobs/${encodeURIComponent(job)}`), { method: 'DELETE' }).catch(() => undefined)
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

async function pause(signal: AbortSignal): Promise<void> {
  await rested(LOOK_MS, signal).catch(() => {
    throw new ServerProblem(0, '已取消。', 'Cancelled.')
  })
}

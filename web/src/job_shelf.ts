/** Which job of a form this browser handed in and has not seen the end of 在办任务: it outlives the panel and a reload. */
import { rested, ServerProblem } from './config'
import { ended, type Done, type Standing } from './process'
import { forget, read, write } from './sketch_shelf'

export type Form = 'scenario' | 'routing' | 'evacuation'
/** The job, and what else its form keeps in the link. */
export interface UnderWay {
  readonly job: string
  readonly run?: string
}
const KEY = 'onemap.job.'
const AWAY_MS = 2000
const AWAY = new Set([0, 502, 503, 504])
const ASKED_AGAIN = new Set([401, 403, 429])

export function keptJob(form: Form): UnderWay | null {
  try {
    return JSON.parse(read(KEY + form) ?? 'null') as UnderWay | null
  } catch {
    return null
  }
}

export const keepJob = (form: Form, underWay: UnderWay): boolean => write(KEY + form, JSON.stringify(underWay))
export const forgetJob = (form: Form): void => forget(KEY + form)

/** The platform judged it: it does not go on. Not so where nobody answered, or one is to sign in again. */
export const isOver = (cause: unknown): cause is ServerProblem => cause instanceof ServerProblem && cause.status >= 400 && cause.status < 500 && !ASKED_AGAIN.has(cause.status)

/** Follows a job to its end, whatever that is: then it is kept no more. A platform that is away for a while is waited for. */
export async function seenToEnd<T>(form: Form, begun: Promise<Standing>, output: string, signal: AbortSignal, tell: (standing: Standing) => void): Promise<Done<T>> {
  try {
    const standing = await begun
    for (;;) {
      try {
        const done = await ended<T>(standing, output, signal, tell)
        forgetJob(form)
        return done
      } catch (cause) {
        if (signal.aborted || !(cause instanceof ServerProblem && AWAY.has(cause.status))) throw cause
        await rested(AWAY_MS, signal)
      }
    }
  } catch (cause) {
    if (isOver(cause)) forgetJob(form)
    throw cause
  }
}

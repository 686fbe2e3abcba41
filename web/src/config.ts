import { ask } from './credential'
import { named } from './language'
import type { Config } from './model'
import { address } from './origin'

export { address }

/** Told by the window: others changed the layers of this set, its `detail`; null: any may have changed. */
export const CHANGED = 'onemap-changed'

/** A server that is too busy to answer is asked so often; what changes something is handed in once. */
const TRIES = 4
const WAIT_MOST_S = 5
const BUSY = 503

/** The platform did not answer, or refused: what it said, in both languages where it did. */
export class ServerProblem extends Error {
  constructor(
    readonly status: number,
    readonly zh: string,
    readonly en: string,
    /** Where in what was sent the fault lies, as a JSON Pointer; null where that is not told. */
    readonly pointer: string | null = null,
    /** The platform's own name of it; null: another server's, or none. */
    readonly code: unknown = null,
  ) {
    super(`${zh} ${en}`)
  }

  /** What happened, in the page's language. */
  get words(): string {
    return named(this)
  }
}

/** JSON from the platform; a problem document becomes a ServerProblem. */
export async function fetchJson<T>(url: URL, signal?: AbortSignal): Promise<T> {
  const request: RequestInit = { headers: { Accept: 'application/geo+json, application/json' } }
  if (signal) request.signal = signal
  return (await (await granted(url, request)).json()) as T
}

/** What the platform answers to whoever is signed in; ServerProblem where it refuses or does not answer. */
export async function granted(url: URL, request: RequestInit = {}): Promise<Response> {
  const response = await reached(url, request)
  if (!response.ok) throw await problemOf(response)
  return response
}

/** What the platform answers, a refusal too; ServerProblem where it does not. */
export async function reached(url: URL, request: RequestInit): Promise<Response> {
  try {
    for (let tries = 1; ; tries++) {
      const response = await ask(url, request)
      const wait_s = busyFor_s(response, request)
      if (wait_s === null || tries === TRIES) return response
      await rested(wait_s * 1000, request.signal)
    }
  } catch (cause) {
    if (request.signal?.aborted) throw cause
    throw new ServerProblem(0, '服务器没有应答。', 'The server does not answer.')
  }
}

/** When a busy server will be asked once more; null: its answer stands. */
function busyFor_s({ status, headers }: Response, { method = 'GET' }: RequestInit): number | null {
  const told = headers.get('Retry-After')
  return status === BUSY && method === 'GET' && told !== null ? Math.min(Number(told) || 1, WAIT_MOST_S) : null
}

/** Some time later; fails at once, as a request does, where nobody waits any more. */
export function rested(span_ms: number, signal: AbortSignal | null | undefined): Promise<void> {
  return new Promise((done, fail) => {
    const waiting = window.setTimeout(() => {
      signal?.removeEventListener('abort', givenUp)
      done()
    }, span_ms)
    const givenUp = () => {
      window.clearTimeout(waiting)
      fail(signal?.reason as Error)
    }
    signal?.addEventListener('abort', givenUp, { once: true })
  })
}

/** Why the platform refused; another server's page between says nothing but its status. */
export async function problemOf(response: Response): Promise<ServerProblem> {
  return problemSaid(response.status, await response.json().catch(() => ({})))
}

/** The problem that a document tells. */
export function problemSaid(status: number, said: Readonly<Record<string, unknown>>): ServerProblem {
  const zh = typeof said.zh === 'string' ? said.zh : `服务器答复 ${status}。`
  const en = typeof said.en === 'string' ? said.en : `The server answered ${status}.`
  return new ServerProblem(status, zh, en, typeof said.pointer === 'string' ? said.pointer : null, said.code)
}

export function loadConfig(): Promise<Config> {
  return fetchJson<Config>(address('map/config.json'))
}

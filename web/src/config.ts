import { ask } from './credential'
import { named } from './language'
import type { Config } from './model'
import { address } from './origin'

export { address }

/** The platform did not answer, or refused: what it said, in both languages where it did. */
export class ServerProblem extends Error {
  constructor(
    readonly status: number,
    readonly zh: string,
    readonly en: string,
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
  let response: Response
  try {
    response = await ask(url, request)
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw new ServerProblem(0, '服务器没有应答。', 'The server does not answer.')
  }
  if (!response.ok) throw await problemOf(response)
  return (await response.json()) as T
}

/** Why the platform refused; another server's page between says nothing but its status. */
export async function problemOf(response: Response): Promise<ServerProblem> {
  const said: Record<string, unknown> = await response.json().catch(() => ({}))
  const zh = typeof said.zh === 'string' ? said.zh : `服务器答复 ${response.status}。`
  const en = typeof said.en === 'string' ? said.en : `The server answered ${response.status}.`
  return new ServerProblem(response.status, zh, en)
}

export function loadConfig(): Promise<Config> {
  return fetchJson<Config>(address('map/config.json'))
}

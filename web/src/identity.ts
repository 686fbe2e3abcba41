/** Who uses the page 我是谁, as the platform knows them, and what they may do. */
import { address, CHANGED, fetchJson, problemOf, ServerProblem } from './config'
import { onRefused, present } from './credential'

export interface Me {
  readonly subject: string
  readonly department: string | null
  readonly roles: readonly string[]
  /** `local`: a program of this machine, which the platform is open to. */
  readonly origin: 'anonymous' | 'local' | 'operator' | 'key' | 'token'
  readonly openToThisMachine: boolean
  readonly layers: readonly { readonly id: string; readonly rights: readonly string[] }[]
}

/** Somebody of whom nothing is known, as long as the platform does not answer. */
export const NOBODY: Me = {
  subject: '',
  department: null,
  roles: [],
  origin: 'anonymous',
  openToThisMachine: false,
  layers: [],
}

let known: Promise<Me> | null = null
onRefused(() => {
  known = null
})

window.addEventListener(CHANGED, ({ detail }: Event & { readonly detail?: unknown }) => {
  // Rights may have been granted, or have ended: whoever asks next is told anew.
  if (detail === null) known = null
})

/** Asked once for each who; a failure is asked again the next time. */
export function whoAmI(): Promise<Me> {
  const asked = (known ??= fetchJson<Me>(address('access/me')))
  asked.catch(() => {
    if (known === asked) known = null
  })
  return asked
}

/** Takes a credential that the platform knows; ServerProblem where it does not. */
export async function signIn(credential: string): Promise<void> {
  const headers = { Accept: 'application/json', Authorization: `Bearer ${credential}` }
  const answer = await fetch(address('access/me'), { headers, cache: 'no-store' }).catch(() => null)
  if (!answer) throw new ServerProblem(0, '服务器没有应答。', 'The server does not answer.')
  if (!answer.ok) throw await problemOf(answer)
  present(credential)
}

/** By a key or a token, not as a program of this machine. */
export function isSigned(me: Me | null): boolean {
  return me?.origin === 'key' || me?.origin === 'token'
}

export function mayEdit(me: Me | null, layer: string): boolean {
  return me?.layers.some(({ id, rights }) => id === layer && rights.includes('edit')) ?? false
}

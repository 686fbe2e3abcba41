/**
 * The credential 凭证 of whoever uses the page: an API key or a bearer token.
 *
 * It is kept for this tab alone, goes into a header of requests to the platform
 * and to nowhere else, and never into a link.
 */
import { address } from './origin'

const KEPT_AS = 'onemap.credential'
/** What a header can carry. */
const SENDABLE = /^[\x21-\x7e]+$/

let current: string | null = kept()
let wasRefused = false
const listeners = new Set<() => void>()

function kept(): string | null {
  try {
    return sessionStorage.getItem(KEPT_AS)
  } catch {
    return null
  }
}

/** Somebody is signed in, as far as the page knows. */
export function signedIn(): boolean {
  return current !== null
}

/** The credential was taken until the platform refused it: it has expired or was revoked. */
export function refused(): boolean {
  return wasRefused
}

/** A text that can be sent as a credential. */
export function isSendable(text: string): boolean {
  return SENDABLE.test(text)
}

/** Shows this credential from now on; null: none. */
export function present(credential: string | null): void {
  current = credential
  wasRefused = false
  keep(credential)
}

/** The platform does not take the credential any more: what follows is asked by nobody in particular. */
export function refuse(): void {
  if (current === null) return
  current = null
  wasRefused = true
  keep(null)
  for (const listener of listeners) listener()
}

/** Tells when a credential is refused. */
export function onRefused(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** The headers that name who asks; none for another origin. */
export function headersFor(url: string, credential: string | null = current): Record<string, string> {
  const own = new URL(url, document.baseURI).href.startsWith(address('.').href)
  return credential !== null && own ? { Authorization: `Bearer ${credential}` } : {}
}

/**
 * A request to the platform by whoever is signed in.
 *
 * Where the credential is refused, a reading goes on without it, so that public layers stay;
 * a writing never goes out as somebody else.
 */
export async function ask(url: URL, init: RequestInit = {}): Promise<Response> {
  const shown = current
  const headers = { ...(init.headers as Record<string, string> | undefined), ...headersFor(url.href) }
  const answer = await fetch(url, { ...init, headers })
  if (answer.status !== 401 || shown === null) return answer
  if (current === shown) refuse()
  return (init.method ?? 'GET') === 'GET' ? fetch(url, init) : answer
}

function keep(credential: string | null): void {
  try {
    if (credential === null) sessionStorage.removeItem(KEPT_AS)
    else sessionStorage.setItem(KEPT_AS, credential)
  } catch {
    // A browser that keeps nothing asks again after a reload.
  }
}

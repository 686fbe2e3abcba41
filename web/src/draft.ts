/**
 * The edit that is not saved yet 未保存的编辑.
 *
 * It outlives the panel, a lost connection, an expired token and a reload, and
 * ends with the tab, with signing out, or when it is saved or given up.
 */
import type { Feature, Geometry } from 'geojson'

const KEPT_AS = 'onemap.draft'

/** A version as the platform holds it, and the tag that names it. */
export interface Held {
  readonly feature: Feature
  readonly etag: string
}

/** 现状变更 from now or from an instant on; 更正: it has been so as long as the version holds. */
export type Since = 'now' | 'then' | 'always'

export interface Draft {
  /** Who began it; somebody else does not go on with it. */
  readonly subject: string
  readonly action: 'create' | 'change' | 'remove'
  readonly layer: string
  readonly fid: string | null
  /** What it is based on; null of a creation. */
  readonly base: Held | null
  /** Fields as they were typed; those not named are as in the base. */
  readonly typed: Readonly<Record<string, string>>
  /** The geometry is another than that of the base. */
  readonly reshaped: boolean
  readonly geometry: Geometry | null
  readonly since: Since
  /** As typed, for `then`. */
  readonly from: string
  readonly reason: string
  /** What somebody else wrote meanwhile, until the two are brought together. */
  readonly theirs: Held | null
  /** It is not there any more. */
  readonly gone: boolean
  /** A write went out and no answer came: it may have been taken. */
  readonly unsure: boolean
  /** Of a creation that was sent: what the request is called, so that sent again it is made once. */
  readonly request: string | null
}

let current: Draft | null = kept()
let departing = false

window.addEventListener('beforeunload', (event) => {
  if (hasDraft() && !departing) event.preventDefault()
})

export function draft(): Draft | null {
  return current
}

/** There is something to lose. */
export function hasDraft(): boolean {
  return current !== null && isTouched(current)
}

/** Something was said: else nothing is lost with it. */
export function isTouched(draft: Draft): boolean {
  const { action, typed, reshaped, reason, unsure } = draft
  return action === 'remove' || reshaped || unsure || reason !== '' || Object.keys(typed).length > 0
}

export function keepDraft(next: Draft): void {
  current = next
  try {
    sessionStorage.setItem(KEPT_AS, JSON.stringify(next))
  } catch {
    // It lives as long as the page, which warns before it is left.
  }
}

export function discardDraft(): void {
  current = null
  try {
    sessionStorage.removeItem(KEPT_AS)
  } catch {
    // Nothing was kept.
  }
}

/** The page is about to be read anew on purpose: nothing to warn of, the draft is kept. */
export function leaving(): void {
  departing = true
}

/** A beginning; `base` is null for a creation. */
export function begun(
  subject: string,
  action: Draft['action'],
  layer: string,
  base: Held | null,
  from: string | null,
): Draft {
  return {
    subject,
    action,
    layer,
    fid: base ? String(base.feature.id) : null,
    base,
    typed: {},
    reshaped: false,
    geometry: base?.feature.geometry ?? null,
    since: from ? 'then' : 'now',
    from: from ?? '',
    reason: '',
    theirs: null,
    gone: false,
    unsure: false,
    request: null,
  }
}

function kept(): Draft | null {
  try {
    const text = sessionStorage.getItem(KEPT_AS)
    return text ? (JSON.parse(text) as Draft) : null
  } catch {
    return null
  }
}

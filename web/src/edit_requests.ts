/** One edit, read and written: what was sent is in the history once or not at all. */
import type { Feature } from 'geojson'
import { address, problemOf, ServerProblem } from './config'
import { ask } from './credential'
import { holds, sameVersion, saidValues, validFrom } from './edit_change'
import type { Draft, Held } from './draft'
import type { EditField, Fault } from './edit_fields'

/** A line may swallow what is sent and never say so: nobody waits for an answer any longer. */
const ANSWER_MS = 60_000

/** What became of what was sent. */
export type Outcome =
  /** `held`: as it is now; null: it is not there any more, as was wished. */
  | { readonly kind: 'saved'; readonly held: Held | null }
  | { readonly kind: 'proposed'; readonly number: number }
  | { readonly kind: 'stale'; readonly theirs: Held; readonly base: Feature | null }
  /** Another request of this name was written before: the feature it made. */
  | { readonly kind: 'made'; readonly held: Held }
  | { readonly kind: 'gone' }
  | { readonly kind: 'faulty'; readonly faults: readonly Fault[] }
  | { readonly kind: 'refused'; readonly problem: ServerProblem }
  /** No answer came: it may have been written. */
  | { readonly kind: 'unknown' }

interface Refusal {
  readonly zh?: string
  readonly en?: string
  readonly where?: string
  readonly parameter?: string
  readonly faults?: readonly Fault[]
  readonly rejected?: readonly (Fault & { readonly rule: string })[]
  readonly theirs?: Feature | null
  readonly base?: Feature | null
  readonly etag?: string
  readonly code?: string
  readonly items?: readonly string[]
}

/** Where a parameter or a header stands in the form. */
const PLACES: Readonly<Record<string, string>> = { 'valid-from': 'properties.valid_from', 'Onemap-Reason': 'reason' }

/** A feature as the platform holds it, at an instant or now; null: it is not there then. */
export async function readHeld(layer: string, fid: string, at: string | null): Promise<Held | null> {
  const url = itemAddress(layer, fid)
  if (at) url.searchParams.set('datetime', at)
  const signal = AbortSignal.timeout(ANSWER_MS)
  const answer = await ask(url, { headers: { Accept: 'application/geo+json' }, cache: 'no-store', signal }).catch(() => null)
  if (!answer) throw new ServerProblem(0, '服务器没有应答。', 'The server does not answer.')
  if (answer.status === 404) return null
  if (!answer.ok) throw await problemOf(answer)
  return heldOf(answer)
}

/** Writes the draft, as one changeset. */
export async function write(draft: Draft, fields: readonly EditField[]): Promise<Outcome> {
  const answer = await send(addressOf(draft), {
    method: { create: 'POST', change: 'PATCH', remove: 'DELETE' }[draft.action],
    headers: {
      'Content-Type': draft.action === 'change' ? 'application/merge-patch+json' : 'application/geo+json',
      Prefer: 'return=representation',
      ...(draft.base ? { 'If-Match': draft.base.etag } : {}),
      ...(draft.request ? { 'Idempotency-Key': draft.request } : {}),
      ...(draft.reason ? { 'Onemap-Reason': `UTF-8''${encodeURIComponent(draft.reason)}` } : {}),
    },
    ...(draft.action === 'remove' ? {} : { body: JSON.stringify(bodyOf(draft, fields)) }),
  })
  if (!answer) return { kind: 'unknown' }
  if (!answer.ok) return refusalOf(answer, draft, fields)
  if (answer.status === 204) return { kind: 'saved', held: null }
  // An answer cut short says no more than none.
  return heldOf(answer).then(
    (held): Outcome => ({ kind: 'saved', held }),
    (): Outcome => ({ kind: 'unknown' }),
  )
}

/** Hands the draft in for review. */
export async function propose(draft: Draft, fields: readonly EditField[]): Promise<Outcome> {
  const from = validFrom(draft)
  const id = draft.fid === null ? {} : { id: draft.fid }
  const feature = draft.action === 'remove' ? { action: 'retire', properties: {} } : bodyOf(draft, fields)
  const answer = await send(address(`collections/${encodeURIComponent(draft.layer)}/proposals`), {
    method: 'POST',
    headers: { 'Content-Type': 'application/geo+json', Accept: 'application/json' },
    body: JSON.stringify({
      type: 'FeatureCollection',
      reason: draft.reason,
      ...(from ? { valid_from: from } : {}),
      features: [{ ...feature, type: 'Feature', ...id }],
    }),
  })
  if (!answer) return { kind: 'unknown' }
  if (answer.ok) return { kind: 'proposed', number: ((await answer.json()) as { id: number }).id }
  return refusalOf(answer, draft, fields)
}

/**
 * Whether a change that was sent without an answer was written: `saved` where it stands, `stale`
 * where something else does, null where nothing has changed, so that it can be sent again.
 */
export async function landed(draft: Draft, fields: readonly EditField[]): Promise<Outcome | null> {
  const now = await readHeld(draft.layer, draft.fid ?? '', validFrom(draft))
  if (!now) return draft.action === 'remove' ? { kind: 'saved', held: null } : { kind: 'gone' }
  if (draft.base && sameVersion(now.feature, draft.base.feature)) return null
  if (draft.action === 'change' && holds(now.feature, draft, fields)) return { kind: 'saved', held: now }
  return { kind: 'stale', theirs: now, base: draft.base?.feature ?? null }
}

function bodyOf(draft: Draft, fields: readonly EditField[]): Record<string, unknown> {
  const properties = saidValues(draft, fields)
  if (draft.action === 'create') return { type: 'Feature', geometry: draft.geometry, properties }
  return { properties, ...(draft.reshaped ? { geometry: draft.geometry } : {}) }
}

function addressOf(draft: Draft): URL {
  const items = address(`collections/${encodeURIComponent(draft.layer)}/items`)
  const url = draft.action === 'create' ? items : itemAddress(draft.layer, draft.fid ?? '')
  const from = validFrom(draft)
  if (from) url.searchParams.set('valid-from', from)
  return url
}

function itemAddress(layer: string, fid: string): URL {
  return address(`collections/${encodeURIComponent(layer)}/items/${encodeURIComponent(fid)}`)
}

/** null where no answer came, or one that does not say whether it was written. */
async function send(url: URL, init: RequestInit): Promise<Response | null> {
  const answer = await ask(url, { ...init, signal: AbortSignal.timeout(ANSWER_MS) }).catch(() => null)
  return answer && answer.status < 500 ? answer : null
}

async function heldOf(answer: Response): Promise<Held> {
  return { feature: (await answer.json()) as Feature, etag: answer.headers.get('ETag') ?? '' }
}

async function refusalOf(answer: Response, draft: Draft, fields: readonly EditField[]): Promise<Outcome> {
  const said = (await answer.clone().json().catch(() => ({}))) as Refusal
  const [made] = said.code === 'request-key-reused' ? (said.items ?? []) : []
  if (made !== undefined) {
    const held = await readHeld(draft.layer, made, null).catch(() => undefined)
    if (held === undefined) return { kind: 'unknown' }
    return held ? { kind: 'made', held } : { kind: 'gone' }
  }
  if (answer.status === 412 && said.theirs) {
    return { kind: 'stale', theirs: { feature: said.theirs, etag: said.etag ?? '' }, base: said.base ?? null }
  }
  if ((answer.status === 404 || answer.status === 412) && draft.action !== 'create') return { kind: 'gone' }
  const key = fields.find((field) => field.key)
  if (answer.status === 409 && draft.action === 'create' && key) return { kind: 'faulty', faults: [taken(key)] }
  const faults = said.faults ?? said.rejected?.map((each) => ({ ...each, where: placeOf(each.rule) }))
  if (faults?.length) return { kind: 'faulty', faults }
  const where = said.where ?? said.parameter
  if (answer.status === 400 && where && said.zh && said.en) {
    return { kind: 'faulty', faults: [{ where: PLACES[where] ?? where, zh: said.zh, en: said.en }] }
  }
  return { kind: 'refused', problem: await problemOf(answer) }
}

/** A rule of a proposal, `required:name`, at the member it is about. */
function placeOf(rule: string): string {
  const [kind = '', names] = rule.split(':')
  if (names) return `properties.${names.split('+')[0]}`
  return /^(geometry|outside)/.test(kind) ? 'geometry' : 'id'
}

function taken({ name }: EditField): Fault {
  return { where: `properties.${name}`, zh: '已有这个标识的要素', en: 'a feature has this identity already' }
}

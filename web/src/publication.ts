/** 公示与意见征询: what the platform shows of a version on notice, and what is said of it. */
import type { Feature, Geometry } from 'geojson'
import { address, fetchJson, granted } from './config'
import { typed, toWallTime } from './clock'
import type { Me } from './identity'
import type { Legend, Title } from './model'
import { run, type Standing as JobStanding } from './process'

export interface Named extends Title {
  readonly id: string
}

export interface PublishedLayer {
  readonly layer: string
  readonly title: Title
  readonly precision: Named
  /** Of what is generalised. */
  readonly grid_m: number | null
  readonly features: number
  readonly classes: readonly (Title & { readonly code: string | null; readonly features: number })[]
  readonly synthetic: boolean
  readonly geometry: string
  readonly legend: Legend
  readonly fields: readonly { readonly name: string; readonly title: Title }[]
}

export interface Step {
  readonly action: 'opened' | 'extended' | 'closed' | 'withdrawn' | 'erased'
  readonly closes_on: string
  readonly department: string
  readonly note: string
  readonly recorded_at: string
}

export interface Publication {
  readonly id: number
  readonly version: string
  readonly title: string
  readonly summary: string
  readonly standing: Named
  readonly opens_on: string
  readonly closes_on: string
  readonly document: { readonly number: string; readonly title: string; readonly issued_on: string | null }
  readonly elsewhere: string
  readonly department: string
  readonly layers: readonly PublishedLayer[]
  readonly steps: readonly Step[]
  /** 待核: what the official procedure leaves open about the period. */
  readonly to_be_checked: string
  /** The same of the precisions, told to who publishes. */
  readonly unverified?: readonly string[]
}

export interface Answer {
  readonly outcome: Named
  readonly text: string
  readonly department: string
  readonly answered_at: string
}

export interface Comment {
  readonly id: number
  readonly stance: Named
  readonly text: string
  readonly layer: string | null
  readonly fid: string | null
  readonly geometry: Geometry | null
  readonly received_at: string
  readonly answer: Answer | null
  /** For who wrote it and who handles it. */
  readonly state?: 'pending' | 'shown' | 'hidden'
  readonly reason?: string
  /** For who handles it: the last step taken. */
  readonly step?: number
  readonly name?: string
  readonly contact?: string
  /** Told once, to who wrote it. */
  readonly code?: string
}

export interface Statistics {
  readonly total: number
  readonly answered: number
}

export interface Said {
  readonly stance: string
  readonly text: string
  readonly name: string
  readonly contact: string
  readonly geometry: Geometry | null
  readonly layer?: string
  readonly fid?: string
}

export interface Listed {
  readonly publications: readonly Publication[]
  readonly before: number | null
  /** Whoever asks handles publications. */
  readonly handles: boolean
}

export const STANCES = ['support', 'oppose', 'suggest', 'ask'] as const
export const OUTCOMES = ['adopted', 'partly', 'declined', 'explained'] as const
const VERSIONS = 'plan-versions'

export function publications(before: number | null, signal: AbortSignal): Promise<Listed> {
  const url = address('publications')
  if (before !== null) url.searchParams.set('before', String(before))
  return fetchJson<Listed>(url, signal)
}

export function publication(id: number, signal: AbortSignal): Promise<Publication> {
  return fetchJson<Publication>(address(`publications/${id}`), signal)
}

export function statistics(id: number, signal: AbortSignal): Promise<Statistics> {
  return fetchJson<Statistics>(address(`publications/${id}/statistics`), signal)
}

export interface Comments {
  readonly comments: readonly Comment[]
  readonly after: number | null
}

/** Comments that everybody sees; `handled`: those of a state, for who handles them. */
export function comments(
  id: number,
  after: number | null,
  signal: AbortSignal,
  handled?: { readonly state: string; readonly persons: boolean },
): Promise<Comments> {
  const url = address(`publications/${id}/comments`)
  if (after !== null) url.searchParams.set('after', String(after))
  if (handled) url.searchParams.set('state', handled.state)
  if (handled?.persons) url.searchParams.set('persons', 'true')
  return fetchJson<Comments>(url, signal)
}

export function byCode(id: number, code: string, signal: AbortSignal): Promise<Comment> {
  return fetchJson<Comment>(address(`publications/${id}/comments/${encodeURIComponent(code)}`), signal)
}

/** Hands a comment in; sent again under the same key it is kept once. */
export function send(id: number, said: Said, key: string): Promise<Comment> {
  return posted<Comment>(`publications/${id}/comments`, said, { 'Idempotency-Key': key })
}

export function moderate(id: number, comment: Comment, state: 'shown' | 'hidden', reason: string): Promise<Comment> {
  return posted(`publications/${id}/comments/${comment.id}/moderation`, { state, reason, step: comment.step })
}

export function answer(id: number, comment: Comment, outcome: string, text: string): Promise<Comment> {
  return posted(`publications/${id}/comments/${comment.id}/answer`, { outcome, text, step: comment.step })
}

export function fileOf(id: number, kind: 'csv' | 'gpkg', persons: boolean): URL {
  const url = address(`publications/${id}/file`)
  url.searchParams.set('f', kind)
  if (persons) url.searchParams.set('persons', 'true')
  return url
}

/** Publishes a version, or takes a step with a publication, as a job. */
export async function handled(
  process: 'publish-plan' | 'publication-step',
  inputs: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
  tell: (standing: JobStanding) => void = () => undefined,
): Promise<Publication> {
  return (await run<Publication>(process, inputs, 'outcome', signal, tell)).value
}

export interface Version {
  readonly id: string
  readonly status: string
}

/** Versions that may be published: being drawn up, or on notice already. */
export async function publishable(signal: AbortSignal): Promise<readonly Version[]> {
  const url = address(`collections/${VERSIONS}/items`)
  url.searchParams.set('limit', '500')
  const { features } = await fetchJson<{ features: readonly Feature[] }>(url, signal)
  return features
    .map(({ id, properties }) => ({ id: String(id), status: String(properties?.['status'] ?? '') }))
    .filter(({ status }) => status === 'drafting' || status === 'public-notice')
}

export function mayReadPersons(me: Me | null): boolean {
  return me?.layers.some(({ id, rights }) => id === VERSIONS && rights.includes('read-internal')) ?? false
}

/** Today in Beijing, `2026-06-30`. */
export function today(): string {
  return toWallTime(new Date().toISOString()).slice(0, 10)
}

export function daysAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}

/** Days from today to the last one, which counts. */
export function daysLeft(closes: string): number {
  return Math.round((Date.parse(`${closes}T00:00Z`) - Date.parse(`${today()}T00:00Z`)) / 86_400_000)
}

export function told(instant: string): string {
  return typed(toWallTime(instant))
}

async function posted<T>(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<T> {
  const answered = await granted(address(path), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return (await answered.json()) as T
}

/** Response plans 应急预案 as the platform tells them: versions, what differs, and responses as they go. */
import { address, fetchJson } from './config'
import type { Me } from './identity'
import { run } from './process'
import type { Title } from './title'

const PLANS = 'response-plans'
/** Colours of a warning that a condition may ask for, the mildest first. */
export const LEVELS = ['blue', 'yellow', 'orange', 'red'] as const
export const CHANNELS = ['phone', 'sms', 'broadcast', 'app', 'in-person'] as const
export const SECTIONS = ['triggers', 'posts', 'actions', 'messages'] as const
export type Section = (typeof SECTIONS)[number]
export type Channel = (typeof CHANNELS)[number]
export type Standing = 'draft' | 'approved' | 'in-force' | 'superseded' | 'withdrawn'
/** What somebody may do with a version that stands so. */
export const NEXT: Readonly<Record<Standing, readonly Standing[]>> = {
  draft: ['approved', 'withdrawn'],
  approved: ['in-force', 'withdrawn'],
  'in-force': ['withdrawn'],
  superseded: [],
  withdrawn: [],
}

/** Chinese, and English where there is one. */
export interface Words {
  readonly zh: string
  readonly en?: string
}

/** `kind`: warning, stage, forecast or order; what else it holds depends on that. */
export type Condition = Readonly<Record<string, string | number>> & { readonly kind: string }

export interface Trigger {
  readonly id: string
  readonly title: Words
  readonly all: readonly Condition[]
}

export interface Post {
  readonly id: string
  readonly title: Words
  readonly department: string
}

export interface Action {
  readonly id: string
  readonly title: Words
  readonly post: string
  readonly due_min: number
  readonly detail?: string
}

export interface Message {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly channel: Channel
  readonly due_min: number
  readonly text: Words
}

export interface Evacuation {
  readonly job: string
  readonly unit: string
  readonly stamp?: string | null
  readonly assignments: readonly { readonly unit: string; readonly people: number; readonly shelter: string }[]
}

export interface Content {
  readonly title: Words
  readonly scope?: string
  readonly basis?: string
  readonly data_nature?: string
  readonly triggers: readonly Trigger[]
  readonly posts: readonly Post[]
  readonly actions: readonly Action[]
  readonly messages: readonly Message[]
  /** Comes from a finished job, not from whoever drafts. */
  readonly evacuation?: Evacuation
}

export interface Step {
  readonly state: Standing
  readonly by: string
  readonly department: string
  readonly note: string
  readonly recorded_at: string
}

export interface Listed {
  readonly plan: string
  readonly title: Words
  readonly version: number
  readonly state: Standing
  readonly in_force: number | null
}

export interface Version {
  readonly plan: string
  readonly version: number
  readonly title: Words
  readonly state: Standing
  readonly sha256: string
  readonly reason: string
  readonly steps: readonly Step[]
}

export interface WholeVersion extends Version {
  readonly content: Content
}

type Sides = Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>
export type Item = Readonly<Record<string, unknown>> & { readonly id: string }

interface Moved {
  readonly unit: string
  readonly name: string | null
  readonly people: number
  readonly from: string | null
  readonly from_name: string | null
  readonly to: string | null
  readonly to_name: string | null
}

export interface Difference extends Readonly<
  Record<
    Section,
    {
      readonly added: readonly Item[]
      readonly removed: readonly Item[]
      readonly changed: readonly { readonly id: string; readonly fields: Sides }[]
    }
  >
> {
  readonly from: number
  readonly to: number
  readonly same: boolean
  readonly head: Sides
  readonly evacuation: {
    readonly people_before: number
    readonly people_after: number
    readonly people_moved: number
    readonly moved: readonly Moved[]
    readonly joined: readonly Moved[]
    readonly left: readonly Moved[]
  }
}

export interface Headed {
  readonly activation: number
  readonly plan: string
  readonly version: number
  readonly trigger: string
  /** 演练: nobody is in danger. */
  readonly exercise: boolean
  readonly activated_at: string
  readonly by: string
  readonly department: string
  readonly note: string
  readonly ended_at: string | null
  readonly confirmed: number
}

export interface Due {
  readonly id: string
  readonly due_at: string
  readonly state: 'confirmed' | 'overdue' | 'due'
  readonly late_s: number
  readonly confirmed: {
    readonly by: string
    readonly department: string
    readonly note: string
    readonly done_at: string
    readonly recorded_at: string
  } | null
}

export type DueKind = 'messages' | 'actions'

export interface Activation extends Headed {
  readonly facts: Readonly<Record<string, unknown>>
  readonly verdicts: readonly { readonly verdict: string; readonly why: Title }[]
  readonly messages: readonly (Message & Due)[]
  readonly actions: readonly (Action & Due)[]
}

/** Who does it, where that is not known from a key: the operator of this machine says so. */
export interface Signed {
  readonly author?: string
  readonly department?: string
}

export async function fetchPlans(signal: AbortSignal): Promise<readonly Listed[]> {
  return (await fetchJson<{ plans: readonly Listed[] }>(address(PLANS), signal)).plans
}

export async function fetchVersions(plan: string, signal: AbortSignal): Promise<readonly Version[]> {
  return (await fetchJson<{ versions: readonly Version[] }>(of(plan, 'versions'), signal)).versions
}

export function fetchVersion(plan: string, version: number, signal: AbortSignal): Promise<WholeVersion> {
  return fetchJson<WholeVersion>(of(plan, `versions/${version}`), signal)
}

export function fetchDifference(plan: string, from: number, to: number, signal: AbortSignal): Promise<Difference> {
  const url = of(plan, 'difference')
  url.searchParams.set('from', String(from))
  url.searchParams.set('to', String(to))
  return fetchJson<Difference>(url, signal)
}

export async function fetchActivations(plan: string, signal: AbortSignal): Promise<readonly Headed[]> {
  return (await fetchJson<{ activations: readonly Headed[] }>(of(plan, 'activations'), signal)).activations
}

export function fetchActivation(plan: string, activation: number, signal: AbortSignal): Promise<Activation> {
  return fetchJson<Activation>(of(plan, `activations/${activation}`), signal)
}

/** What stood at an instant: confirmations that came later had not come, and what was due then is judged by it. */
export function activationAt(found: Activation, at_ms: number): Activation {
  const then = <T extends Due>(each: T): T => {
    const done = each.confirmed && Date.parse(each.confirmed.recorded_at) <= at_ms ? each.confirmed : null
    const late_s = Math.max(0, ((done ? Date.parse(done.done_at) : at_ms) - Date.parse(each.due_at)) / 1000)
    return { ...each, confirmed: done, late_s, state: done ? 'confirmed' : late_s > 0 ? 'overdue' : 'due' }
  }
  return { ...found, messages: found.messages.map(then), actions: found.actions.map(then) }
}

/** Whether a response was going on at an instant. */
export function isAtWork({ activated_at, ended_at }: Headed, at_ms: number): boolean {
  return Date.parse(activated_at) <= at_ms && (ended_at === null || Date.parse(ended_at) > at_ms)
}

export async function draft(
  inputs: {
    readonly plan: string
    readonly content: unknown
    readonly evacuation?: string
    readonly reason: string
  } & Signed,
  signal: AbortSignal,
): Promise<WholeVersion> {
  return worked('response-plan-draft', inputs, 'version', signal)
}

export async function advance(
  inputs: { readonly plan: string; readonly version: number; readonly to: Standing; readonly note?: string } & Signed,
  signal: AbortSignal,
): Promise<WholeVersion> {
  return worked('response-plan-advance', inputs, 'version', signal)
}

export async function activate(
  inputs: {
    readonly plan: string
    readonly trigger: string
    readonly facts: Readonly<Record<string, unknown>>
    readonly exercise: boolean
    readonly note?: string
  } & Signed,
  signal: AbortSignal,
): Promise<Activation> {
  return worked('response-plan-activate', inputs, 'activation', signal)
}

export async function confirm(
  inputs: {
    readonly plan: string
    readonly activation: number
    readonly kind: DueKind
    readonly item: string
    readonly done_at?: string
    readonly note?: string
  } & Signed,
  signal: AbortSignal,
): Promise<Activation> {
  return worked('response-plan-confirm', inputs, 'activation', signal)
}

export async function end(
  inputs: { readonly plan: string; readonly activation: number; readonly note: string } & Signed,
  signal: AbortSignal,
): Promise<Activation> {
  return worked('response-plan-end', inputs, 'activation', signal)
}

/** Whether somebody may draft and put to work (`edit`), or approve (`review`), as far as the page knows. */
export function mayPlan(me: Me, right: 'edit' | 'review'): boolean {
  if (me.origin === 'local') return true
  return me.layers.some(({ id, rights }) => id === PLANS && rights.includes(right))
}

function of(plan: string, what: string): URL {
  return address(`${PLANS}/${encodeURIComponent(plan)}/${what}`)
}

async function worked<T>(process: string, inputs: object, output: string, signal: AbortSignal): Promise<T> {
  return (await run<T>(process, { ...inputs }, output, signal, () => undefined)).value
}

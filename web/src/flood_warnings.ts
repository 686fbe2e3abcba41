/** Warnings 预警 as the platform tells them: what stands, who has to take note, what came of it. */
import { toInstant } from './clock'
import { address, fetchJson, granted } from './config'
import type { Me } from './identity'
import type { Position4490, Times } from './model'
import type { Title } from './title'

const LISTED_MOST = 200
const LEDGER_MOST = 50
const CLOSED_MOST = 50
/** Those taken back last are told with their reason, which is read of each. */
const CANCELLED_MOST = 5
const UNDECIDED_MOST = 100
/** Whose turn it is to cancel: the leader alone. */
export const CANCELLING = { tier: 'leader', department: '' } as const
const THRESHOLDS = 'river-thresholds'

export const COLOURS = ['red', 'orange', 'yellow', 'blue'] as const
export type Colour = (typeof COLOURS)[number]

export interface Warning {
  readonly id: number
  readonly title: Title
  readonly hazard: Title
  readonly station: string
  readonly station_name: string | null
  readonly position: Position4490 | null
  readonly colour: Colour
  readonly colour_title: Title
  readonly gravest: Colour
  readonly stale: boolean
  readonly synthetic: boolean
  readonly standing: string
  readonly source: string
  readonly issued_at: string
  readonly changed_at: string
  /** `open`, or how it ended: `cleared`, `cancelled`. */
  readonly state: string
}

/** A warning that was taken back 撤销, and why. */
export interface Cancelled extends Warning {
  readonly reason: string
}

/** What a rule cannot say of a station 无法判定, and what it lacks. */
export interface Undecided {
  readonly rule: string
  /** The rule's. */
  readonly title: Title
  readonly station: string
  readonly missing: readonly Title[]
  readonly recorded_at: string
}

export interface Turn {
  readonly tier: 'duty' | 'leader' | 'departments'
  readonly title: Title
  readonly department: string
  readonly due_at: string
  readonly overdue: boolean
  readonly escalated: boolean
}

export interface Whole extends Warning {
  readonly note: Title
  readonly steps: readonly {
    readonly number: number
    readonly action: string
    readonly colour: Colour
    readonly at: string
    readonly value: number | null
    readonly comment: string | null
  }[]
  readonly waiting: readonly Turn[]
  readonly acknowledgements: readonly {
    readonly number: number
    readonly tier: string
    readonly action: string
    readonly subject: string
    readonly department: string
    readonly comment: string
    readonly recorded_at: string
  }[]
}

/** A verification of the warnings of a rule, from one colour on. */
export interface Verified {
  readonly id: number
  readonly rule: string
  /** The rule's. */
  readonly title: Title
  readonly colour: Colour
  readonly start: string
  readonly end: string
  readonly hits: number
  readonly misses: number
  readonly false_alarms: number
  readonly unknown: number
  readonly lead_median_s: number | null
}

/** What stands at these times, the gravest first; `more`: not all of it. */
export async function fetchStanding(times: Times, signal: AbortSignal): Promise<{ readonly warnings: readonly Warning[]; readonly more: boolean }> {
  const { warnings, links } = await fetchPage('open', LISTED_MOST, times, signal)
  const grave = ({ colour }: Warning) => COLOURS.indexOf(colour)
  const sorted = [...warnings].sort((a, b) => grave(a) - grave(b) || b.issued_at.localeCompare(a.issued_at))
  return { warnings: sorted, more: links.some(({ rel }) => rel === 'next') }
}

/** The warnings taken back last, with the reason. */
export async function fetchCancelled(times: Times, signal: AbortSignal): Promise<readonly Cancelled[]> {
  const { warnings } = await fetchPage('closed', CLOSED_MOST, times, signal)
  const some = warnings.filter(({ state }) => state === 'cancelled').slice(0, CANCELLED_MOST)
  return Promise.all(
    some.map(async (each) => {
      const { steps } = await fetchWarning(each.id, times.asof, signal)
      return { ...each, reason: steps.find(({ action }) => action === 'cancelled')?.comment ?? '' }
    }),
  )
}

/** Of which stations rules can say nothing; known by what was recorded, not by what held. */
export async function fetchUndecided(asof: string | null, signal: AbortSignal): Promise<{ readonly undecided: readonly Undecided[]; readonly more: boolean }> {
  const url = address('warnings/judgements')
  url.searchParams.set('verdict', 'undecidable')
  url.searchParams.set('limit', String(UNDECIDED_MOST))
  if (asof) url.searchParams.set('asof', toInstant(asof))
  const read = fetchJson<{ judgements: readonly Omit<Undecided, 'title'>[]; links: Listed['links'] }>(url, signal)
  const [{ judgements, links }, titles] = await Promise.all([read, fetchTitles(signal)])
  const undecided = judgements.map((each) => ({ ...each, title: titleOf(titles, each.rule) }))
  return { undecided, more: links.some(({ rel }) => rel === 'next') }
}

/** Rules by their ids. */
async function fetchTitles(signal: AbortSignal): Promise<ReadonlyMap<string, Title>> {
  const { rules } = await fetchJson<{ rules: readonly { readonly id: string; readonly rule: { readonly title: Title } }[] }>(
    address('warnings/rules'),
    signal,
  )
  return new Map(rules.map(({ id, rule }) => [id, rule.title]))
}

/** A rule that is told of no more keeps its id. */
function titleOf(titles: ReadonlyMap<string, Title>, rule: string): Title {
  return titles.get(rule) ?? { zh: rule, en: rule }
}

interface Listed {
  readonly warnings: readonly Warning[]
  readonly links: readonly { readonly rel: string }[]
}

function fetchPage(state: 'open' | 'closed', limit: number, times: Times, signal: AbortSignal): Promise<Listed> {
  const url = address('warnings')
  url.searchParams.set('state', state)
  url.searchParams.set('limit', String(limit))
  if (times.datetime) url.searchParams.set('datetime', toInstant(times.datetime))
  if (times.asof) url.searchParams.set('asof', toInstant(times.asof))
  return fetchJson<Listed>(url, signal)
}

export function fetchWarning(id: number, asof: string | null, signal: AbortSignal): Promise<Whole> {
  const url = address(`warnings/${id}`)
  if (asof) url.searchParams.set('asof', toInstant(asof))
  return fetchJson<Whole>(url, signal)
}

export async function fetchLedger(asof: string | null, signal: AbortSignal): Promise<readonly Verified[]> {
  const url = address('warnings/ledger')
  url.searchParams.set('limit', String(LEDGER_MOST))
  if (asof) url.searchParams.set('asof', toInstant(asof))
  const read = fetchJson<{ verifications: readonly Omit<Verified, 'title'>[] }>(url, signal)
  const [{ verifications }, titles] = await Promise.all([read, fetchTitles(signal)])
  return verifications.map((each) => ({ ...each, title: titleOf(titles, each.rule) }))
}

export function capAddress(id: number): URL {
  return address(`warnings/${id}/cap`)
}

/** Takes note for a tier; ServerProblem says why where it is not one's turn. */
export function acknowledge(id: number, { tier, department }: Turn, me: Me, comment: string): Promise<Whole> {
  // The operator of this machine says whom they act for; anybody else is known.
  const acting = me.origin === 'local' && department ? { department } : {}
  return said(id, 'acknowledgements', { tier, comment, ...acting })
}

/** Takes a warning back, for a reason. */
export function cancel(id: number, comment: string): Promise<Whole> {
  return said(id, 'cancellation', { comment })
}

async function said(id: number, what: string, words: object): Promise<Whole> {
  const answer = await granted(address(`warnings/${id}/${what}`), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(words),
  })
  return (await answer.json()) as Whole
}

/** Whether somebody may take this turn, as far as the page knows; the platform has the last word. */
export function mayTake(me: Me, { tier, department }: Pick<Turn, 'tier' | 'department'>): boolean {
  if (me.origin === 'local') return true
  const rights = me.layers.find(({ id }) => id === THRESHOLDS)?.rights ?? []
  if (tier === 'duty') return me.roles.includes('editor') && rights.includes('edit')
  if (tier === 'leader') return me.roles.includes('steward') && rights.includes('review')
  return me.department !== null && (!department || me.department === department)
}

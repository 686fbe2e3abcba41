/** Warnings 预警 as the platform tells them: what stands, who has to take note, what came of it. */
import { toInstant } from './clock'
import { address, fetchJson, granted } from './config'
import type { Me } from './identity'
import type { Position4490, Times } from './model'
import type { Title } from './title'

const LISTED_MOST = 200
const LEDGER_MOST = 50
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
  const url = address('warnings')
  url.searchParams.set('state', 'open')
  url.searchParams.set('limit', String(LISTED_MOST))
  if (times.datetime) url.searchParams.set('datetime', toInstant(times.datetime))
  if (times.asof) url.searchParams.set('asof', toInstant(times.asof))
  const { warnings, links } = await fetchJson<{ warnings: readonly Warning[]; links: readonly { rel: string }[] }>(url, signal)
  const grave = ({ colour }: Warning) => COLOURS.indexOf(colour)
  const sorted = [...warnings].sort((a, b) => grave(a) - grave(b) || b.issued_at.localeCompare(a.issued_at))
  return { warnings: sorted, more: links.some(({ rel }) => rel === 'next') }
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
  return (await fetchJson<{ verifications: readonly Verified[] }>(url, signal)).verifications
}

export function capAddress(id: number): URL {
  return address(`warnings/${id}/cap`)
}

/** Takes note for a tier; ServerProblem says why where it is not one's turn. */
export async function acknowledge(id: number, { tier, department }: Turn, me: Me, comment: string): Promise<Whole> {
  // The operator of this machine says whom they act for; anybody else is known.
  const acting = me.origin === 'local' && department ? { department } : {}
  const answer = await granted(address(`warnings/${id}/acknowledgements`), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ tier, comment, ...acting }),
  })
  return (await answer.json()) as Whole
}

/** Whether somebody may take this turn, as far as the page knows; the platform has the last word. */
export function mayTake(me: Me, { tier, department }: Turn): boolean {
  if (me.origin === 'local') return true
  const rights = me.layers.find(({ id }) => id === THRESHOLDS)?.rights ?? []
  if (tier === 'duty') return me.roles.includes('editor') && rights.includes('edit')
  if (tier === 'leader') return me.roles.includes('steward') && rights.includes('review')
  return me.department !== null && (!department || me.department === department)
}

/** 合规审查: what the platform is asked about a site, and what it answers. */
import type { Feature, MultiPolygon, Polygon } from 'geojson'
import { toInstant } from './clock'
import type { Times, Title } from './model'
import { answered } from './process'

export type Area = Polygon | MultiPolygon

/** 审查结论, the gravest first, as planners weigh them. */
export const VERDICTS = ['breaches', 'undecided', 'needs-justification', 'complies', 'not-applicable'] as const
export type VerdictId = (typeof VERDICTS)[number]

export interface Verdict extends Title {
  readonly id: VerdictId
}

/** Features of one kind under a rule, and what it says of the ground they share with the site. */
export interface Group {
  /** What they have in common: a field and its value. */
  readonly fields: Readonly<Record<string, unknown>>
  /** The part of the site that none of them covers. */
  readonly outside: boolean
  readonly verdict: Verdict
  readonly reason?: Title
  readonly area_m2: number
  /** Of the site. */
  readonly share: number
  /** null: the rule looks at the site itself. */
  readonly layer: string | null
  /** Places among the features of the layer; how many they are where they may not be seen. */
  readonly features: readonly number[] | number
  readonly geometry: Area | null
  readonly withheld?: boolean
}

export interface Rule {
  readonly id: string
  readonly version: number
  readonly title: Title
  readonly source: { readonly document: string; readonly article: string; readonly checked: boolean }
  readonly verdict: Verdict
  readonly reason?: Title
  readonly groups: readonly Group[]
  /** Slivers under the tolerance, which count for nothing. */
  readonly ignored?: {
    readonly count: number
    readonly area_m2: number
    readonly max_width_m: number
    readonly tolerance: { readonly min_area_m2: number; readonly min_width_m: number }
  }
  /** Features of versions of plans that do not bind on that day. */
  readonly not_in_force?: number
}

/** A feature that shares ground with the site. */
export interface Touched {
  readonly bsm: string
  readonly plan_version?: string | null
}

export interface PlanVersion {
  readonly plan: string
  readonly status: string
  readonly document_no: string | null
}

/** One check as the platform tells it. */
export interface Found {
  readonly check: string
  readonly verdict: Verdict
  readonly project: { readonly area_m2: number }
  readonly rules: readonly Rule[]
  readonly layers: Readonly<Record<string, { readonly features: readonly Touched[] | number }>>
  readonly plan_versions: Readonly<Record<string, PlanVersion>>
  readonly contradictions: readonly { readonly admits: string; readonly forbids: string; readonly features: number }[]
  readonly synthetic: string | null
  /** Day of the check. */
  readonly on: string
}

/** What a project says of itself, by the platform's names; only what was said. */
export type Facts = Readonly<Record<string, string | number | boolean>>

/** Judges a site by the rules in force at these times; ServerProblem says why where it cannot. */
export function check(site: Area, facts: Facts, times: Times, signal: AbortSignal): Promise<Found> {
  const projects: Feature = { type: 'Feature', properties: facts, geometry: site }
  const inputs = {
    projects,
    ...(times.datetime ? { datetime: toInstant(times.datetime) } : {}),
    ...(times.asof ? { asof: toInstant(times.asof) } : {}),
  }
  return answered<Found>('compliance-check', inputs, signal)
}

/** The rules from the gravest verdict down; those of one verdict stay in the order of the book. */
export function byGravity(rules: readonly Rule[]): readonly Rule[] {
  return [...rules].sort((a, b) => VERDICTS.indexOf(a.verdict.id) - VERDICTS.indexOf(b.verdict.id))
}

/** The groups that carry a rule's verdict. */
export function deciding({ groups, verdict }: Rule): readonly Group[] {
  return groups.filter((group) => group.verdict.id === verdict.id)
}

/** Identities of the features of a group; none where they may not be seen. */
export function touchedBy(group: Group, { layers }: Found): readonly Touched[] {
  const all = group.layer === null ? undefined : layers[group.layer]?.features
  if (typeof group.features === 'number' || all === undefined || typeof all === 'number') return []
  return group.features.flatMap((place) => all[place] ?? [])
}

/** Versions of plans that the features of a group belong to. */
export function versionsOf(group: Group, found: Found): readonly (readonly [string, PlanVersion])[] {
  const named = new Set(touchedBy(group, found).map((each) => each.plan_version ?? ''))
  return Object.entries(found.plan_versions).filter(([key]) => named.has(key))
}

/** All of these areas as one. */
export function together(areas: readonly Area[]): Area {
  const [first] = areas
  if (areas.length === 1 && first) return first
  const coordinates = areas.flatMap((area) => (area.type === 'Polygon' ? [area.coordinates] : area.coordinates))
  return { type: 'MultiPolygon', coordinates }
}

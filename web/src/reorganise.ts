/** A reorganisation of regions 区划调整: its steps, its impact, done and taken back. */
import type { Feature } from 'geojson'
import { address, fetchJson } from './config'
import type { Position4490 } from './model'
import { run, type Standing } from './process'

const PROCESS = 'reassign-region'
/** Kinds of places that are regions, as the address service names them. */
const REGIONS = 'localadmin,locality'
const FOUND = 8

export type StepKind = 'move' | 'rename' | 'merge' | 'split' | 'recode'
export const STEP_KINDS: readonly StepKind[] = ['move', 'rename', 'merge', 'split', 'recode']

/** A town or a village. */
export interface Unit {
  readonly id: string
  readonly name: string
  readonly label: string
}

export type Step =
  | { readonly step: 'move' | 'merge'; readonly units: readonly Unit[]; readonly into: Unit }
  | { readonly step: 'rename'; readonly unit: Unit; readonly name: string }
  | { readonly step: 'split'; readonly unit: Unit; readonly name: string; readonly units: readonly Unit[]; readonly code: string }
  | { readonly step: 'recode'; readonly unit: Unit; readonly code: string }

/** From when, on what ground, and on a first run by whom. */
export interface Ground {
  readonly day: string
  readonly document: string
  readonly reason: string
  readonly author?: string
  readonly department?: string
}

export interface Outcome {
  readonly day: string
  readonly components: number
  readonly codes: number
  readonly addresses: number
  readonly links: number
  readonly unmoved: number
  readonly changesets: Readonly<Record<string, number>>
}

/** Regions whose names begin so, by characters, pinyin or initials. */
export async function regions(text: string, signal: AbortSignal): Promise<readonly Unit[]> {
  const url = address('v1/autocomplete')
  for (const [name, value] of Object.entries({ text, size: FOUND, layers: REGIONS })) {
    url.searchParams.set(name, String(value))
  }
  return units(url, signal)
}

/** The village at a position, else its town; null outside of the city. */
export async function regionAt([lon, lat]: Position4490, signal: AbortSignal): Promise<Unit | null> {
  const url = address('v1/reverse')
  const asked = { 'point.lat': lat, 'point.lon': lon, size: 2, layers: REGIONS }
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, String(value))
  return (await units(url, signal))[0] ?? null
}

/** The outline of a region; null where none is shared. */
export async function outline({ id }: Unit, signal: AbortSignal): Promise<Feature | null> {
  return fetchJson<Feature>(address(`collections/regions/items/${encodeURIComponent(id)}`), signal).catch(() => null)
}

/** Regions that the steps touch. */
export function touched(steps: readonly Step[]): readonly Unit[] {
  const all = steps.flatMap((step) => ('units' in step ? step.units : [step.unit]))
  return [...new Map(all.map((unit) => [unit.id, unit])).values()]
}

/** What a region is called before and after: those of the step that are read otherwise then. */
export function readings(step: Step): readonly (readonly [before: string, after: string])[] {
  switch (step.step) {
    case 'move':
      return step.units.map(({ name, label }) => [label, step.into.label + name] as const)
    case 'merge':
      return step.units.map(({ label }) => [label, step.into.label] as const)
    case 'rename':
      return [[step.unit.label, step.unit.label.slice(0, -step.unit.name.length) + step.name]]
    case 'split': {
      const above = step.unit.label.slice(0, -step.unit.name.length)
      return step.units.map(({ name, label }) => [label, above + step.name + name] as const)
    }
    case 'recode':
      return [[step.unit.label, step.code]]
  }
}

/** Reckons what the steps would change, or carries them out. */
export async function reorganise(
  steps: readonly Step[],
  ground: Ground,
  preview: boolean,
  signal: AbortSignal,
  tell: (standing: Standing) => void,
): Promise<Outcome> {
  const inputs = { ...ground, steps: steps.map(asSent), preview }
  return (await run<Outcome>(PROCESS, inputs, 'outcome', signal, tell)).value
}

/** Takes back what was carried out. */
export async function takeBack(
  { day, changesets }: Outcome,
  ground: Ground,
  signal: AbortSignal,
  tell: (standing: Standing) => void,
): Promise<void> {
  await run(PROCESS, { ...ground, undo: { day, changesets } }, 'outcome', signal, tell)
}

function asSent(step: Step): Readonly<Record<string, unknown>> {
  const ids = (all: readonly Unit[]) => all.map(({ id }) => id)
  switch (step.step) {
    case 'move':
    case 'merge':
      return { step: step.step, units: ids(step.units), into: step.into.id }
    case 'rename':
      return { step: step.step, unit: step.unit.id, name: step.name }
    case 'split': {
      const sent = { step: step.step, unit: step.unit.id, name: step.name, units: ids(step.units) }
      return step.code ? { ...sent, code: step.code } : sent
    }
    case 'recode':
      return { step: step.step, unit: step.unit.id, code: step.code }
  }
}

async function units(url: URL, signal: AbortSignal): Promise<readonly Unit[]> {
  const { features } = await fetchJson<{ readonly features: readonly Feature[] }>(url, signal)
  return features.map(({ properties }) => properties as Unit)
}

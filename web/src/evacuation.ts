/** Evacuations 避险转移, as the process of that name tells them. Times are seconds since the flood began. */
import type { FeatureCollection, Point } from 'geojson'
import { toWallTime } from './clock'
import { fetchJson } from './config'
import { instantAt, lengthText } from './flood_runs'
import type { Position4490 } from './model'
import { outputOf } from './process'
import { forget, read, write } from './sketch_shelf'
import type { Title } from './title'

export const PROCESS = 'evacuation'
const MINUTE_S = 60
const FORM = 'onemap.evacuation-form'

/** What stands in the fields. */
export interface Form {
  readonly mode: string
  readonly unit: string
  readonly notice_min: string
  readonly preparation_min: string
  readonly persons_per_address: string
  readonly persons_per_household: string
}
export const NUMBERS = ['notice_min', 'preparation_min', 'persons_per_address', 'persons_per_household'] as const
export const EMPTY: Form = { mode: 'drive', unit: 'village', notice_min: '', preparation_min: '', persons_per_address: '', persons_per_household: '' }

interface Count {
  readonly addresses: number
  readonly people: number
}

/** Figures of some of the addresses. */
export interface Figures extends Count {
  readonly deepest_m: number | null
  readonly first_arrival_s: number | null
  readonly leave_by_s: number | null
  readonly cut_off_before_water: number
  readonly hazard: readonly (Count & { readonly code: string })[]
  readonly fates: Readonly<Record<string, Count>>
}

export interface Named {
  readonly name: string | null
  readonly code: string | null
}

export interface Shelter {
  readonly id: string
  readonly name: string | null
  readonly capacity: number | null
  readonly assigned: number
  readonly unused: Title | null
}

/** A bridge with water under it. */
export interface Bridge {
  readonly road: string
  readonly name: string | null
  readonly low_chord_m: number | null
  readonly level_m: number | null
  readonly told: Title
}

export interface Summary {
  readonly stamp: string
  readonly flood: { readonly run: string | null }
  readonly mode: string
  readonly mode_title: Title
  readonly unit: string
  readonly ready_s: number
  readonly people_from: string
  readonly limits: {
    readonly source: string
    readonly verified: boolean
    readonly classes: readonly { readonly code: string; readonly title: Title; readonly color: string }[]
  }
  readonly total: Figures
  readonly villages: readonly (Figures & Named & { readonly id: string; readonly town: string | null })[]
  readonly shelters: readonly Shelter[]
  readonly assignments: readonly (Named & { readonly unit: string; readonly village: string; readonly shelter: string; readonly shelter_name: string | null; readonly people: number; readonly journey_s: number | null })[]
  readonly unassigned: readonly (Named & Count & { readonly village: string; readonly told: Title; readonly reason: string })[]
  readonly optimality_gap_person_s: number
  /** Of a job before bridges were judged there are none. */
  readonly bridges?: readonly Bridge[]
  readonly unmarked_crossings?: readonly string[]
  readonly assets: readonly { readonly layer: string; readonly count: number; readonly sum?: number; readonly deepest_m: number | null; readonly first_arrival_s: number | null }[]
}

/** An address in the water. */
export interface Exposed {
  readonly id: string
  readonly place: Position4490
  readonly text: string
  readonly village: string
  readonly people: number
  readonly depth_m: number
  readonly arrival_s: number | null
  readonly hazard: string | null
  readonly leave_by_s: number | null
  readonly fate: string
  readonly shelters: string
}

/** What the fate of those who leave is called in the lists. */
export const LEAVES = '能撤离'

export function keptForm(): Form {
  try {
    return { ...EMPTY, ...(JSON.parse(read(FORM) ?? '{}') as Partial<Form>) }
  } catch {
    forget(FORM)
    return EMPTY
  }
}

export function keepForm(form: Form): void {
  write(FORM, JSON.stringify(form))
}

/** The addresses of a finished job, and how many they are. */
export async function fetchExposed(job: string, signal: AbortSignal): Promise<readonly Exposed[]> {
  const { features } = await fetchJson<FeatureCollection<Point>>(outputOf(job, 'map'), signal)
  return features.flatMap(({ id, geometry, properties }): Exposed[] => {
    const said = properties ?? {}
    if (said.kind !== 'address') return []
    const [lon = NaN, lat = NaN] = geometry.coordinates
    return [
      {
        id: String(id),
        place: [lon, lat],
        text: String(said.full_text ?? id),
        village: String(said.village ?? ''),
        people: Number(said.people),
        depth_m: Number(said.depth_m),
        arrival_s: numberOr(said.arrival_s),
        hazard: typeof said.hazard === 'string' ? said.hazard : null,
        leave_by_s: numberOr(said.leave_by_s),
        fate: String(said.fate ?? ''),
        shelters: String(said.shelters ?? ''),
      },
    ]
  })
}

/** An instant as it stands in a list: month, day, and the minute that is not over yet; a length of time where no beginning is known. */
export function brief(begins_at: string | null, seconds: number | null): string {
  if (seconds === null) return ''
  const whole_s = Math.floor(seconds / MINUTE_S) * MINUTE_S
  return begins_at === null ? lengthText(whole_s) : toWallTime(instantAt({ begins_at }, whole_s)).slice(5, 16).replace('T', ' ')
}

function numberOr(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}

/** Cross-sections 横断面 and the long profile 纵剖面: what is on file, in its datum; nothing between is made up. */
import { fetchGauge, stageOf, type Gauge, type Value } from './gauges'
import { fetchItems, itemsAddress, text } from './items'
import type { Config, Times } from './model'
import { fetchAlong, fetchOn, layerOf, STATIONS, type River, type Thing } from './rivers'
import { fetchAnswers, shownOf, type Answer } from './claims'

/** A station farther along the river than this says nothing of a section. */
export const NEAR_M = 1000
const SUBJECTS_MOST = 60
const STATIONS_MOST = 40
const CLAIMS_MOST = 1000
/** Heights of works that a profile shows. */
export const HEIGHTS = ['crest-elevation', 'sill-elevation'] as const
export type Height = (typeof HEIGHTS)[number]
/** The source of a height does not name its datum. */
export const UNSTATED = 'not-stated'

/** A surveyed point of a section 断面点. */
export interface SectionPoint {
  /** Distance from the section's own beginning 起点距. */
  readonly distance_m: number
  readonly elevation_m: number
}

export interface Section {
  readonly thing: Thing
  readonly datum: string
  /** Day of the survey; null where it is not on file. */
  readonly surveyed: string | null
  /** Empty: the section has a line, and no survey on file. */
  readonly points: readonly SectionPoint[]
  /** What of its points could not be read. */
  readonly faulty: boolean
}

/** A station on the river with its newest stage. */
export interface Level {
  readonly thing: Thing
  readonly gauge: Gauge
  readonly stage: Value
}

/** A height that is claimed of a work, and shown because nothing contradicts it or somebody chose. */
export interface Claimed {
  readonly work: Thing
  readonly height: Height
  readonly answer: Answer
}

export interface Profile {
  readonly sections: readonly Section[]
  readonly levels: readonly Level[]
  readonly claimed: readonly Claimed[]
  /** More than were asked for are claimed of. */
  readonly cut: boolean
}

/** `0 24.6; 20 24.5` → points in order of distance; null where that is not what stands there. */
export function pointsOf(written: string): readonly SectionPoint[] | null {
  const found = written
    .split(/[;;]/)
    .map((each) => each.trim())
    .filter(Boolean)
    .map((each) => each.split(/[\s,]+/).map(Number))
  if (found.some((each) => each.length !== 2 || each.some((value) => !Number.isFinite(value)))) return null
  const points = found.map(([distance_m = 0, elevation_m = 0]) => ({ distance_m, elevation_m }))
  return points.sort((a, b) => a.distance_m - b.distance_m)
}

export function bedOf({ points }: Section): number | null {
  return points.length ? Math.min(...points.map(({ elevation_m }) => elevation_m)) : null
}

export async function readProfile(river: River, config: Config, times: Times, signal: AbortSignal): Promise<Profile> {
  const works = layerOf(config, 'river-works') ? (await fetchAlong(river, ['works'], times, signal)).things : []
  const sections = works.filter(({ layer }) => layer === 'river-sections').map(sectionOf)
  const stations = layerOf(config, STATIONS) ? await fetchOn(STATIONS, river, times, signal) : []
  const [levels, claimed] = await Promise.all([
    Promise.all(stations.slice(0, STATIONS_MOST).map((each) => levelOf(each, times, signal))),
    layerOf(config, 'river-claims') ? claimedOf(works, times, signal) : { claimed: [], cut: false },
  ])
  return { sections, levels: levels.flatMap((each) => each ?? []), ...claimed }
}

/** The stage that says something of a section: of the nearest station, not farther than that, in the same datum. */
export function levelAt(section: Section, levels: readonly Level[]): { readonly level: Level; readonly away_m: number; readonly fits: boolean } | null {
  const near = levels
    .map((level) => ({ level, away_m: Math.abs(level.thing.chainage_m - section.thing.chainage_m) }))
    .filter(({ away_m }) => away_m <= NEAR_M)
    .sort((a, b) => a.away_m - b.away_m)[0]
  if (!near) return null
  const fits = near.level.gauge.vertical_datum === section.datum && section.datum !== UNSTATED
  return { ...near, fits }
}

function sectionOf(thing: Thing): Section {
  const { vertical_datum, surveyed_on, points } = thing.properties
  const read = typeof points === 'string' ? pointsOf(points) : []
  return {
    thing,
    datum: String(vertical_datum ?? UNSTATED),
    surveyed: typeof surveyed_on === 'string' ? surveyed_on : null,
    points: read ?? [],
    faulty: read === null,
  }
}

async function levelOf(thing: Thing, times: Times, signal: AbortSignal): Promise<Level | null> {
  const gauge = await fetchGauge(thing.fid, times, signal)
  const stage = stageOf(gauge)
  return stage && stage.value !== null ? { thing, gauge, stage } : null
}

async function claimedOf(works: readonly Thing[], times: Times, signal: AbortSignal) {
  const filter = `"property" IN (${HEIGHTS.map(text).join(',')})`
  const url = itemsAddress('river-claims', { filter, limit: CLAIMS_MOST, properties: ['subject'] }, times)
  const { features } = await fetchItems(url, signal)
  const subjects = new Set(features.map(({ properties }) => String(properties?.subject)))
  const meant = works.filter(({ fid }) => subjects.has(fid))
  const answered = await Promise.all(
    meant.slice(0, SUBJECTS_MOST).map(async (work) => {
      const { answers } = await fetchAnswers(work.fid, times, signal)
      return HEIGHTS.flatMap((height) =>
        answers.filter((each) => each.property === height).map((answer): Claimed => ({ work, height, answer })),
      )
    }),
  )
  return { claimed: answered.flat(), cut: meant.length > SUBJECTS_MOST }
}

/** Datums in which something is on file, those of sections first. */
export function datumsOf({ sections, levels, claimed }: Profile): readonly string[] {
  const found = [
    ...sections.filter(({ points }) => points.length).map(({ datum }) => datum),
    ...levels.map(({ gauge }) => gauge.vertical_datum),
    ...claimed.flatMap(({ answer }) => shownOf(answer)?.vertical_datum ?? []),
  ]
  return [...new Set(found)].filter((each) => each !== UNSTATED)
}

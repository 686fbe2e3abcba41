/** What stands along a river, as its strip 河道条带 shows it: works, nodes, stations with their stage, cameras. */
import type { FeatureRef, Layer, Times } from './model'
import { fetchGauge, stageOf, type Gauge } from './gauges'
import { CAMERA, fetchAlong, fetchCameras, fetchOn, isCamera, layerOf, NODES, RIVER_CAMERA, STATIONS, type River, type Thing } from './rivers'
import type { Config } from './model'
import { ServerProblem } from './config'

/** Levels of so many stations are read. */
export const LEVELS_MOST = 40

/** A stretch of chainage in view, in metres; the first is drawn at the left. */
export interface Stretch {
  readonly from_m: number
  readonly to_m: number
}

/** What was read; what could not be is named, and the rest shown. */
export interface Along {
  readonly things: readonly Thing[]
  /** By station. */
  readonly gauges: ReadonlyMap<string, Gauge>
  readonly unread: readonly { readonly layer: string; readonly why: string }[]
  readonly more: boolean
}

export const LANES = ['gauges', 'left', 'channel', 'right', 'cameras'] as const
export type Lane = (typeof LANES)[number]

/** All that lies along a river; a layer that the city has not, or that one may not read, hides nothing else. */
export async function readAlong(river: River, config: Config, times: Times, signal: AbortSignal): Promise<Along> {
  const unread: { layer: string; why: string }[] = []
  const has = (layer: string): Layer | undefined => layerOf(config, layer)
  const attempt = async <T>(layer: string, work: () => Promise<T>, otherwise: T): Promise<T> => {
    if (!has(layer)) return otherwise
    try {
      return await work()
    } catch (cause) {
      if (signal.aborted || !(cause instanceof ServerProblem)) throw cause
      unread.push({ layer, why: cause.words })
      return otherwise
    }
  }
  const nothing: readonly Thing[] = []
  const [works, nodes, stations, cameras, own] = await Promise.all([
    attempt('river-works', () => fetchAlong(river, ['works'], times, signal), { things: nothing, more: false }),
    attempt(NODES, () => fetchOn(NODES, river, times, signal), nothing),
    attempt(STATIONS, () => fetchOn(STATIONS, river, times, signal), nothing),
    attempt(CAMERA, () => fetchCameras(river, times, signal), nothing),
    attempt(RIVER_CAMERA, () => fetchOn(RIVER_CAMERA, river, times, signal), nothing),
  ])
  const read = await attempt(
    STATIONS,
    () => Promise.all(stations.slice(0, LEVELS_MOST).map(({ fid }) => fetchGauge(fid, times, signal))),
    [],
  )
  const things = [...works.things, ...nodes, ...stations, ...cameras, ...own].sort((a, b) => a.chainage_m - b.chainage_m)
  return { things, gauges: new Map(read.map((each) => [each.id, each])), unread, more: works.more }
}

/** On which lane something is drawn; what lies on both banks, or across, in the channel. */
export function laneOf({ layer, bank }: Thing): Lane {
  if (layer === STATIONS) return 'gauges'
  if (isCamera(layer)) return 'cameras'
  return bank === 'left' || bank === 'right' ? bank : 'channel'
}

export function same(a: FeatureRef | null, b: FeatureRef | null): boolean {
  return a?.layer === b?.layer && a?.fid === b?.fid
}

/** Whether something lies in a stretch. */
export function within({ chainage_m, chainage_to_m }: Thing, { from_m, to_m }: Stretch): boolean {
  const [low, high] = from_m < to_m ? [from_m, to_m] : [to_m, from_m]
  return Math.min(chainage_m, chainage_to_m) <= high && Math.max(chainage_m, chainage_to_m) >= low
}

/** The stretch moved into the river where it reaches beyond, and never longer than it. */
export function clamped({ from_m, to_m }: Stretch, river: River): Stretch {
  const whole = river.to_m - river.from_m
  const sign = Math.sign(whole) || 1
  const length = Math.min(Math.abs(to_m - from_m), Math.abs(whole))
  const low = Math.min(river.from_m, river.to_m)
  const high = Math.max(river.from_m, river.to_m) - length
  const begin = sign > 0 ? from_m : from_m - length
  const first = Math.min(high, Math.max(low, begin))
  return sign > 0 ? { from_m: first, to_m: first + length } : { from_m: first + length, to_m: first }
}

/** Whether a station's stage reaches one of its thresholds: the gravest of those. */
export function reachedOf(gauge: Gauge | undefined): Gauge['thresholds'][number] | null {
  const reached = gauge?.thresholds.filter((each) => each.reached === true) ?? []
  return reached.sort((a, b) => b.value - a.value)[0] ?? null
}

export { stageOf }

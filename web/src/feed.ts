/**
 * Features of a layer for the part of the city in view, from the platform's own OGC API.
 *
 * The only module that knows how the map's data arrives.
 */
import type { Feature, FeatureCollection } from 'geojson'
import { toInstant } from './clock'
import { address, fetchJson, ServerProblem } from './config'
import type { Bounds4490, FeatureRef, Layer, Times } from './model'

/** The property that carries a feature's identity into MapLibre, which drops textual ids. */
export const FID = '@fid'

const KEPT_ANSWERS = 12
/** An answer for "now" is asked for again after this long. */
const FRESH_MS = 30_000
/** So much of the view's size is asked for beyond each edge: a small pan needs no request. */
const MARGIN = 0.15
/** Windows end on multiples of the power of two next above this share of the view's size. */
const WINDOW_STEP = 0.2

export interface FeedStatus {
  readonly phase: 'idle' | 'loading' | 'ready' | 'failed'
  readonly count: number
  /** More features lie in the window than one page holds. */
  readonly cut: boolean
  readonly problem: ServerProblem | null
}

interface Page extends FeatureCollection {
  readonly links?: readonly { readonly rel: string }[]
}

interface Answer {
  readonly window: Bounds4490
  readonly times: Times
  readonly at_ms: number
  readonly features: Feature[]
  readonly cut: boolean
}

export type FeedListener = (feed: Feed, features: Feature[] | null) => void

export class Feed {
  status: FeedStatus = { phase: 'idle', count: 0, cut: false, problem: null }
  #answers: Answer[] = []
  #shown: Answer | null = null
  #pending: { key: string; abort: AbortController } | null = null

  constructor(
    readonly layer: Layer,
    private readonly limit: number,
    private readonly listener: FeedListener,
  ) {}

  /** Makes the features of a window at these times the ones shown; the latest call wins. */
  async show(view: Bounds4490, times: Times, reload = false): Promise<void> {
    const held = reload ? undefined : this.#held(view, times)
    if (held) return this.#settle(held)
    const window = widened(view)
    const key = JSON.stringify([window, times])
    if (this.#pending?.key === key && !reload) return
    this.#pending?.abort.abort()
    const pending = { key, abort: new AbortController() }
    this.#pending = pending
    this.#report({ ...this.status, phase: 'loading', problem: null })
    try {
      const answer = await this.#ask(window, times, pending.abort.signal)
      if (this.#pending !== pending) return
      this.#answers = [answer, ...this.#answers].slice(0, KEPT_ANSWERS)
      this.#settle(answer)
    } catch (cause) {
      if (this.#pending !== pending) return
      this.#pending = null
      this.#report({ ...this.status, phase: 'failed', problem: asProblem(cause) })
    }
  }

  /** The whole feature, where its window is shown; MapLibre's own copy is cut at tile edges. */
  find(fid: string): Feature | undefined {
    return this.#shown?.features.find((feature) => String(feature.id) === fid)
  }

  stop(): void {
    this.#pending?.abort.abort()
    this.#pending = null
  }

  #held(view: Bounds4490, times: Times): Answer | undefined {
    const now_ms = Date.now()
    return this.#answers.find(
      (answer) =>
        answer.times.datetime === times.datetime &&
        answer.times.asof === times.asof &&
        contains(answer.window, view) &&
        (!answer.cut || sameSize(answer.window, widened(view))) &&
        now_ms - answer.at_ms < FRESH_MS,
    )
  }

  async #ask(window: Bounds4490, times: Times, signal: AbortSignal): Promise<Answer> {
    const url = address(`collections/${encodeURIComponent(this.layer.id)}/items`)
    url.searchParams.set('bbox', window.join(','))
    url.searchParams.set('limit', String(this.limit))
    setTimes(url, times)
    const page = await fetchJson<Page>(url, signal)
    const features = page.features.filter((feature) => feature.geometry !== null)
    for (const feature of features) {
      feature.properties = { ...feature.properties, [FID]: String(feature.id) }
    }
    const cut = page.links?.some((link) => link.rel === 'next') ?? false
    return { window, times, at_ms: Date.now(), features, cut }
  }

  #settle(answer: Answer): void {
    this.#pending?.abort.abort()
    this.#pending = null
    const changed = this.#shown !== answer
    this.#shown = answer
    this.status = { phase: 'ready', count: answer.features.length, cut: answer.cut, problem: null }
    this.listener(this, changed ? answer.features : null)
  }

  #report(status: FeedStatus): void {
    this.status = status
    this.listener(this, null)
  }
}

/** One feature as it stands at these times; null where it is not there then. */
export async function fetchFeature(
  { layer, fid }: FeatureRef,
  times: Times,
  signal: AbortSignal,
): Promise<Feature | null> {
  const url = address(`collections/${encodeURIComponent(layer)}/items/${encodeURIComponent(fid)}`)
  setTimes(url, times)
  return orNull(fetchJson<Feature>(url, signal))
}

/** One version of a feature: what was believed of it, since when, and who said so. */
export interface Version extends Feature {
  readonly recorded_from: string
  readonly recorded_to: string | null
  readonly opened_by: number
  readonly author: string
  readonly department: string
  readonly reason: string
}

/** All that was ever believed of a feature. */
export async function fetchVersions(
  { layer, fid }: FeatureRef,
  signal: AbortSignal,
): Promise<readonly Version[] | null> {
  const path = `collections/${encodeURIComponent(layer)}/items/${encodeURIComponent(fid)}/versions`
  const answer = await orNull(fetchJson<{ features: readonly Version[] }>(address(path), signal))
  return answer?.features ?? null
}

function setTimes(url: URL, times: Times): void {
  if (times.datetime) url.searchParams.set('datetime', toInstant(times.datetime))
  if (times.asof) url.searchParams.set('asof', toInstant(times.asof))
}

async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer
  } catch (cause) {
    if (cause instanceof ServerProblem && cause.status === 404) return null
    throw cause
  }
}

function asProblem(cause: unknown): ServerProblem {
  if (cause instanceof ServerProblem) return cause
  return new ServerProblem(0, '服务器的答复无法读取。', `The answer cannot be read: ${String(cause)}`)
}

/** The view with a margin, moved outward to a grid that all visitors share: equal addresses hit caches. */
function widened([west, south, east, north]: Bounds4490): Bounds4490 {
  const size = Math.max(east - west, north - south)
  const step = 2 ** Math.ceil(Math.log2(size * WINDOW_STEP))
  const margin = size * MARGIN
  const down = (value: number, least: number) =>
    Math.max(least, Math.floor((value - margin) / step) * step)
  const up = (value: number, most: number) => Math.min(most, Math.ceil((value + margin) / step) * step)
  return [down(west, -180), down(south, -90), up(east, 180), up(north, 90)]
}

function contains(outer: Bounds4490, inner: Bounds4490): boolean {
  return (
    outer[0] <= inner[0] && outer[1] <= inner[1] && outer[2] >= inner[2] && outer[3] >= inner[3]
  )
}

function sameSize(a: Bounds4490, b: Bounds4490): boolean {
  return a[2] - a[0] <= (b[2] - b[0]) * 1.001
}

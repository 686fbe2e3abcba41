/**
 * Interpolated surfaces through time 插值面: one job of the process `interpolate` for each instant.
 *
 * What was computed is kept by what was asked, so that a step is computed once; the run goes on while other
 * parts are open.
 */
import { ServerProblem } from './config'
import type { Bounds4490 } from './model'
import type { Property } from './monitoring'
import { dismiss, run, type Standing } from './process'
import { instantOf } from './series'
import type { Store } from './store'

export const STEPS_MOST = 100
const KEPT_MOST = 300
const PROCESS = 'interpolate'

export type Method = 'kriging' | 'idw'

export interface Wanted {
  /** Key of the observed property. */
  readonly property: string
  /** The layer that its stations belong to. */
  readonly stations: string
  readonly from_ms: number
  readonly to_ms: number
  readonly step_h: number
  readonly method: Method
  readonly cell_m: number
  /** How old a value may be. */
  readonly within_h: number
  readonly bbox: Bounds4490
  /** As it was known then; null: now. */
  readonly asof: string | null
}

/** Values row by row from the north-west, in the plane of the city's zone. */
export interface Grid {
  readonly method: Method
  readonly samples: number
  readonly loo_rmse: number
  readonly variogram: { readonly nugget: number; readonly sill: number; readonly range_m: number } | null
  readonly west_m: number
  readonly north_m: number
  readonly cell_m: number
  readonly columns: number
  readonly rows: number
  readonly values: readonly number[]
  /** Of kriging alone. */
  readonly deviations?: readonly number[]
  readonly stations: readonly { readonly thing: string | null; readonly value: number; readonly time: string }[]
}

/** One instant: its surface, or why there is none. */
export interface Step {
  readonly time_ms: number
  readonly grid: Grid | null
  readonly problem: string | null
}

/** A property that can be interpolated, with the layer of its stations. */
export interface Choice {
  readonly key: string
  readonly property: Property
  readonly layer: string
  /** When it was measured last. */
  readonly last_ms: number
  readonly unit: string
}

const HOUR_MS = 3_600_000
const kept = new Map<string, Grid>()

/** The instants of a run; no more than are computed. */
export function instantsOf({ from_ms, to_ms, step_h }: Pick<Wanted, 'from_ms' | 'to_ms' | 'step_h'>): readonly number[] {
  const count = Math.floor((to_ms - from_ms) / (step_h * HOUR_MS)) + 1
  return Array.from({ length: Math.max(0, Math.min(count, STEPS_MOST)) }, (_, at) => from_ms + at * step_h * HOUR_MS)
}

/** The run of this page. */
export class SurfaceRun {
  wanted: Wanted | null = null
  steps: readonly Step[] = []
  running = false
  /** Told whenever something of this changes. */
  changed: () => void = () => undefined
  #abort = new AbortController()
  #standing: Standing | null = null

  /** How many instants there are in all. */
  get total(): number {
    return this.wanted ? instantsOf(this.wanted).length : 0
  }

  async start(wanted: Wanted): Promise<void> {
    if (this.running) return
    this.#abort = new AbortController()
    const { signal } = this.#abort
    Object.assign(this, { wanted, steps: [], running: true })
    this.changed()
    for (const time_ms of instantsOf(wanted)) {
      const step = await this.#step(wanted, time_ms, signal)
      if (signal.aborted) break
      this.steps = [...this.steps, step]
      this.changed()
    }
    this.running = false
    this.changed()
  }

  /** Gives the rest up, here and on the platform; what is computed stays. */
  cancel(): void {
    const standing = this.#standing
    this.#abort.abort()
    if (standing) dismiss(standing.jobID)
  }

  async #step(wanted: Wanted, time_ms: number, signal: AbortSignal): Promise<Step> {
    const { property, stations, method, cell_m, within_h, bbox, asof } = wanted
    const datetime = instantOf(time_ms)
    const inputs = { property, stations, method, cell_m, within_h, bbox, datetime, ...(asof ? { asof } : {}) }
    const key = JSON.stringify(inputs)
    const known = kept.get(key)
    if (known) return { time_ms, grid: known, problem: null }
    try {
      const done = await run<Grid>(PROCESS, inputs, 'result', signal, (standing) => {
        this.#standing = standing
      })
      keep(key, done.value)
      return { time_ms, grid: done.value, problem: null }
    } catch (cause) {
      if (!signal.aborted && !(cause instanceof ServerProblem)) throw cause
      return { time_ms, grid: null, problem: cause instanceof ServerProblem ? cause.words : null }
    } finally {
      this.#standing = null
    }
  }
}

/** The oldest goes first. */
function keep(key: string, grid: Grid): void {
  const [oldest] = kept.keys()
  if (kept.size >= KEPT_MOST && oldest !== undefined) kept.delete(oldest)
  kept.set(key, grid)
}

const runs = new WeakMap<Store, SurfaceRun>()

export function surfaceRunOf(store: Store): SurfaceRun {
  const known = runs.get(store) ?? new SurfaceRun()
  runs.set(store, known)
  return known
}

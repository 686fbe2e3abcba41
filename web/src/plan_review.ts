/** 成果审查: a review of plan results as the platform makes and tells it. */
import type { Feature } from 'geojson'
import { ServerProblem } from './config'
import { toInstant } from './clock'
import type { Times, Title } from './model'
import type { Overlay } from './overlay'
import { dismiss, run, type Standing } from './process'
import type { Store } from './store'

export type Severity = 'error' | 'warning' | 'note'

export interface Finding extends Title {
  readonly check: string
  readonly severity: Severity
  readonly layer: string
  readonly keys: readonly string[]
  readonly measured: number | null
  readonly unit: string | null
  readonly point_4490: readonly [lon: number, lat: number] | null
}

export interface Check {
  readonly id: string
  readonly title: Title
  readonly severity: Severity
  readonly total: number
  readonly ignored: number
  readonly layers: readonly { readonly layer: string; readonly not_run: Title | null }[]
}

export interface Group {
  readonly number: number
  readonly title: Title
  readonly not_run: boolean
  readonly checks: readonly Check[]
}

export interface Report {
  readonly delivery: string
  readonly reviewed_at: string
  readonly synthetic: boolean
  readonly passed: boolean
  readonly totals: Readonly<Record<Severity, number>>
  readonly titles: Readonly<Record<string, Title>>
  readonly groups: readonly Group[]
  readonly findings: readonly Finding[]
  /** Defects that are counted and not listed. */
  readonly cut: number
}

/** What is to be reviewed. */
export interface Wanted {
  /** A delivery; null: what the platform holds. */
  readonly file: File | null
  /** None: all of them. */
  readonly layers: readonly string[]
  readonly groups: readonly number[]
  readonly times: Times
}

/** Bytes of a delivery that may come within a request: in base64 they are a third more. */
export const FILE_MOST_BYTES = 5_900_000
/** The groups of checks, in their order 检查组. */
export const GROUPS: readonly Title[] = [
  { zh: '完整性', en: 'Completeness' },
  { zh: '数学基础', en: 'Mathematical basis' },
  { zh: '结构', en: 'Structure' },
  { zh: '值域', en: 'Values' },
  { zh: '唯一性', en: 'Uniqueness' },
  { zh: '几何', en: 'Geometry' },
  { zh: '拓扑', en: 'Topology' },
  { zh: '跨层一致', en: 'Across layers' },
  { zh: '面积', en: 'Areas' },
  { zh: '指标', en: 'Indicators' },
  { zh: '传导', en: 'Handed down' },
  { zh: '变更', en: 'Changes' },
]
const PROCESS = 'plan-review'

/** The review of this page: it goes on while other panels are open. */
export class PlanReview {
  wanted: Wanted = { file: null, layers: [], groups: [], times: { datetime: null, asof: null } }
  /** How the job stands; null while none runs. */
  standing: Standing | null = null
  running = false
  report: Report | null = null
  /** Of the report. */
  job = ''
  /** The report is of layers that the platform holds. */
  held = true
  problem: string | null = null
  /** Told whenever something of this changes. */
  changed: () => void = () => undefined
  #abort = new AbortController()

  async start(wanted: Wanted): Promise<void> {
    if (this.running) return
    this.#abort = new AbortController()
    const { signal } = this.#abort
    Object.assign(this, { wanted, running: true, problem: null, standing: null })
    this.changed()
    try {
      const done = await run<Report>(PROCESS, await inputsOf(wanted), 'report', signal, (standing) => {
        this.standing = standing
        this.changed()
      })
      Object.assign(this, { report: done.value, job: done.job, held: wanted.file === null })
    } catch (cause) {
      if (!signal.aborted) {
        if (!(cause instanceof ServerProblem)) throw cause
        this.problem = cause.words
      }
    } finally {
      this.running = false
      this.standing = null
      this.changed()
    }
  }

  /** Gives the review up, here and on the platform. */
  cancel(): void {
    const { standing } = this
    this.#abort.abort()
    if (standing) dismiss(standing.jobID)
  }
}

const reviews = new WeakMap<Store, PlanReview>()

export function planReviewOf(store: Store): PlanReview {
  const known = reviews.get(store) ?? new PlanReview()
  reviews.set(store, known)
  return known
}

async function inputsOf({ file, layers, groups, times }: Wanted): Promise<Record<string, unknown>> {
  return {
    ...(file ? { file: { name: file.name, content: await base64Of(file) } } : {}),
    ...(!file && layers.length ? { layers } : {}),
    ...(groups.length ? { checks: groups } : {}),
    ...(times.datetime ? { datetime: toInstant(times.datetime) } : {}),
    ...(times.asof ? { asof: toInstant(times.asof) } : {}),
  }
}

function base64Of(file: File): Promise<string> {
  return new Promise((done, fail) => {
    const reader = new FileReader()
    reader.onload = () => done(String(reader.result).replace(/^[^,]*,/, ''))
    reader.onerror = () => fail(new ServerProblem(0, `文件读不出:${file.name}`, `The file cannot be read: ${file.name}`))
    reader.readAsDataURL(file)
  })
}

/** Defects of one severity in a group. */
export function countOf({ checks }: Group, severity: Severity): number {
  return checks.filter((check) => check.severity === severity).reduce((sum, { total }) => sum + total, 0)
}

const COLORS: Readonly<Record<Severity, string>> = { error: '#a8362a', warning: '#7a5200', note: '#2d5f8a' }

/** 问题位置: the defects of what is open, the chosen one large. */
export const DEFECTS: Overlay = {
  id: 'defects',
  level: 2.1,
  layers: [
    {
      id: 'defects:point',
      type: 'circle',
      source: 'defects',
      paint: {
        'circle-color': ['get', 'color'],
        'circle-radius': ['case', ['get', 'chosen'], 11, 5],
        'circle-opacity': ['case', ['get', 'chosen'], 0.55, 0.9],
        'circle-stroke-color': '#ffffff',
        'circle-stroke-width': ['case', ['get', 'chosen'], 3, 1.2],
      },
    },
  ],
}

export function defectOf(finding: Finding, chosen: boolean): Feature | null {
  const at = finding.point_4490
  if (!at) return null
  return {
    type: 'Feature',
    properties: { color: COLORS[finding.severity], chosen },
    geometry: { type: 'Point', coordinates: [...at] },
  }
}

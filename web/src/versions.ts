/** 版本对比: the versions of plans, and what differs in a layer between two dates. */
import { toWallTime } from './clock'
import { address, fetchJson } from './config'
import { fetchItems, itemsAddress } from './items'
import { outputOf, run, type Standing } from './process'

export const VERSIONS = 'plan-versions'
const PROCESS = 'plan-difference'
const MOST_VERSIONS = 500
const BINDING = ['approved', 'filed', 'maintained']

/** A version of a plan from the day on when it took a status that binds. */
export interface Version {
  readonly id: string
  readonly status: string
  readonly document: string | null
  /** Wall time, Beijing. */
  readonly from: string
}

export interface Balance {
  readonly code: string
  readonly before_m2: number
  readonly after_m2: number
  readonly added_m2: number
  readonly removed_m2: number
  readonly moved_in_m2: number
  readonly moved_out_m2: number
}

export interface Transition {
  /** null: outside the layer. */
  readonly before: string | null
  readonly after: string | null
  readonly area_m2: number
}

export interface Report {
  readonly layer: string
  readonly rows: { readonly removed: number; readonly inserted: number; readonly before: number }
  readonly areas: {
    readonly by: string | null
    readonly doubled_m2: number
    readonly classes: readonly Balance[]
    readonly transitions: readonly Transition[]
  }
  readonly proof: { readonly a_and_difference_are_b: boolean }
  readonly nature: string
}

export interface Question {
  readonly layer: string
  /** Instants, RFC 3339. */
  readonly from: string
  readonly to: string
  readonly asof: string | null
}

/** Layers whose states can be held against each other, by id. */
export async function comparable(signal: AbortSignal): Promise<readonly string[]> {
  const told = await fetchJson<{ inputs: { layer: { schema: { enum: readonly string[] } } } }>(
    address(`processes/${PROCESS}`),
    signal,
  )
  return told.inputs.layer.schema.enum
}

/** Every version of a plan that ever bound, the newest first. */
export async function versions(signal: AbortSignal): Promise<readonly Version[]> {
  const url = itemsAddress(VERSIONS, { limit: MOST_VERSIONS }, { datetime: null, asof: null })
  url.searchParams.set('datetime', '../..')
  const { features } = await fetchItems(url, signal)
  return features
    .flatMap(({ id, properties }) => {
      const { status, document_no: document, valid_from: from } = properties ?? {}
      if (typeof from !== 'string' || !BINDING.includes(String(status))) return []
      return [{ id: String(id), status: String(status), document: document ? String(document) : null, from: toWallTime(from) }]
    })
    .sort((a, b) => b.from.localeCompare(a.from))
}

/** What differs, with areas by class; ServerProblem says why where that cannot be told. */
export async function difference(
  question: Question,
  signal: AbortSignal,
  tell: (standing: Standing) => void,
): Promise<Report> {
  const inputs = { ...inputsOf(question), format: 'none', limit: 0 }
  return (await run<Report>(PROCESS, inputs, 'report', signal, tell)).value
}

/** Where the difference lies as a GeoPackage, once it is written. */
export async function differenceFile(
  question: Question,
  signal: AbortSignal,
  tell: (standing: Standing) => void,
): Promise<URL> {
  const inputs = { ...inputsOf(question), whole: false, format: 'geopackage', limit: 0 }
  const { job } = await run<Report>(PROCESS, inputs, 'report', signal, tell)
  return outputOf(job, 'difference')
}

function inputsOf({ layer, from, to, asof }: Question) {
  const known = asof ? { asof } : {}
  return { layer, from: { datetime: from, ...known }, to: { datetime: to, ...known } }
}

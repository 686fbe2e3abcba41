/** 设施台账: what is installed in the city, by layer and state of life; each asset with its records and its steps. */
import type { Feature } from 'geojson'
import { toInstant } from './clock'
import { address, fetchJson } from './config'
import { fetchItems, itemsAddress, text, type ItemsQuery } from './items'
import type { Config, Layer, Times } from './model'
import { run } from './process'

/** Where an asset stands in its life, in the order in which they follow. */
export const LIFE = ['planned', 'built', 'in-service', 'retired'] as const
export type Life = (typeof LIFE)[number]
/** The field with the day on which each began. */
export const DAY_OF: Readonly<Record<Life, string>> = {
  planned: 'planned_on',
  built: 'built_on',
  'in-service': 'in_service_on',
  retired: 'retired_on',
}
const RECORDS = ['asset-inspections', 'asset-documents'] as const
const RECORDS_MOST = 50

export interface Counted {
  readonly layer: string
  readonly counts: Readonly<Record<Life, number>>
}

/** A step of assets' lives as an officer writes it. */
export interface Step {
  readonly layer: string
  readonly assets: readonly string[]
  readonly to: Life
  /** A day, `2026-06-30`. */
  readonly day: string
  readonly document: string
  readonly reason: string
  /** Who acts, where that is this machine. */
  readonly author?: string
  readonly department?: string
}

export interface Outcome {
  readonly preview: boolean
  readonly changeset: number | null
  readonly moved: readonly { readonly asset: string; readonly before: Life; readonly after: Life }[]
}

/** Records of an asset, with the layer that has them. */
export interface Records {
  readonly layer: Layer
  readonly rows: readonly Feature[]
}

export async function countAssets({ datetime, asof }: Times, signal: AbortSignal): Promise<readonly Counted[]> {
  const url = address('assets')
  if (datetime) url.searchParams.set('datetime', toInstant(datetime))
  if (asof) url.searchParams.set('asof', toInstant(asof))
  return (await fetchJson<{ layers: readonly Counted[] }>(url, signal)).layers
}

/** What of a layer is listed: a state, and a text that its fields hold. */
export function queryOf(status: Life | null, q: string): ItemsQuery {
  return { ...(status ? { filter: `"status" = ${text(status)}` } : {}), ...(q.trim() ? { q: q.trim() } : {}) }
}

/** Inspections and papers of an asset, of the layers that the visitor may see. */
export async function recordsOf(
  config: Config,
  layer: string,
  asset: string,
  times: Times,
  signal: AbortSignal,
): Promise<readonly Records[]> {
  const there = RECORDS.flatMap((id) => config.layers.filter((each) => each.id === id))
  const filter = `"layer" = ${text(layer)} AND "asset" = ${text(asset)}`
  return Promise.all(
    there.map(async (each) => {
      const url = itemsAddress(each.id, { filter, limit: RECORDS_MOST }, times)
      return { layer: each, rows: (await fetchItems(url, signal)).features }
    }),
  )
}

/** Checks a step, or takes it; ServerProblem says why it cannot follow. */
export async function advance(step: Step, preview: boolean, signal: AbortSignal): Promise<Outcome> {
  const inputs = { ...step, preview }
  return (await run<Outcome>('advance-asset', inputs, 'outcome', signal, () => undefined)).value
}

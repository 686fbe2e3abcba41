/** Pages of a layer's features without a map: for lists, tables and names. */
import type { Feature } from 'geojson'
import { toInstant } from './clock'
import { address, fetchJson } from './config'
import type { Bounds4490, FeatureRef, Layer, Times } from './model'

/** What of a layer is asked for, as `/collections/{layer}/items` names its parameters. */
export interface ItemsQuery {
  readonly filter?: string
  readonly q?: string
  readonly sortby?: string
  readonly properties?: readonly string[]
  readonly bbox?: Bounds4490
  readonly limit?: number
  readonly skipGeometry?: boolean
}

export interface ItemsPage {
  readonly features: readonly Feature[]
  /** Address of the page that follows; null on the last. */
  readonly next: string | null
  /** How many match in all, where the server knows it exactly. */
  readonly matched: number | null
  readonly estimated: number | null
}

interface Answer {
  readonly features: readonly Feature[]
  readonly links?: readonly { readonly rel: string; readonly href: string }[]
  readonly numberMatched?: number
  readonly 'onemap:numberMatchedEstimated'?: number
}

/** Address of what matches at these times; `format` as the parameter `f` has it. */
export function itemsAddress(layer: string, query: ItemsQuery, times: Times, format?: string): URL {
  const url = address(`collections/${encodeURIComponent(layer)}/items`)
  const { properties, bbox, ...plain } = query
  for (const [name, value] of Object.entries(plain)) {
    if (value !== undefined && value !== '') url.searchParams.set(name, String(value))
  }
  if (properties?.length) url.searchParams.set('properties', properties.join(','))
  if (bbox) url.searchParams.set('bbox', bbox.map((each) => each.toFixed(6)).join(','))
  if (times.datetime) url.searchParams.set('datetime', toInstant(times.datetime))
  if (times.asof) url.searchParams.set('asof', toInstant(times.asof))
  if (format) url.searchParams.set('f', format)
  return url
}

/** One page of items; refusals become a ServerProblem. */
export async function fetchItems(url: URL, signal: AbortSignal): Promise<ItemsPage> {
  const answer = await fetchJson<Answer>(url, signal)
  const next = answer.links?.find((link) => link.rel === 'next')?.href
  return {
    features: answer.features,
    // Below the page's own root, whichever name the server gives itself.
    next: next ? address(next.slice(next.indexOf('collections/'))).href : null,
    matched: answer.numberMatched ?? null,
    estimated: answer['onemap:numberMatchedEstimated'] ?? null,
  }
}

/** The field that names a layer's features to people; null where it has none. */
export function nameField(layer: Layer): string | null {
  return layer.legend.label ?? layer.fields.find((each) => each.name === 'name')?.name ?? null
}

/** What people call a feature: its name, else its identity. */
export function nameOf(layer: Layer, fid: string, properties: Feature['properties'] | undefined): string {
  const field = nameField(layer)
  const value: unknown = field && properties?.[field]
  return typeof value === 'string' && value ? value : fid
}

/** Names of features of one layer by identity; those that are not there at these times are left out. */
export async function fetchNames(
  layer: Layer,
  refs: readonly FeatureRef[],
  times: Times,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const field = nameField(layer)
  if (!field) return new Map()
  const query = {
    filter: `id IN (${refs.map(({ fid }) => text(fid)).join(',')})`,
    properties: [field],
    skipGeometry: true,
    limit: refs.length,
  }
  const { features } = await fetchItems(itemsAddress(layer.id, query, times), signal)
  return new Map(
    features.map((each) => [String(each.id), nameOf(layer, String(each.id), each.properties)]),
  )
}

/** One feature as it stands at these times; null where it is not there then, which is no error. */
export async function findFeature(
  layer: string,
  fid: string,
  times: Times,
  signal: AbortSignal,
): Promise<Feature | null> {
  const query = { filter: `id IN (${text(fid)})`, limit: 1 }
  const { features } = await fetchItems(itemsAddress(layer, query, times), signal)
  return features[0] ?? null
}

/** A text as CQL2 writes it. */
export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}

/** A text as the beginning of a CQL2 `LIKE` pattern. */
export function beginning(value: string): string {
  return text(`${value.replace(/[\\%_]/g, (mark) => `\\${mark}`)}%`)
}

/** Lists of what differs between two states of a layer, and one difference by itself. */
import type { Feature } from 'geojson'
import type { Span } from './compare'
import { address, fetchJson } from './config'
import type { Op } from './difference_look'
import { findFeature } from './items'
import type { Bounds4490, Layer } from './model'

/** One field of a feature, before and after. */
export interface FieldChange {
  readonly name: string
  readonly old: unknown
  readonly new: unknown
}

/** What became of one feature. */
export interface Change {
  readonly fid: string
  readonly op: Op
  /** As it is now, or of what was removed, as it was. */
  readonly feature: Feature
  readonly fields: readonly FieldChange[]
}

export interface ChangesPage {
  readonly changes: readonly Change[]
  /** Address of the page that follows; null on the last. */
  readonly next: string | null
}

interface Told extends Feature {
  readonly change: 'insert' | 'update' | 'delete'
  readonly fields?: readonly FieldChange[]
}

interface Answer {
  readonly features: readonly Told[]
  readonly links?: readonly { readonly rel: string; readonly href: string }[]
}

const OPS: Readonly<Record<Told['change'], Op>> = { insert: 'added', update: 'changed', delete: 'removed' }
/** The name of the shape among the fields. */
export const GEOMETRY = 'geometry'

/** Where the changes within a box are listed; `pinned` as the difference's TileJSON says it. */
export function changesAddress(
  layer: string,
  pinned: Readonly<Record<string, string>>,
  bbox: Bounds4490,
  limit: number,
): URL {
  const url = address(`collections/${encodeURIComponent(layer)}/changes`)
  const box = bbox.map((each) => each.toFixed(6)).join(',')
  url.search = new URLSearchParams({ ...pinned, bbox: box, limit: String(limit) }).toString()
  return url
}

/** One page of changes; refusals become a ServerProblem. */
export async function fetchChanges(url: URL, signal: AbortSignal): Promise<ChangesPage> {
  const answer = await fetchJson<Answer>(url, signal)
  const next = answer.links?.find((link) => link.rel === 'next')?.href
  return {
    changes: answer.features.map(({ change, fields = [], ...feature }) => ({
      fid: String(feature.id),
      op: OPS[change],
      feature,
      fields,
    })),
    // Below the page's own root, whichever name the server gives itself.
    next: next ? address(next.slice(next.indexOf('collections/'))).href : null,
  }
}

/** What became of one feature between two states; null where it is the same in both, or in neither. */
export async function fetchChange(
  layer: Layer,
  fid: string,
  { older, newer }: Span,
  signal: AbortSignal,
): Promise<Change | null> {
  const asked = [older, newer].map((times) => findFeature(layer.id, fid, times, signal))
  const [before, after] = await Promise.all(asked)
  if (!before) return after ? { fid, op: 'added', feature: after, fields: [] } : null
  if (!after) return { fid, op: 'removed', feature: before, fields: [] }
  const shape = [before, after].map((each) => JSON.stringify(each.geometry))
  const fields = layer.fields
    .map(({ name }) => ({ name, old: before.properties?.[name], new: after.properties?.[name] }))
    .filter((each) => JSON.stringify(each.old ?? null) !== JSON.stringify(each.new ?? null))
  const moved = shape[0] === shape[1] ? [] : [{ name: GEOMETRY, old: before.geometry, new: after.geometry }]
  const all = [...moved, ...fields]
  return all.length ? { fid, op: 'changed', feature: after, fields: all } : null
}

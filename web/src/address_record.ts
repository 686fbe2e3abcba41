/** What meets at an address 地址卡: its component, path, names, codes and all that is tied to it, at any times. */
import type { Feature } from 'geojson'
import { address, granted, ServerProblem } from './config'
import { fetchVersions, type Version } from './feed'
import { fetchItems, findFeature, itemsAddress, text } from './items'
import type { Config, Times } from './model'

const ROWS_MOST = 50
/** The tree has so many ranks at most. */
const STEPS_MOST = 18

/** A layer whose rows belong to a component, and what of them is told. */
export interface Kept {
  readonly layer: string
  /** What is read first. */
  readonly main: string
  readonly beside: readonly string[]
  /** The fields that say what a row is of. */
  readonly by: readonly string[]
  /** Since when and until when it holds is told. */
  readonly dated?: boolean
}

const OF_COMPONENT = ['component_id']

export const KEPT: readonly Kept[] = [
  { layer: 'addresses', main: 'full_text', beside: ['form', 'role', 'status', 'position_method', 'accuracy_m'], by: OF_COMPONENT },
  { layer: 'place-names', main: 'han', beside: ['form', 'status', 'pinyin', 'approval_document', 'origin'], by: OF_COMPONENT },
  { layer: 'address-codes', main: 'code', beside: ['scheme'], by: ['component_id', 'address_id'], dated: true },
  { layer: 'address-aliases', main: 'text', beside: ['kind', 'source'], by: OF_COMPONENT },
  { layer: 'address-lineage', main: 'kind', beside: ['happened_on', 'document_number', 'remark'], by: ['from_id', 'to_id'] },
  { layer: 'address-events', main: 'to_status', beside: ['happened_at', 'actor', 'actor_role', 'document_number', 'remark'], by: ['subject_id'] },
  { layer: 'doorplates', main: 'plate_number', beside: ['text', 'kind', 'installed', 'condition'], by: OF_COMPONENT },
  { layer: 'object-links', main: 'object_name', beside: ['kind', 'role', 'confidence'], by: ['address_id'], dated: true },
] // prettier-ignore

/** Rows of one layer; null: the visitor does not see the layer. */
export type Rows = readonly Feature[] | ServerProblem | null

export interface AddressRecord {
  readonly id: string
  /** From the province down to the component itself; empty where it is not there at these times. */
  readonly path: readonly Feature[]
  /** The village in which it lies, where the path does not lead through it. */
  readonly region: Feature | null
  /** What took its place, and what it was before, by identity. */
  readonly others: ReadonlyMap<string, Feature>
  readonly rows: ReadonlyMap<string, Rows>
  /** Where it is: its entrance, its outline or its line. */
  readonly place: Feature | null
  readonly versions: readonly Version[]
}

/** All that is kept of a component at these times; `first` is told its path as soon as that is known. */
export async function readRecord(
  id: string,
  config: Config,
  times: Times,
  signal: AbortSignal,
  first: (record: AddressRecord) => void,
): Promise<AddressRecord> {
  const component = (fid: string) => findFeature('components', fid, times, signal)
  const own = KEPT.find(({ layer }) => layer === 'addresses')
  const [path, addresses, versions] = await Promise.all([
    pathOf(id, component),
    own ? rowsOf(own, [id], config, times, signal) : null,
    fetchVersions({ layer: 'components', fid: id }, signal).then((found) => found ?? []),
  ])
  const nothing = { region: null, others: new Map(), rows: new Map([['addresses', addresses]]), place: null }
  first({ id, path, versions, ...nothing })
  const ids = [id, ...(Array.isArray(addresses) ? addresses.map((each: Feature) => String(each.id)) : [])]
  const read = KEPT.filter((kept) => kept !== own).map(async (kept): Promise<[string, Rows]> => [
    kept.layer,
    await rowsOf(kept, ids, config, times, signal),
  ])
  const rows = new Map<string, Rows>([['addresses', addresses], ...(await Promise.all(read))])
  const self = path.at(-1)
  const entrance = Array.isArray(addresses) ? (addresses as readonly Feature[])[0] : undefined
  const lineage = rows.get('address-lineage')
  const related = new Set([
    self?.properties?.successor_id,
    ...(Array.isArray(lineage) ? (lineage as readonly Feature[]) : []).flatMap(({ properties }) => [
      properties?.from_id,
      properties?.to_id,
    ]),
  ])
  related.delete(id)
  const names = [...related].filter((each): each is string => typeof each === 'string').slice(0, ROWS_MOST)
  const lies: unknown = entrance?.properties?.region_id
  const [others, region, place] = await Promise.all([
    componentsOf(names, times, signal),
    typeof lies === 'string' && !path.some((each) => each.id === lies) ? component(lies) : null,
    entrance ?? placeOf(id, Number(self?.properties?.element), config, times, signal),
  ])
  return { id, path, region, others, rows, place, versions }
}

/** The picture of a plate with its QR, as an address of this page. */
export async function plate(code: string, signal: AbortSignal): Promise<string> {
  const answer = await granted(address(`v1/plates/${encodeURIComponent(code)}`), { signal })
  return URL.createObjectURL(await answer.blob())
}

async function pathOf(id: string, component: (fid: string) => Promise<Feature | null>): Promise<Feature[]> {
  const path: Feature[] = []
  let next: unknown = id
  while (typeof next === 'string' && path.length < STEPS_MOST) {
    const found: Feature | null = await component(next)
    if (!found) break
    path.unshift(found)
    next = found.properties?.parent_id
  }
  return path
}

async function rowsOf(
  { layer, by, main }: Kept,
  ids: readonly string[],
  config: Config,
  times: Times,
  signal: AbortSignal,
): Promise<Rows> {
  const fields = config.layers.find((each) => each.id === layer)?.fields.map(({ name }) => name)
  const known = by.filter((field) => fields?.includes(field))
  if (!fields || !known.length) return null
  const filter = known.map((field) => `"${field}" IN (${ids.map(text).join(',')})`).join(' OR ')
  const sortby = fields.includes(main) ? { sortby: main } : {}
  try {
    const query = { filter, limit: ROWS_MOST, ...sortby }
    return (await fetchItems(itemsAddress(layer, query, times), signal)).features
  } catch (cause) {
    if (cause instanceof ServerProblem && !signal.aborted) return cause
    throw cause
  }
}

async function componentsOf(
  ids: readonly string[],
  times: Times,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Feature>> {
  if (!ids.length) return new Map()
  const query = { filter: `id IN (${ids.map(text).join(',')})`, limit: ids.length }
  const { features } = await fetchItems(itemsAddress('components', query, times), signal)
  return new Map(features.map((each) => [String(each.id), each]))
}

/** Outlines of divisions and lines of roads are kept by the identity of their component. */
async function placeOf(
  id: string,
  element: number,
  { layers }: Config,
  times: Times,
  signal: AbortSignal,
): Promise<Feature | null> {
  const layer = element < 40 ? 'regions' : 'named-roads'
  return layers.some((each) => each.id === layer) ? findFeature(layer, id, times, signal) : null
}

/** What meets at a component of the register at the chosen times, read from its layers. */
import type { Feature } from 'geojson'
import { granted } from './config'
import { fetchVersions, type Version } from './feed'
import { fetchItems, fetchNames, findFeature, itemsAddress, text } from './items'
import type { Config, Layer, Times } from './model'
import { address } from './origin'

/** Rank of an element of the tree below which things are shapes, not doors. */
const FIRST_DOOR = 50
const FIRST_ROAD = 40
const FIRST_PLACE = 95
const MOST = 100
const DEEPEST = 20

export interface Gathered {
  /** null: it is not there at these times. */
  readonly component: Feature | null
  /** What it lies in, from the uppermost down. */
  readonly path: readonly Feature[]
  readonly below: readonly Feature[]
  readonly addresses: readonly Feature[]
  readonly names: readonly Feature[]
  readonly codes: readonly Feature[]
  readonly aliases: readonly Feature[]
  readonly lineage: readonly Feature[]
  readonly events: readonly Feature[]
  readonly plates: readonly Feature[]
  /** null: they are not shared with the visitor. */
  readonly links: readonly Feature[] | null
  /** Names of what the lineage leads to and from, by identity. */
  readonly called: ReadonlyMap<string, string>
  /** Its outline or line. */
  readonly shape: Feature | null
  readonly versions: readonly Version[]
  /** The picture of the code on its plate as an address; null: it has no plate. */
  readonly code: string | null
}

/** Everything at one component. */
export async function gather(
  component: string,
  { layers }: Config,
  times: Times,
  signal: AbortSignal,
): Promise<Gathered> {
  const layerOf = (id: string): Layer | undefined => layers.find((each) => each.id === id)
  const read = async (layer: string, filter: string): Promise<readonly Feature[]> =>
    layerOf(layer) ? (await fetchItems(itemsAddress(layer, { filter, limit: MOST }, times), signal)).features : []
  const key = text(component)
  const own = `"component_id" = ${key}`
  const [found, addresses, names, aliases, lineage, plates, below, versions] = await Promise.all([
    findFeature('components', component, times, signal),
    read('addresses', own),
    read('place-names', own),
    read('address-aliases', own),
    read('address-lineage', `"from_id" = ${key} OR "to_id" = ${key}`),
    read('doorplates', own),
    read('components', `"parent_id" = ${key}`),
    fetchVersions({ layer: 'components', fid: component }, signal).catch(() => []),
  ])
  const ids = addresses.map(({ id }) => text(String(id))).join(',')
  const related = lineage.flatMap(({ properties }) => [properties?.from_id, properties?.to_id])
  const others = [...new Set([...related, found?.properties?.successor_id])]
    .filter((each) => typeof each === 'string')
    .map((fid) => ({ layer: 'components', fid }))
  const tree = layerOf('components')
  const [codes, events, links, called, path, shape, code] = await Promise.all([
    read('address-codes', ids ? `${own} OR "address_id" IN (${ids})` : own),
    read('address-events', `"subject_id" IN (${[key, ids].filter(Boolean).join(',')})`),
    layerOf('object-links') ? (ids ? read('object-links', `"address_id" IN (${ids})`) : []) : null,
    tree && others.length ? fetchNames(tree, others, times, signal) : new Map<string, string>(),
    pathTo(found, times, signal),
    shapeOf(found, times, signal),
    plateOf(found, plates, signal),
  ])
  return {
    component: found, path, below, addresses, names, codes, aliases, lineage, events, plates, links,
    called, shape, versions: versions ?? [], code,
  }
}

async function pathTo(component: Feature | null, times: Times, signal: AbortSignal) {
  const path: Feature[] = []
  let above: unknown = component?.properties?.parent_id
  while (typeof above === 'string' && above && path.length < DEEPEST) {
    const found = await findFeature('components', above, times, signal)
    if (!found) break
    path.unshift(found)
    above = found.properties?.parent_id
  }
  return path
}

function rankOf(component: Feature | null): number {
  return Number(component?.properties?.element ?? 0)
}

async function shapeOf(component: Feature | null, times: Times, signal: AbortSignal) {
  const rank = rankOf(component)
  if (!component || rank >= FIRST_DOOR) return null
  return findFeature(rank < FIRST_ROAD ? 'regions' : 'named-roads', String(component.id), times, signal).catch(
    () => null,
  )
}

async function plateOf(component: Feature | null, plates: readonly Feature[], signal: AbortSignal) {
  const rank = rankOf(component)
  const number: unknown = plates[0]?.properties?.plate_number
  if (!component || (!plates.length && (rank < FIRST_DOOR || rank >= FIRST_PLACE))) return null
  const named = typeof number === 'string' && number ? number : String(component.id)
  const url = address(`v1/plates/${encodeURIComponent(named)}`)
  url.searchParams.set('f', 'qr')
  try {
    // Asked for by whoever is signed in, which a picture's own address could not be.
    const drawing = await (await granted(url, { signal })).text()
    return `data:image/svg+xml,${encodeURIComponent(drawing)}`
  } catch {
    return null
  }
}

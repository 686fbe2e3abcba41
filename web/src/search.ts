/** Features of the shown layers by name or other text, best first. */
import { ServerProblem } from './config'
import { beginning, fetchItems, itemsAddress, nameField, nameOf } from './items'
import type { Feature } from 'geojson'
import { isVisible, ordered, type Config, type Layer, type MapState } from './model'

const PREFIX_HITS = 6
const TEXT_HITS = 12
const MOST_SHOWN = 30

export interface Hit {
  readonly layer: Layer
  readonly fid: string
  readonly name: string
  /** The text in which it was found, where that is not the name. */
  readonly beside: string | null
}

export interface Found {
  readonly hits: readonly Hit[]
  /** Layers that could not be searched, and why. */
  readonly failed: readonly { readonly layer: Layer; readonly problem: ServerProblem }[]
}

/** Exact names before beginnings, before parts of names, before other texts; then the shorter name. */
export async function search(
  typed: string,
  config: Config,
  state: MapState,
  signal: AbortSignal,
): Promise<Found> {
  const layers = ordered(state, config.layers).filter((layer) => isVisible(state, layer))
  const asked = await Promise.allSettled(layers.map((layer) => searchLayer(typed, layer, state, signal)))
  if (signal.aborted) throw new DOMException('superseded', 'AbortError')
  const hits = asked.flatMap((each) => (each.status === 'fulfilled' ? each.value : []))
  const failed = asked.flatMap((each, at) => {
    const layer = layers[at]
    if (each.status === 'fulfilled' || !layer) return []
    const { reason } = each
    const problem =
      reason instanceof ServerProblem ? reason : new ServerProblem(0, '读取失败。', String(reason))
    return [{ layer, problem }]
  })
  return { hits: best(hits, typed), failed }
}

/** How well a name answers what was typed: 0 exactly, 1 it begins so, 2 it has it, 3 it does not. */
export function rank(name: string, typed: string): number {
  const [have, want] = [name.toLocaleLowerCase(), typed.toLocaleLowerCase()]
  if (have === want) return 0
  if (have.startsWith(want)) return 1
  return have.includes(want) ? 2 : 3
}

/** Best first; hits of equal rank by length of the name, layers keeping their order. */
export function best(hits: readonly Hit[], typed: string): readonly Hit[] {
  return [...hits]
    .sort((a, b) => rank(a.name, typed) - rank(b.name, typed) || a.name.length - b.name.length)
    .slice(0, MOST_SHOWN)
}

async function searchLayer(
  typed: string,
  layer: Layer,
  state: MapState,
  signal: AbortSignal,
): Promise<readonly Hit[]> {
  if (!layer.fields.some((field) => field.type === 'text')) return []
  const name = nameField(layer)
  const ask = async (query: Parameters<typeof itemsAddress>[1]) =>
    (await fetchItems(itemsAddress(layer.id, { ...query, skipGeometry: true }, state), signal)).features
  const found = await Promise.all([
    // Sorted by name the exact one comes first, however many begin like it.
    name ? ask({ filter: begins(name, typed), sortby: name, limit: PREFIX_HITS }) : [],
    ask({ q: typed, limit: TEXT_HITS }),
  ])
  const byFid = new Map(found.flat().map((feature) => [String(feature.id), feature]))
  return [...byFid].map(([fid, feature]) => hitOf(layer, fid, feature, typed))
}

/** Text without case, such as Chinese, is compared as it is: that is five times as fast. */
function begins(name: string, typed: string): string {
  const pattern = beginning(typed)
  const caseless = typed.toLowerCase() === typed.toUpperCase()
  return caseless ? `"${name}" LIKE ${pattern}` : `CASEI("${name}") LIKE CASEI(${pattern})`
}

function hitOf(layer: Layer, fid: string, { properties }: Feature, typed: string): Hit {
  const name = nameOf(layer, fid, properties)
  if (rank(name, typed) < 3) return { layer, fid, name, beside: null }
  const words = typed.toLocaleLowerCase().split(/[\s,,]+/)
  const other = Object.values(properties ?? {}).find(
    (value) =>
      typeof value === 'string' &&
      value !== name &&
      words.some((word) => value.toLocaleLowerCase().includes(word)),
  )
  return { layer, fid, name, beside: typeof other === 'string' ? other : null }
}

/** The selected feature: which one, what is known of it, and the others under the same click. */
import type { Feature } from 'geojson'
import { selectedTimes } from './compare'
import { ServerProblem } from './config'
import type { Shown } from './elements/feature_card'
import { fetchFeature, fetchVersions } from './feed'
import { fetchNames, findFeature } from './items'
import type { Config, FeatureRef, Layer, MapState, Times } from './model'
import type { Store } from './store'

const MOST_NAMED = 50
const NAMES_WITHIN_MS = 8000

export class Selection {
  shown: Shown | null = null
  #candidates: readonly FeatureRef[] = []
  #names: ReadonlyMap<string, string> = new Map()
  #config: Config | null = null
  #abort = new AbortController()

  constructor(
    private readonly store: Store,
    private readonly changed: () => void,
  ) {}

  get feature(): Feature | null {
    return this.shown?.feature ?? null
  }

  get candidates(): readonly FeatureRef[] {
    return this.#candidates
  }

  /** Names of the candidates by `layer/fid`, as they become known. */
  get names(): ReadonlyMap<string, string> {
    return this.#names
  }

  /** The layers have become others. */
  relayer(config: Config): void {
    this.#config = config
  }

  /** Begins to follow the store; a link's own selection opens at once. */
  attach(config: Config): void {
    this.relayer(config)
    this.store.subscribe((state, previous) => {
      const moved = JSON.stringify(selectedTimes(state)) !== JSON.stringify(selectedTimes(previous))
      if (!same(state.selected, previous.selected) || moved) void this.#open(state, false)
    })
    void this.#open(this.store.state, false)
  }

  /** Reads the selected feature again where its layer is one of these; null: any may have changed. */
  refresh(layers: ReadonlySet<string> | null): void {
    const { selected } = this.store.state
    if (selected && (layers?.has(selected.layer) ?? true)) void this.#open(this.store.state, true)
  }

  /** The features under a click, topmost first; none clears the selection. `picked`: as the other map has them. */
  pick(refs: readonly FeatureRef[], picked = false): void {
    const { compare } = this.store.state
    this.#candidates = refs
    this.#names = new Map()
    this.store.update({ selected: refs[0] ?? null, compare: compare && { ...compare, picked } })
    if (refs.length > 1) void this.#name(refs)
    this.changed()
  }

  /** Goes to one of the features under the click. */
  choose(ref: FeatureRef): void {
    this.store.update({ selected: ref })
  }

  clear(): void {
    this.pick([])
  }

  async #open(state: MapState, again: boolean): Promise<void> {
    const { selected } = state
    this.#abort.abort()
    const abort = (this.#abort = new AbortController())
    const layer = this.#config?.layers.find((each) => each.id === selected?.layer)
    if (!selected || !layer) return this.#show(null)
    // The history of a feature is the same at all times.
    const versions = this.#kept(layer, selected.fid)?.versions ?? null
    const opening: Shown = { layer, fid: selected.fid, feature: undefined, versions, problem: null }
    // What is open stays readable while it is read again.
    if (!again) this.#show(opening)
    try {
      const feature = await firstOf(selected, selectedTimes(state), abort.signal)
      if (abort.signal.aborted) return
      this.#show({ ...opening, feature })
      const told = await fetchVersions(selected, abort.signal)
      if (!abort.signal.aborted) this.#show({ ...opening, feature, versions: told })
    } catch (cause) {
      if (abort.signal.aborted) return
      const problem = cause instanceof ServerProblem ? cause : unreadable(cause)
      const gone = problem.code === 'unknown-layer'
      this.#show({ ...opening, ...(gone ? { versions: null } : { feature: this.#kept(layer, selected.fid)?.feature }), problem })
    }
  }

  /** What is shown already of the same feature. */
  #kept(layer: Layer, fid: string): Shown | null {
    return this.shown?.layer === layer && this.shown.fid === fid ? this.shown : null
  }

  /** A name that cannot be read leaves the identity in its place. */
  async #name(refs: readonly FeatureRef[]): Promise<void> {
    const layers = this.#config?.layers ?? []
    const asked = layers.map(async (layer) => {
      const own = refs.filter((ref) => ref.layer === layer.id).slice(0, MOST_NAMED)
      if (!own.length) return
      const [times = this.store.state] = selectedTimes(this.store.state)
      const names = await fetchNames(layer, own, times, AbortSignal.timeout(NAMES_WITHIN_MS))
      if (this.#candidates !== refs) return
      const found = [...names].map(([fid, name]): [string, string] => [`${layer.id}/${fid}`, name])
      this.#names = new Map([...this.#names, ...found])
      this.changed()
    })
    await Promise.allSettled(asked)
  }

  #show(shown: Shown | null): void {
    this.shown = shown
    this.changed()
  }
}

/** The feature as it stands at the first of these times at which it is there. */
async function firstOf(ref: FeatureRef, all: readonly Times[], signal: AbortSignal): Promise<Feature | null> {
  const [own, other] = all
  if (!own) return null
  if (!other) return fetchFeature(ref, own, signal)
  const found = await findFeature(ref.layer, ref.fid, own, signal)
  return found ?? findFeature(ref.layer, ref.fid, other, signal)
}

function unreadable(cause: unknown): ServerProblem {
  return new ServerProblem(0, '服务器的答复无法读取。', `The answer cannot be read: ${String(cause)}`)
}

function same(a: FeatureRef | null, b: FeatureRef | null): boolean {
  return a?.layer === b?.layer && a?.fid === b?.fid
}

/** The selected feature: which one, what is known of it, and the others under the same click. */
import type { Feature } from 'geojson'
import { ServerProblem } from './config'
import type { Shown } from './elements/feature_card'
import { fetchFeature, fetchVersions } from './feed'
import type { Config, FeatureRef, MapState } from './model'
import type { Store } from './store'

export class Selection {
  shown: Shown | null = null
  #candidates: readonly FeatureRef[] = []
  #config: Config | null = null
  #abort = new AbortController()

  constructor(
    private readonly store: Store,
    private readonly changed: () => void,
  ) {}

  get feature(): Feature | null {
    return this.shown?.feature ?? null
  }

  get total(): number {
    return this.#candidates.length
  }

  /** From 1; 0 where the selection came with the link. */
  get place(): number {
    const { selected } = this.store.state
    return this.#candidates.findIndex((ref) => same(ref, selected)) + 1
  }

  /** Begins to follow the store; a link's own selection opens at once. */
  attach(config: Config): void {
    this.#config = config
    this.store.subscribe((state, previous) => {
      const moved = state.datetime !== previous.datetime || state.asof !== previous.asof
      if (!same(state.selected, previous.selected) || moved) void this.#open(state, false)
    })
    void this.#open(this.store.state, false)
  }

  /** Reads the selected feature again where its layer is one of these; null: any may have changed. */
  refresh(layers: ReadonlySet<string> | null): void {
    const { selected } = this.store.state
    if (selected && (layers?.has(selected.layer) ?? true)) void this.#open(this.store.state, true)
  }

  /** The features under a click, topmost first; none clears the selection. */
  pick(refs: readonly FeatureRef[]): void {
    this.#candidates = refs
    this.store.update({ selected: refs[0] ?? null })
    this.changed()
  }

  step(by: number): void {
    const { total } = this
    if (!total) return
    const next = this.#candidates[(this.place - 1 + by + total) % total]
    this.store.update({ selected: next ?? null })
  }

  clear(): void {
    this.pick([])
  }

  async #open({ selected, datetime, asof }: MapState, again: boolean): Promise<void> {
    this.#abort.abort()
    const abort = (this.#abort = new AbortController())
    const layer = this.#config?.layers.find((each) => each.id === selected?.layer)
    if (!selected || !layer) return this.#show(null)
    const opening: Shown = { layer, fid: selected.fid, feature: undefined, versions: null, problem: null }
    // What is open stays readable while it is read again.
    if (!again) this.#show(opening)
    try {
      const feature = await fetchFeature(selected, { datetime, asof }, abort.signal)
      if (abort.signal.aborted) return
      this.#show({ ...opening, feature, versions: this.#kept(opening)?.versions ?? null })
      const versions = await fetchVersions(selected, abort.signal)
      if (!abort.signal.aborted) this.#show({ ...opening, feature, versions })
    } catch (cause) {
      if (abort.signal.aborted) return
      const problem = cause instanceof ServerProblem ? cause.message : String(cause)
      this.#show({ ...opening, feature: this.#kept(opening)?.feature, problem })
    }
  }

  /** What is shown already of the same feature. */
  #kept({ layer, fid }: Shown): Shown | null {
    return this.shown?.layer === layer && this.shown.fid === fid ? this.shown : null
  }

  #show(shown: Shown | null): void {
    this.shown = shown
    this.changed()
  }
}

function same(a: FeatureRef | null, b: FeatureRef | null): boolean {
  return a?.layer === b?.layer && a?.fid === b?.fid
}

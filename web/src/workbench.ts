/** What a panel has at hand: the city's layers, the state, the selection, and the map where there is one. */
import type { Difference } from './difference'
import type { Config, FeatureRef } from './model'
import type { Selection } from './selection'
import type { Stage } from './stage'
import type { Store } from './store'
import type { FeedStatus } from './tile_feed'

export interface Workbench {
  /** Another one when the layers become others. */
  config: Config
  readonly store: Store
  readonly selection: Selection
  /** null where this browser cannot draw the map. */
  readonly stage: Stage | null
  /** What differs, as it is drawn; null where there is no map. */
  readonly difference: Difference | null
  /** How reading a layer for the map went last. */
  status(layer: string): FeedStatus | undefined
  /** Draws a layer anew that was changed from this page, before its change is announced. */
  changed(layer: string): void
  /** Selects a feature and shows where it lies. */
  visit(ref: FeatureRef): void
}

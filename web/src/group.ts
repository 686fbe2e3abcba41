/** What far tiles show together. */
import type { Layer } from './model'

/** Several features of a layer shown as one. */
export interface Group {
  readonly layer: Layer
  /** How many they are; of a dissolved area, in its tile. */
  readonly count: number
  /** m² on the ground, of a dissolved area in its tile; null: of points. */
  readonly area_m2: number | null
  /** How many of each class, the most frequent first; a class that has no code is empty. */
  readonly classes: readonly (readonly [code: string, count: number])[]
}

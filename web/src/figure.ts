/** One figure of a sketch 草图. */
import type { Geometry } from 'geojson'

export interface Figure {
  readonly name: string
  readonly note: string
  /** `#rrggbb` */
  readonly color: string
  readonly geometry: Geometry
}

/** Colours on offer, told apart on light ground by everybody; the first is the one to begin with. */
export const COLORS: readonly string[] = ['#8a1f5c', '#c2410c', '#1d5fa8', '#2f7d32', '#5b3fa0', '#333333']

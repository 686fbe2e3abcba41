/** The sketch 草图: figures the visitor draws for themselves; they stay on the map and in the link. */
import type { Feature, FeatureCollection } from 'geojson'
import type { Figure } from './figure'
import { decoded, encoded } from './sketch_code'
import { kept } from './sketch_shelf'

export interface Sketch {
  readonly figures: readonly Figure[]
  /** Under what name this browser keeps it; null as long as the link itself carries it. */
  readonly keptAs: string | null
  /** Why there are no figures where the link names some: cut off, or kept by another browser. */
  readonly missing: 'unreadable' | 'elsewhere' | null
}

export const NO_SKETCH: Sketch = { figures: [], keptAs: null, missing: null }
/** The longest sketch a link carries: longer addresses are cut off by mail and by chats. */
export const LINK_MOST = 6000
const KEPT = 'kept.'

const codes = new WeakMap<readonly Figure[], string>()

/** The figures as text, made once. */
export function codeOf(figures: readonly Figure[]): string {
  const known = codes.get(figures)
  if (known !== undefined) return known
  const code = encoded(figures)
  codes.set(figures, code)
  return code
}

/** What stands in the link: the figures, or the name under which this browser keeps them. */
export function toLink({ figures, keptAs, missing }: Sketch): string | null {
  if (missing === 'elsewhere' && keptAs) return KEPT + keptAs
  if (!figures.length) return null
  const code = codeOf(figures)
  return code.length <= LINK_MOST ? code : keptAs && KEPT + keptAs
}

export function fromLink(text: string | null): Sketch {
  if (!text) return NO_SKETCH
  const keptAs = text.startsWith(KEPT) ? text.slice(KEPT.length) : null
  const code = keptAs === null ? text : kept(keptAs)
  if (code === null) return { figures: [], keptAs, missing: 'elsewhere' }
  const figures = decoded(code)
  if (!figures) return { figures: [], keptAs: null, missing: 'unreadable' }
  codes.set(figures, code)
  return { figures, keptAs, missing: null }
}

/** The figures as GeoJSON, with what is known of each among its properties. */
export function collectionOf(figures: readonly Figure[]): FeatureCollection {
  return { type: 'FeatureCollection', features: figures.map(featureOf) }
}

export function featureOf({ geometry, ...properties }: Figure): Feature {
  return { type: 'Feature', properties, geometry }
}

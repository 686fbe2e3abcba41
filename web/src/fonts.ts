import type { FontFacesSpecification } from 'maplibre-gl'
import { address, fetchJson } from './config'

interface Faces {
  readonly family: string
  readonly faces: readonly { readonly url: string; readonly 'unicode-range': string[] }[]
}

/** The platform's own letters, which have every character; where it has made none, the reader's are used. */
export const FAMILY = 'One Map Sans'

let declared: FontFacesSpecification | undefined

/** Learn which file has which character. Without an answer the map is lettered with the reader's fonts. */
export async function loadFaces(): Promise<void> {
  try {
    const { family, faces } = await fetchJson<Faces>(address('fonts/faces.json'))
    if (faces.length === 0) return
    declared = { [family]: faces.map((face) => ({ ...face, url: address(face.url).href })) }
  } catch {
    declared = undefined
  }
}

/** For a style's `font-faces`: each file is loaded when one of its characters is drawn. */
export function fontFaces(): { 'font-faces'?: FontFacesSpecification } {
  return declared ? { 'font-faces': declared } : {}
}

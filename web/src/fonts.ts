import type { FontFacesSpecification } from 'maplibre-gl'

/** The platform's own letters, which have every character; where it has made none, the reader's are used. */
export const FAMILY = 'One Map Sans'

const SHEET = 'fonts/fonts.css'
const FILE = /url\("?([^")]+)"?\)/

/**
 * For a style's `font-faces`: what the page's style sheet declares, so that the list is loaded once.
 * Each file is loaded when one of its characters is drawn.
 */
export function fontFaces(): { 'font-faces'?: FontFacesSpecification } {
  const sheet = [...document.styleSheets].find(({ href }) => href?.endsWith(SHEET))
  if (!sheet?.href) return {}
  const faces = [...sheet.cssRules].flatMap((rule) => {
    const file = rule instanceof CSSFontFaceRule && FILE.exec(rule.style.getPropertyValue('src'))?.[1]
    if (!file) return []
    const ranges = rule.style.getPropertyValue('unicode-range').split(',')
    return [{ url: new URL(file, sheet.href!).href, 'unicode-range': ranges.map((range) => range.trim()) }]
  })
  // In a style sheet the last rule that has a character is meant, in MapLibre's list the first.
  return faces.length > 0 ? { 'font-faces': { [FAMILY]: faces.reverse() } } : {}
}

import { css, svg, html, type TemplateResult } from 'lit'
import type { Legend } from '../model'

export const swatchStyles = css`
  .swatch {
    flex: none;
    width: 22px;
    height: 16px;
    vertical-align: -3px;
  }
`

/** A small drawing of how a layer, or one class of it, looks on the map. */
export function swatch(legend: Legend, color: string = legend.color): TemplateResult {
  return html`<svg class="swatch" viewBox="0 0 22 16" aria-hidden="true">${shape(legend, color)}</svg>`
}

function shape(legend: Legend, color: string) {
  const edge = legend.outline ?? color
  switch (legend.kind) {
    case 'fill':
      return svg`<rect x="1" y="1" width="20" height="14" rx="2.5" fill=${color}
        fill-opacity=${legend.opacity} stroke=${edge} stroke-width="1.2"></rect>`
    case 'line':
      return svg`${
        legend.outline
          ? svg`<path d="M1 13C7 13 8 3 21 3" fill="none" stroke=${edge}
              stroke-width=${lineWidth(legend) + 2} stroke-linecap="round"></path>`
          : ''
      }<path d="M1 13C7 13 8 3 21 3" fill="none" stroke=${color}
        stroke-width=${lineWidth(legend)} stroke-linecap="round"></path>`
    case 'circle':
      return svg`<circle cx="11" cy="8" r="5" fill=${color} stroke=${legend.outline ?? '#ffffff'}
        stroke-width="1.4"></circle>`
    case 'none':
      return svg`<path d="M3 4h16M3 8h16M3 12h16" stroke="#7b888d" stroke-width="1.4"></path>`
  }
}

function lineWidth(legend: Legend): number {
  return Math.min(4, Math.max(1.6, legend.width_px))
}

import { css, html, svg } from 'lit'
import type { Layer } from '../model'
import type { Look } from '../difference_look'

export const differenceStyle = css`
  .look {
    flex: none;
    width: 30px;
    height: 20px;
    vertical-align: -4px;
  }
  .op {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    white-space: nowrap;
  }
`

/** A small drawing of how one kind of difference looks on the map, after the layer's kind of shape. */
export function lookSwatch({ color, hatch, dash, sign }: Look, layer: Layer | undefined) {
  const dashes = dash.map((each) => each * 2).join(' ')
  const kind = layer?.geometry ?? ''
  const picture = kind.endsWith('Point')
    ? svg`<circle cx="15" cy="10" r="8" fill=${color}></circle>
        <text x="15" y="14.5" text-anchor="middle" font-size="13" fill="#ffffff">${sign}</text>`
    : kind.endsWith('String')
      ? svg`<path d="M2 10h26" stroke=${color} stroke-width="3" stroke-dasharray=${dashes}></path>`
      : svg`<rect x="1.5" y="1.5" width="27" height="17" fill=${color} fill-opacity="0.3"></rect>
          <path d=${HATCHES[hatch] ?? ''} stroke="#22323a" stroke-opacity="0.7" stroke-width="1.2"
            stroke-linecap="round" fill="none"></path>
          <rect x="1.5" y="1.5" width="27" height="17" fill="none" stroke=${color} stroke-width="2"
            stroke-dasharray=${dashes}></rect>`
  return html`<svg class="look" viewBox="0 0 30 20" aria-hidden="true">${picture}</svg>`
}

const HATCHES: Readonly<Record<string, string>> = {
  'hatch-slash': 'M3 17 17 3M13 17 27 3M3 8l5-5M23 17l4-4',
  'hatch-lattice': 'M3 17 17 3M13 17 27 3M3 3l14 14M13 3l14 14',
  'hatch-dots': 'M7 7h0M15 7h0M23 7h0M7 13h0M15 13h0M23 13h0',
}

/** What stands in place of the map where this browser cannot draw it, and on panels that work without. */
import { css, html, nothing } from 'lit'
import { say } from '../language'
import '../messages/mapless'
import type { Workbench } from '../workbench'
import { Spoken } from './spoken'
import { theme } from './theme'

class NoMap extends Spoken {
  static override styles = [
    theme,
    css`
      :host {
        position: absolute;
        inset: 18% 24px auto calc(var(--rail) + var(--side) + 36px);
        max-width: 34rem;
        color: var(--ink-2);
      }
      @media (max-width: 900px) {
        :host {
          inset: 170px 20px auto 20px;
        }
      }
      h2 {
        margin-bottom: 8px;
        font: 600 20px/1.4 var(--serif);
        color: var(--ink);
      }
    `,
  ]

  override render() {
    return html`<h2>${say('noMapTitle')}</h2>
      <p>${say('noMapWords')}</p>
      <p class="en">${say('noMapRemedy')}</p>`
  }
}

/** Says on a panel what of it needs the map; nothing where there is one. */
export function needsMap({ stage }: Workbench) {
  return stage ? nothing : html`<p class="how" role="note">${say('needsMap')}</p>`
}

customElements.define('no-map', NoMap)

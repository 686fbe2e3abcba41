import { css, html } from 'lit'
import { say } from '../language'
import '../messages/rivers'
import { RIVERS_PARTS } from '../rivers_parts'
import type { Workbench } from '../workbench'
import { equipped, PanelElement } from './panel_element'
import './part_tabs'
import { theme } from './theme'

/** 数字河流: the rivers from source to mouth, what stands on them, what is known of it and by which proof. */
export class RiversPanel extends PanelElement {
  static override styles = [
    theme,
    css`
      :host {
        display: block;
        position: relative;
        padding: 12px 16px 16px;
      }
    `,
  ]

  override render() {
    return html`<part-tabs
      .workbench=${this.workbench}
      .parts=${RIVERS_PARTS}
      .label=${say('riverParts')}
    ></part-tabs>`
  }
}

export const open = (workbench: Workbench) => equipped<RiversPanel>('rivers-panel', workbench)

customElements.define('rivers-panel', RiversPanel)

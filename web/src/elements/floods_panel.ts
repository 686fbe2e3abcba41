import { css, html } from 'lit'
import { FLOODS_PARTS } from '../floods_parts'
import { say } from '../language'
import '../messages/floods'
import type { Workbench } from '../workbench'
import { equipped, PanelElement } from './panel_element'
import './part_tabs'
import { theme } from './theme'

/** 防洪四预: what is forecast and warned of, what was rehearsed, what is planned. */
export class FloodsPanel extends PanelElement {
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
    return html`<part-tabs .workbench=${this.workbench} .parts=${FLOODS_PARTS} .label=${say('floodParts')}></part-tabs>`
  }
}

export const open = (workbench: Workbench) => equipped<FloodsPanel>('floods-panel', workbench)

customElements.define('floods-panel', FloodsPanel)

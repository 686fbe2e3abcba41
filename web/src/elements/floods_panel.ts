import { FLOODS_PARTS } from '../floods_parts'
import '../messages/floods'
import type { Workbench } from '../workbench'
import { equipped } from './panel_element'
import { PartedPanel } from './parted_panel'

/** 防洪四预: what is forecast and warned of, what was rehearsed, what is planned. */
export class FloodsPanel extends PartedPanel {
  protected readonly parts = FLOODS_PARTS
  protected readonly label = 'floodParts'
}

export const open = (workbench: Workbench) => equipped<FloodsPanel>('floods-panel', workbench)

customElements.define('floods-panel', FloodsPanel)

import '../messages/rivers'
import { RIVERS_PARTS } from '../rivers_parts'
import type { Workbench } from '../workbench'
import { equipped } from './panel_element'
import { PartedPanel } from './parted_panel'

/** 数字河流: the rivers from source to mouth, what stands on them, what is known of it and by which proof. */
export class RiversPanel extends PartedPanel {
  protected readonly parts = RIVERS_PARTS
  protected readonly label = 'riverParts'
}

export const open = (workbench: Workbench) => equipped<RiversPanel>('rivers-panel', workbench)

customElements.define('rivers-panel', RiversPanel)

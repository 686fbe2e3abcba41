import '../messages/monitoring_parts'
import { MONITORING_PARTS } from '../monitoring_parts'
import type { Workbench } from '../workbench'
import { equipped } from './panel_element'
import { PartedPanel } from './parted_panel'

/** 监测设施: what the city measures and what is installed in it, in parts. */
export class MonitoringPanel extends PartedPanel {
  protected readonly parts = MONITORING_PARTS
  protected readonly label = 'monitoringParts'
}

export const open = (workbench: Workbench) => equipped<MonitoringPanel>('monitoring-panel', workbench)

customElements.define('monitoring-panel', MonitoringPanel)

import { css, html } from 'lit'
import { say } from '../language'
import '../messages/monitoring_parts'
import { MONITORING_PARTS } from '../monitoring_parts'
import type { Workbench } from '../workbench'
import { equipped, PanelElement } from './panel_element'
import './part_tabs'
import { theme } from './theme'

/** 监测设施: what the city measures and what is installed in it, in parts. */
export class MonitoringPanel extends PanelElement {
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
      .parts=${MONITORING_PARTS}
      .label=${say('monitoringParts')}
    ></part-tabs>`
  }
}

export const open = (workbench: Workbench) => equipped<MonitoringPanel>('monitoring-panel', workbench)

customElements.define('monitoring-panel', MonitoringPanel)

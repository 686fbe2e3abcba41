import { css, html } from 'lit'
import { say } from '../language'
import type { Message } from '../messages'
import type { Part } from '../parts'
import { needsMap } from './no_map'
import { PanelElement } from './panel_element'
import './part_tabs'
import { theme } from './theme'

/** A panel that is its parts and nothing besides. */
export abstract class PartedPanel extends PanelElement {
  protected abstract readonly parts: readonly Part[]
  /** What the row of parts is called. */
  protected abstract readonly label: Message

  static override styles = [
    theme,
    css`
      :host {
        display: block;
        position: relative;
        padding: 12px 16px 16px;
      }
      .how {
        margin-bottom: 8px;
        color: var(--ink-2);
        font-size: 12px;
      }
    `,
  ]

  override render() {
    return html`${needsMap(this.workbench)}
      <part-tabs .workbench=${this.workbench} .parts=${this.parts} .label=${say(this.label)}></part-tabs>`
  }
}

import { css, html } from 'lit'
import { textOfDetail } from '../address'
import '../messages/address'
import { say } from '../language'
import type { Workbench } from '../workbench'
import './address_card'
import './address_found'
import { equipped, PanelElement } from './panel_element'
import { theme } from './theme'

/** 地址: a text as it was read, or the card of a component; the link says which. */
export class AddressPanel extends PanelElement {
  static override styles = [
    theme,
    css`
      :host {
        display: block;
      }
      .how {
        padding: 12px 16px;
        color: var(--ink-2);
        font-size: 13px;
      }
    `,
  ]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.workbench.stage?.sketch([])
  }

  override render() {
    const { detail } = this.state
    if (!detail) return html`<p class="how">${say('addressHow')}</p>`
    const text = textOfDetail(detail)
    const choose = (event: CustomEvent<string>) => this.workbench.store.update({ detail: event.detail })
    return text === null
      ? html`<address-card .workbench=${this.workbench} .component=${detail} @choose=${choose}></address-card>`
      : html`<address-found .workbench=${this.workbench} .text=${text} @choose=${choose}></address-found>`
  }
}

export const open = (workbench: Workbench) => equipped<AddressPanel>('address-panel', workbench)

customElements.define('address-panel', AddressPanel)

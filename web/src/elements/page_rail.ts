import { css, html } from 'lit'
import { language, say } from '../language'
import type { Panel } from '../panels'
import sealUrl from '../seal.svg'
import './panel_rail'
import './sign_in'
import type { PanelRail } from './panel_rail'
import { Spoken } from './spoken'
import { theme } from './theme'

/** The edge of the page: its seal, the panels, the language. Fires `choose` with a panel's id, and `speak`. */
export class PageRail extends Spoken {
  static override properties = {
    panels: { attribute: false },
    opened: { attribute: false },
    flat: { type: Boolean, reflect: true },
  }
  declare panels: readonly Panel[]
  /** Id of the open panel. */
  declare opened: string
  /** Lies along the bottom of a narrow window. */
  declare flat: boolean

  static override styles = [
    theme,
    css`
      nav {
        display: flex;
        flex-direction: column;
        height: 100%;
      }
      img {
        align-self: center;
        width: 38px;
        height: 38px;
        margin: 14px 0 12px;
      }
      panel-rail {
        flex: 1;
        overflow-y: auto;
      }
      .language {
        margin: 6px 12px;
        padding: 4px 0;
        font-size: 13px;
      }
      .foot {
        padding: 4px 2px 10px;
        color: var(--ink-3);
        font-size: 12px;
        text-align: center;
      }
      @media (max-height: 940px) {
        img {
          margin: 8px 0 6px;
        }
        .language {
          margin: 2px 12px;
        }
      }
      :host([flat]) nav {
        flex-direction: row;
        align-items: center;
      }
      :host([flat]) img,
      :host([flat]) .foot {
        display: none;
      }
      :host([flat]) panel-rail {
        overflow: visible;
      }
      :host([flat]) sign-in {
        flex: none;
        min-width: 52px;
      }
      :host([flat]) .language {
        flex: none;
        width: 40px;
        margin: 0 8px 0 4px;
      }
    `,
  ]

  override render() {
    const other = language() === 'zh' ? 'en' : 'zh'
    return html`
      <nav aria-label=${say('panels')}>
        <img src=${sealUrl} alt="" />
        <panel-rail
          ?flat=${this.flat}
          .panels=${this.panels}
          .opened=${this.opened}
          @choose=${(event: CustomEvent<string>) =>
            this.dispatchEvent(new CustomEvent('choose', { detail: event.detail }))}
        ></panel-rail>
        <sign-in ?flat=${this.flat}></sign-in>
        <button
          class="language"
          lang=${other === 'en' ? 'en' : 'zh-CN'}
          aria-label=${other === 'en' ? 'EN · English' : '中 · 中文'}
          @click=${() => this.dispatchEvent(new CustomEvent('speak', { detail: other }))}
        >
          ${other === 'en' ? 'EN' : '中'}
        </button>
        <a class="foot" href="static/THIRD-PARTY-NOTICES.txt" target="_blank" rel="noopener">${say('notices')}</a>
      </nav>
    `
  }

  /** Puts the focus on a panel's button. */
  focusButton(id: string): void {
    this.renderRoot.querySelector<PanelRail>('panel-rail')?.focusButton(id)
  }
}

customElements.define('page-rail', PageRail)

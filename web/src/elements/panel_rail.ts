import { css, html, svg, type PropertyValues } from 'lit'
import { named, say } from '../language'
import type { Panel } from '../panels'
import { Spoken } from './spoken'
import { theme } from './theme'

/** The buttons of the panels, a toolbar walked with the arrow keys. Fires `choose` with a panel's id. */
export class PanelRail extends Spoken {
  static override properties = {
    panels: { attribute: false },
    opened: { attribute: false },
    flat: { type: Boolean, reflect: true },
    reached: { state: true },
  }
  declare panels: readonly Panel[]
  /** Id of the open panel. */
  declare opened: string
  /** Lies along the bottom of a narrow window. */
  declare flat: boolean
  /** The button that Tab leads to. */
  declare reached: string | null

  constructor() {
    super()
    this.reached = null
  }

  static override styles = [
    theme,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      .tools {
        display: flex;
        flex-direction: column;
        gap: 2px;
      }
      :host([flat]) .tools {
        flex-direction: row;
        overflow-x: auto;
      }
      button {
        display: flex;
        flex-direction: column;
        align-items: center;
        gap: 2px;
        width: 100%;
        min-height: 56px;
        border: 0;
        border-left: 3px solid transparent;
        border-radius: 0;
        padding: 8px 0 6px;
        background: none;
        color: var(--ink-2);
        font-size: 12px;
        line-height: 1.25;
      }
      :host([flat]) button {
        flex: 1 0 max-content;
        min-width: 48px;
        min-height: 52px;
        border-left: 0;
        border-top: 3px solid transparent;
        padding: 4px 2px;
      }
      button:hover {
        background: var(--paper);
      }
      button[aria-expanded='true'] {
        border-color: var(--accent);
        background: var(--accent-soft);
        color: var(--accent);
        font-weight: 600;
      }
      button:focus-visible {
        outline-offset: -3px;
      }
      @media (forced-colors: active) {
        button:not([aria-expanded='true']) {
          border-color: Canvas;
        }
      }
      svg {
        width: 22px;
        height: 22px;
      }
      @media (max-height: 940px) {
        :host(:not([flat])) .tools,
        :host(:not([flat])) button {
          gap: 1px;
        }
        :host(:not([flat])) button {
          min-height: 44px;
          padding: 3px 0;
        }
        svg {
          width: 20px;
          height: 20px;
        }
      }
      @media (max-height: 520px) {
        :host([flat]) button {
          min-height: 44px;
          padding: 1px 2px;
        }
      }
    `,
  ]

  override render() {
    return html`
      <div
        class="tools"
        role="toolbar"
        aria-label=${say('panels')}
        aria-orientation=${this.flat ? 'horizontal' : 'vertical'}
        @keydown=${(event: KeyboardEvent) => this.#walk(event)}
      >
        ${this.panels.map((panel) => this.#button(panel))}
      </div>
    `
  }

  override updated(changed: PropertyValues<this>): void {
    if (!changed.has('opened')) return
    this.renderRoot
      .querySelector('[aria-expanded=true]')
      ?.scrollIntoView({ block: 'nearest', inline: 'center' })
  }

  /** Puts the focus on a panel's button. */
  focusButton(id: string): void {
    this.reached = id
    this.renderRoot.querySelector<HTMLElement>(`#open-${id}`)?.focus()
  }

  #button({ id, title, icon }: Panel) {
    const open = id === this.opened
    return html`
      <button
        id="open-${id}"
        tabindex=${id === this.#reachable() ? 0 : -1}
        aria-expanded=${open}
        @focus=${() => {
          this.reached = id
        }}
        @click=${() => this.dispatchEvent(new CustomEvent('choose', { detail: id }))}
      >
        <svg viewBox="0 0 20 20" aria-hidden="true">
          ${svg`<path d=${icon} fill="none" stroke="currentColor" stroke-width="1.4"
            stroke-linejoin="round" stroke-linecap="round"></path>`}
        </svg>
        ${named(title)}
      </button>
    `
  }

  #reachable(): string | undefined {
    const ids = this.panels.map((panel) => panel.id)
    return [this.reached, this.opened, ids[0]].find((id) => id != null && ids.includes(id)) ?? undefined
  }

  #walk(event: KeyboardEvent): void {
    const ids = this.panels.map((panel) => panel.id)
    const at = ids.indexOf(this.#reachable() ?? '')
    const [back, on] = this.flat ? ['ArrowLeft', 'ArrowRight'] : ['ArrowUp', 'ArrowDown']
    const to = { [back]: at - 1, [on]: at + 1, Home: 0, End: ids.length - 1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    const id = ids[(to + ids.length) % ids.length]
    if (id) this.focusButton(id)
  }
}

customElements.define('panel-rail', PanelRail)

import { css, html, LitElement, nothing } from 'lit'
import { named, say } from '../language'
import type { Panel } from '../panels'
import type { Workbench } from '../workbench'
import { Spoken } from './spoken'
import { theme } from './theme'

/** The frame of the open panel: heading, close button, and the panel once it is read. Fires `fold` and `close`. */
export class PanelFrame extends Spoken {
  static override properties = {
    panel: { attribute: false },
    workbench: { attribute: false },
    foldable: { attribute: false },
    folded: { type: Boolean, reflect: true },
    content: { state: true },
    failed: { state: true },
  }
  declare panel: Panel
  declare workbench: Workbench
  /** It may show its heading alone. */
  declare foldable: boolean
  declare folded: boolean
  declare content: HTMLElement | null
  declare failed: boolean
  #loaded: Panel | null = null

  constructor() {
    super()
    this.content = null
    this.failed = false
  }

  static override styles = [
    theme,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
        overflow: hidden;
      }
      header {
        display: flex;
        flex: none;
        align-items: center;
        border-bottom: 1px solid var(--rule);
        padding: 7px 8px 7px 16px;
      }
      h2 {
        flex: 1;
        font-size: 15px;
        font-weight: 600;
      }
      .body {
        flex: 1;
        min-height: 0;
        overflow-y: auto;
      }
      :host([folded]) .body {
        display: none;
      }
      :host(.dock) .body {
        overflow: hidden;
      }
      .wait {
        padding: 16px;
        color: var(--ink-2);
      }
    `,
  ]

  override willUpdate(): void {
    if (this.#loaded !== this.panel) void this.#load()
  }

  override render() {
    const title = named(this.panel.title)
    return html`
      <header>
        <h2 id="heading" tabindex="-1">${title}</h2>
        ${this.foldable ? this.#fold(title) : nothing}
        <button
          class="plain"
          aria-label=${say('closePanel', { title })}
          title=${say('close')}
          @click=${() => this.dispatchEvent(new CustomEvent('close'))}
        >
          ✕
        </button>
      </header>
      <div class="body">${this.#body()}</div>
    `
  }

  #fold(title: string) {
    const words = say(this.folded ? 'unfoldPanel' : 'foldPanel', { title })
    return html`<button class="plain" aria-label=${words} title=${words} @click=${() => this.dispatchEvent(new CustomEvent('fold'))}>
      <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
        <path d=${this.folded ? 'M2 8l4-4 4 4' : 'M2 4l4 4 4-4'} fill="none" stroke="currentColor" stroke-width="1.6"></path>
      </svg>
    </button>`
  }

  /** Puts the keyboard's focus on the panel's heading. */
  focusHeading(): void {
    this.renderRoot.querySelector<HTMLElement>('h2')?.focus({ preventScroll: true })
  }

  /** Lets the panel show what changed outside the state. */
  refresh(): void {
    if (this.content instanceof LitElement) this.content.requestUpdate()
  }

  #body() {
    if (this.failed) {
      return html`<div class="wait" role="alert">
        <p>${say('panelUnread')}</p>
        <button @click=${() => void this.#load()}>${say('retry')}</button>
      </div>`
    }
    return this.content ?? html`<p class="wait" role="status">${say('opening')}</p>`
  }

  async #load(): Promise<void> {
    const { panel } = this
    this.#loaded = panel
    this.content = null
    this.failed = false
    try {
      const module = await panel.load()
      if (this.panel === panel) this.content = module.open(this.workbench)
    } catch {
      if (this.panel === panel) this.failed = true
    }
  }
}

customElements.define('panel-frame', PanelFrame)

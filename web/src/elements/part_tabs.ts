import { css, html, nothing, type PropertyValues } from 'lit'
import { named, say } from '../language'
import { partOf, type Part } from '../parts'
import type { Title } from '../title'
import { equipped, PanelElement } from './panel_element'
import { theme } from './theme'

/** The parts of a panel, and the one that is open, once it is read; without one of the panel's own, the first. */
export class PartTabs extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    parts: { attribute: false },
    own: { attribute: false },
    label: { attribute: false },
    content: { state: true },
    failed: { state: true },
  }
  declare parts: readonly Part[]
  /** The part that the panel itself is, without which the first one is open; null: none. */
  declare own: Title | null
  /** What the row of parts is called. */
  declare label: string
  declare content: HTMLElement | null
  declare failed: boolean
  #shown: Part | undefined

  constructor() {
    super()
    this.own = null
    this.content = null
    this.failed = false
  }

  static override styles = [
    theme,
    css`
      :host {
        display: block;
      }
      nav {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 4px;
        margin: -4px -6px 12px;
        border-bottom: 1px solid var(--rule);
        padding-bottom: 6px;
      }
      nav button {
        border-color: transparent;
        background: none;
        padding: 3px 8px;
        white-space: nowrap;
      }
      nav button[aria-current] {
        border-color: var(--accent);
        background: var(--accent-soft);
        color: var(--accent);
        font-weight: 600;
      }
      .wait {
        color: var(--ink-2);
      }
    `,
  ]

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('state')) this.#open(this.#chosen)
  }

  override render() {
    const open = this.#chosen
    return html`
      <nav aria-label=${this.label}>
        ${this.own ? this.#tab(null, this.own, !open) : nothing}
        ${this.parts.map((part) => this.#tab(part.id, part.title, part === open))}
      </nav>
      ${open ? this.#content() : nothing}
    `
  }

  get #chosen(): Part | undefined {
    return partOf(this.parts, this.state.detail) ?? (this.own ? undefined : this.parts[0])
  }

  #content() {
    if (this.failed) {
      return html`<div class="wait" role="alert">
        <p>${say('panelUnread')}</p>
        <button @click=${() => this.#read(this.#shown)}>${say('retry')}</button>
      </div>`
    }
    return this.content ?? html`<p class="wait" role="status">${say('opening')}</p>`
  }

  #tab(id: string | null, title: Title, open: boolean) {
    return html`<button
      aria-current=${open ? 'true' : nothing}
      @click=${() => this.workbench.store.update({ detail: id })}
    >
      ${named(title)}
    </button>`
  }

  #open(part: Part | undefined): void {
    if (part === this.#shown) return
    this.#shown = part
    this.#read(part)
  }

  #read(part: Part | undefined): void {
    this.content = null
    this.failed = false
    if (!part) return
    void part.load().then(
      () => {
        if (this.#shown === part) this.content = equipped<PanelElement>(part.tag, this.workbench)
      },
      () => {
        if (this.#shown === part) this.failed = true
      },
    )
  }
}

customElements.define('part-tabs', PartTabs)

import { css, html, nothing, type PropertyValues } from 'lit'
import { named, say } from '../language'
import '../messages/planning_parts'
import { PARTS, partOf, type PlanningPart } from '../planning_parts'
import type { Title } from '../title'
import { equipped, PanelElement } from './panel_element'
import { theme } from './theme'

/** The first part, which the panel itself is. */
const OWN: Title = { zh: '合规审查', en: 'Compliance' }

/** The parts of the planning panel, and the one that is open, once it is read. */
export class PartTabs extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    content: { state: true },
    failed: { state: true },
  }
  declare content: HTMLElement | null
  declare failed: boolean
  #shown: PlanningPart | undefined

  constructor() {
    super()
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
    if (changed.has('state')) this.#open(partOf(this.state.detail))
  }

  override render() {
    const open = partOf(this.state.detail)
    return html`
      <nav aria-label=${say('planningParts')}>
        ${this.#tab(null, OWN, !open)} ${PARTS.map((part) => this.#tab(part.id, part.title, part === open))}
      </nav>
      ${open ? this.#content() : nothing}
    `
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

  #open(part: PlanningPart | undefined): void {
    if (part === this.#shown) return
    this.#shown = part
    this.#read(part)
  }

  #read(part: PlanningPart | undefined): void {
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

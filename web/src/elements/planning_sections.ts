/** The sections of the planning panel 规划: each is read when it is opened for the first time. */
import { css, html } from 'lit'
import { named, say } from '../language'
import '../messages/publication'
import type { Title } from '../title'
import type { PanelModule } from '../panels'
import { Spoken } from './spoken'
import { theme } from './theme'

interface Section {
  readonly id: string
  readonly title: Title
  /** Nothing: the panel's own content. */
  readonly load?: () => Promise<PanelModule>
}

export const SECTIONS: readonly Section[] = [
  { id: 'compliance', title: { zh: '合规审查', en: 'Compliance' } },
  { id: 'publication', title: { zh: '公示', en: 'Publication' }, load: () => import('./publication_panel') },
  { id: 'review', title: { zh: '成果审查', en: 'Plan review' }, load: () => import('./plan_review_panel') },
]

/** The section that a panel's detail in the link names: `publication`, `publication:12`. */
export function sectionOf(detail: string | null): Section {
  const id = (detail ?? '').split(':')[0]
  const [first] = SECTIONS
  return SECTIONS.find((section) => section.id === id) ?? (first as Section)
}

/** Switches between the sections. Fires `choose` with an id. */
export class PlanningSections extends Spoken {
  static override properties = { chosen: { attribute: false } }
  declare chosen: string

  static override styles = [
    theme,
    css`
      :host {
        display: block;
        margin-bottom: 12px;
      }
      div {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
      }
      button {
        padding: 4px 12px;
      }
    `,
  ]

  override render() {
    return html`<div role="group" aria-label=${say('planSections')}>
      ${SECTIONS.map(
        ({ id, title }) =>
          html`<button
            aria-pressed=${id === this.chosen}
            @click=${() => this.dispatchEvent(new CustomEvent('choose', { detail: id }))}
          >
            ${named(title)}
          </button>`,
      )}
    </div>`
  }
}

customElements.define('planning-sections', PlanningSections)

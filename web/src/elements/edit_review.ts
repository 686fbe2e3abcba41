import { html } from 'lit'
import { contrasted, CONTRAST } from '../contrast'
import { changesOf, type Change } from '../edit_change'
import type { Draft } from '../draft'
import type { EditField } from '../edit_fields'
import { valueText } from '../format'
import { named, say } from '../language'
import '../messages/editing'
import type { Stage } from '../stage'
import { countOf } from './edit_geometry'
import { editStyle } from './edit_style'
import { Spoken } from './spoken'
import { theme } from './theme'
import type { Geometry } from 'geojson'

/** What will be written, member by member; the geometry on the map, too. */
export class EditReview extends Spoken {
  static override properties = {
    draft: { attribute: false },
    fields: { attribute: false },
    stage: { attribute: false },
  }
  declare draft: Draft
  declare fields: readonly EditField[]
  declare stage: Stage | null

  static override styles = [theme, editStyle]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.stage?.lay(CONTRAST, [])
  }

  override updated(): void {
    const { base, geometry, reshaped } = this.draft
    const held = base?.feature.geometry ?? null
    this.stage?.lay(CONTRAST, contrasted(reshaped ? { base: held, mine: geometry } : {}))
  }

  override render() {
    const before = this.draft.action !== 'create'
    return html`
      <table>
        <thead>
          <tr>
            <th scope="col">${say('editMember')}</th>
            ${before ? html`<th scope="col">${say('editBefore')}</th>` : ''}
            <th scope="col">${say('editAfter')}</th>
          </tr>
        </thead>
        <tbody>
          ${changesOf(this.draft, this.fields).map(
            (change) => html`<tr>
              <th scope="row">${change.field ? named(change.field.title) : say('editGeometry')}</th>
              ${before ? html`<td>${shown(change, change.before)}</td>` : ''}
              <td class="new">${shown(change, change.after)}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    `
  }
}

function shown({ field }: Change, value: unknown) {
  if (value === null || value === undefined || value === '') {
    return html`<span class="absent">${say('editEmpty')}</span>`
  }
  return field ? valueText(field, value) : say('editVertices', { count: countOf(value as Geometry) })
}

customElements.define('edit-review', EditReview)

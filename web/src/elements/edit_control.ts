import { html, nothing } from 'lit'
import type { EditField, Fault } from '../edit_fields'
import { unitText } from '../format'
import { named, say } from '../language'
import '../messages/format'
import '../messages/editing'

/** Longer texts get room for more than a line. */
const ONE_LINE = 120

export interface Control {
  readonly field: EditField
  readonly text: string
  readonly changed: boolean
  readonly fault: Fault | null
  readonly typed: (text: string) => void
}

/** A field with its label, unit and what is wrong with it. */
export function fieldRow(control: Control, locked: boolean) {
  const { field, fault, changed } = control
  const unit = unitText(field.unit)
  return html`
    <div class="field">
      ${
        locked
          ? html`<p class="of">${named(field.title)} · ${say('editKey')}</p>
              <output>${control.text}</output>`
          : html`<label for=${idOf(field.name)}>
                ${named(field.title)}
                ${field.required ? html`<span class="must" title=${say('editRequired')} aria-hidden="true">*</span>` : nothing}
              </label>
              <div class="line ${changed ? 'changed' : ''}">
                ${inputOf(control, idOf(field.name), null)}
                ${unit ? html`<span class="unit">${unit}</span>` : nothing}
              </div>`
      }
      ${fault ? html`<p id="fault-${field.name}" class="fault" role="alert">${named(fault)}</p>` : nothing}
    </div>
  `
}

export function idOf(name: string): string {
  return `field-${name}`
}

/** What takes the value of a field: a choice of codes, yes and no, a line or a few. */
export function inputOf({ field, text, fault, typed }: Control, id: string, label: string | null) {
  const said = (event: Event) => typed((event.target as HTMLInputElement).value)
  const describedBy = fault ? `fault-${field.name}` : nothing
  const options = optionsOf(field, text)
  if (options) {
    return html`<select
      id=${id}
      aria-label=${label ?? nothing}
      aria-required=${field.required}
      aria-invalid=${fault !== null}
      aria-describedby=${describedBy}
      @change=${said}
    >
      ${options.map(([value, title]) => html`<option value=${value} ?selected=${value === text}>${title}</option>`)}
    </select>`
  }
  if (field.type === 'text' && (field.maxLength ?? 0) > ONE_LINE) {
    return html`<textarea
      id=${id}
      rows="2"
      aria-label=${label ?? nothing}
      aria-required=${field.required}
      aria-invalid=${fault !== null}
      aria-describedby=${describedBy}
      .value=${text}
      @input=${said}
    ></textarea>`
  }
  const number = field.type === 'number' || field.type === 'integer'
  const day = field.type === 'date' || field.type === 'instant'
  return html`<input
    id=${id}
    type="text"
    autocomplete="off"
    inputmode=${number ? 'decimal' : 'text'}
    placeholder=${day ? (field.type === 'date' ? '2026-06-30' : '2026-06-30 08:00') : nothing}
    aria-label=${label ?? nothing}
    aria-required=${field.required}
    aria-invalid=${fault !== null}
    aria-describedby=${describedBy}
    .value=${text}
    @input=${said}
  />`
}

/** Value and title of each choice; null where anything may be typed. */
function optionsOf(field: EditField, text: string): readonly (readonly [string, string])[] | null {
  const none = ['', say('editEmpty')] as const
  if (field.type === 'boolean') return [none, ['true', say('yes')], ['false', say('no')]]
  if (!field.codes.length) return null
  const listed = field.codes.map(({ value, title }) => [value, `${named(title)} ${value}`] as const)
  // What the list does not have is shown all the same: it is what is held.
  const foreign = text !== '' && !field.codes.some(({ value }) => value === text)
  return [none, ...(foreign ? [[text, text] as const] : []), ...listed]
}

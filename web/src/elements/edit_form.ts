import type { Geometry } from 'geojson'
import { html, nothing } from 'lit'
import { readable } from '../clock'
import { baseValue, typedText, withGeometry, withTyped } from '../edit_change'
import type { Draft, Since } from '../draft'
import type { EditField, Fault } from '../edit_fields'
import { named, say } from '../language'
import '../messages/editing'
import type { Layer } from '../model'
import type { Stage } from '../stage'
import { fieldRow, idOf } from './edit_control'
import './edit_geometry'
import { editStyle } from './edit_style'
import { Spoken } from './spoken'
import { theme } from './theme'

/** The form of one edit. Fires `draft` with each state of it, and `mended` with the member that was touched. */
export class EditForm extends Spoken {
  static override properties = {
    layer: { attribute: false },
    fields: { attribute: false },
    draft: { attribute: false },
    faults: { attribute: false },
    stage: { attribute: false },
    drawing: { state: true },
  }
  declare layer: Layer
  declare fields: readonly EditField[]
  declare draft: Draft
  declare faults: readonly Fault[]
  declare stage: Stage | null
  /** The map has the hand just now. */
  declare drawing: boolean

  constructor() {
    super()
    this.drawing = false
  }

  static override styles = [theme, editStyle]

  override render() {
    const { draft } = this
    const removal = draft.action === 'remove'
    // A narrow window has no room for the form over the map that is drawn on.
    const aside = this.drawing && matchMedia('(max-width: 900px)').matches
    return html`
      ${removal || aside ? nothing : this.#attributes()}
      ${removal || !this.layer.geometry ? nothing : this.#geometry(this.layer.geometry)}
      ${aside ? nothing : [this.#time(), this.#reason(), this.#elsewhere()]}
    `
  }

  /** Puts the focus on the first member that has to be mended. */
  focusFault(): void {
    const [first] = this.faults
    const name = first?.where.replace(/^properties\./, '') ?? ''
    const id = name === 'reason' ? 'reason' : name === 'valid_from' ? 'from' : idOf(name)
    this.renderRoot.querySelector<HTMLElement>(`#${CSS.escape(id)}`)?.focus()
  }

  #attributes() {
    const { draft } = this
    return html`
      <h4>${say('editAttributes')}</h4>
      ${this.fields.map((field) =>
        fieldRow(
          {
            field,
            text: typedText(draft, field),
            changed: draft.action === 'change' && field.name in draft.typed,
            fault: this.#fault(`properties.${field.name}`),
            typed: (text) => this.#say(withTyped(draft, field, text), `properties.${field.name}`),
          },
          field.key && draft.action === 'change',
        ),
      )}
    `
  }

  #geometry(kind: string) {
    return html`<edit-geometry
      .stage=${this.stage}
      .kind=${kind}
      .base=${this.draft.base?.feature.geometry ?? null}
      .geometry=${this.draft.geometry}
      .fault=${this.#fault('geometry')}
      @shape=${(event: CustomEvent<Geometry | null>) => this.#say(withGeometry(this.draft, event.detail), 'geometry')}
      @under=${(event: CustomEvent<boolean>) => {
        this.drawing = event.detail
      }}
    ></edit-geometry>`
  }

  #time() {
    const { draft } = this
    const from: unknown = baseValue(draft, 'valid_from')
    const fault = this.#fault('properties.valid_from')
    const correctable = draft.action === 'change' && typeof from === 'string'
    return html`
      <h4 id="since">${say('editTime')}</h4>
      <fieldset aria-labelledby="since">
        ${this.#since('now', say('editSinceNow'))} ${this.#since('then', say('editSinceThen'))}
        ${
          draft.since === 'then'
            ? html`<input
                id="from"
                type="text"
                autocomplete="off"
                placeholder="2026-06-30 08:00"
                aria-label=${say('editInstant')}
                aria-invalid=${fault !== null}
                aria-describedby=${fault ? 'fault-from' : nothing}
                .value=${draft.from}
                @input=${(event: Event) =>
                  this.#say({ ...draft, from: (event.target as HTMLInputElement).value }, 'properties.valid_from')}
              />`
            : nothing
        }
        ${correctable ? this.#since('always', say('editSinceAlways', { time: readable(from) })) : nothing}
        ${fault ? html`<p id="fault-from" class="fault" role="alert">${named(fault)}</p>` : nothing}
      </fieldset>
      ${correctable ? html`<p class="hint">${say('editSinceMeans')}</p>` : nothing}
    `
  }

  #since(since: Since, title: string) {
    return html`<label class="choice">
      <input
        type="radio"
        name="since"
        .checked=${this.draft.since === since}
        @change=${() => this.#say({ ...this.draft, since }, 'properties.valid_from')}
      />
      <span>${title}</span>
    </label>`
  }

  #reason() {
    const fault = this.#fault('reason')
    return html`
      <h4><label for="reason">${say('editReason')}</label></h4>
      <input
        id="reason"
        type="text"
        autocomplete="off"
        maxlength="500"
        placeholder=${say('editReasonHint')}
        aria-invalid=${fault !== null}
        aria-describedby=${fault ? 'fault-reason' : nothing}
        .value=${this.draft.reason}
        @input=${(event: Event) => this.#say({ ...this.draft, reason: (event.target as HTMLInputElement).value }, 'reason')}
      />
      ${fault ? html`<p id="fault-reason" class="fault" role="alert">${named(fault)}</p>` : nothing}
    `
  }

  /** What is wrong with something that the form has no place for. */
  #elsewhere() {
    const places = new Set(['geometry', 'reason', 'properties.valid_from'])
    for (const { name } of this.fields) places.add(`properties.${name}`)
    const others = this.faults.filter(({ where }) => !places.has(where))
    return others.map((fault) => html`<p class="told bad" role="alert">${named(fault)}</p>`)
  }

  #fault(where: string): Fault | null {
    return this.faults.find((fault) => fault.where === where) ?? null
  }

  #say(draft: Draft, touched: string): void {
    this.dispatchEvent(new CustomEvent('draft', { detail: draft }))
    this.dispatchEvent(new CustomEvent('mended', { detail: touched }))
  }
}

customElements.define('edit-form', EditForm)

import { css, html } from 'lit'
import { say } from '../language'
import type { Message } from '../messages'
import '../messages/surface'
import type { Choice, Method } from '../surface'
import { partStyle } from './part_style'
import { Spoken } from './spoken'
import { theme } from './theme'

const STEPS_H = [1, 2, 3, 6, 12, 24]
const WITHIN_H = [1, 2, 3, 6, 12, 24]
const CELLS_M = [500, 1000, 2000, 4000]
const METHODS: Readonly<Record<Method, Message>> = { kriging: 'surfaceKriging', idw: 'surfaceIdw' }

/** What is asked of a run, as it is typed and chosen. */
export interface Written {
  readonly property: string
  /** Beijing time. */
  readonly from: string
  readonly to: string
  readonly step_h: number
  readonly method: Method
  readonly cell_m: number
  readonly within_h: number
}

/** Which surface is wanted: property, span, step, method. Fires `written` and `start`. */
export class SurfaceForm extends Spoken {
  static override properties = {
    choices: { attribute: false },
    written: { attribute: false },
    busy: { attribute: false },
  }
  declare choices: readonly Choice[]
  declare written: Written
  declare busy: boolean

  static override styles = [
    theme,
    partStyle,
    css`
      label {
        margin: 6px 0 2px;
      }
    `,
  ]

  override render() {
    const { written } = this
    const hours = (each: number) => say('surfaceHours', { count: each })
    return html`<form
      novalidate
      @submit=${(event: Event) => {
        event.preventDefault()
        if (!this.busy) this.dispatchEvent(new CustomEvent('start'))
      }}
    >
      <label for="property">${say('surfaceProperty')}</label>
      <select id="property" @change=${(event: Event) => this.#write({ property: valueIn(event) })}>
        ${this.choices.map(({ key, property }) => html`<option value=${key} ?selected=${key === written.property}>${property.name}</option>`)}
      </select>
      <div class="pair">
        ${this.#time('from', 'surfaceFrom')} ${this.#time('to', 'surfaceTo')}
        ${this.#number('step_h', 'surfaceStep', STEPS_H, hours)}
        <div>
          <label for="method">${say('surfaceMethod')}</label>
          <select id="method" @change=${(event: Event) => this.#write({ method: valueIn(event) as Method })}>
            ${(Object.keys(METHODS) as Method[]).map(
              (each) => html`<option value=${each} ?selected=${each === written.method}>${say(METHODS[each])}</option>`,
            )}
          </select>
        </div>
        ${this.#number('cell_m', 'surfaceCell', CELLS_M, (each) => `${each} m`)}
        ${this.#number('within_h', 'surfaceWithin', WITHIN_H, hours)}
      </div>
      <div class="actions">
        <button class="primary" aria-disabled=${this.busy}>${say('surfaceStart')}</button>
      </div>
    </form>`
  }

  #time(name: 'from' | 'to', label: Message) {
    return html`<div>
      <label for=${name}>${say(label)}</label>
      <input
        id=${name}
        type="text"
        autocomplete="off"
        .value=${this.written[name]}
        @input=${(event: Event) => this.#write({ [name]: valueIn(event) })}
      />
    </div>`
  }

  #number(name: 'step_h' | 'cell_m' | 'within_h', label: Message, all: readonly number[], words: (each: number) => string) {
    const held = this.written[name]
    const there = all.includes(held) ? all : [...all, held]
    return html`<div>
      <label for=${name}>${say(label)}</label>
      <select id=${name} @change=${(event: Event) => this.#write({ [name]: Number(valueIn(event)) })}>
        ${there.map((each) => html`<option value=${each} ?selected=${each === held}>${words(each)}</option>`)}
      </select>
    </div>`
  }

  #write(change: Partial<Written>): void {
    this.dispatchEvent(new CustomEvent<Written>('written', { detail: { ...this.written, ...change } }))
  }
}

function valueIn(event: Event): string {
  return (event.target as HTMLInputElement | HTMLSelectElement).value
}

customElements.define('surface-form', SurfaceForm)

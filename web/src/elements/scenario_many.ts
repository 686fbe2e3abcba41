import { css, html, nothing } from 'lit'
import { say } from '../language'
import type { Message } from '../messages'
import '../messages/scenario'
import { METHODS, SOME, VARIED, type Many, type Method } from '../scenario_many'
import type { Wrong } from '../scenario_typed'
import { scenarioStyle } from './scenario_style'
import { Spoken } from './spoken'
import { theme } from './theme'
import { faultBelow, typedField } from './typed_field'

const METHOD_NAMES: Readonly<Record<Method, Message>> = { quick: 'scenManyQuick', solver: 'scenManySolver' }

/** 集合推演: many floods in place of one, and between which bounds they differ. Fires `many`; null: one flood. */
export class ScenarioMany extends Spoken {
  static override properties = { many: { attribute: false }, faults: { attribute: false } }
  declare many: Many | null
  /** By the name of the figure. */
  declare faults: Readonly<Record<string, Wrong>>

  constructor() {
    super()
    Object.assign(this, { many: null, faults: {} })
  }

  static override styles = [
    theme,
    scenarioStyle,
    css`
      .bounds {
        display: grid;
        grid-template-columns: 1fr 76px 76px;
        gap: 4px 8px;
        align-items: center;
        margin-top: 8px;
        font-size: 13px;
      }
      .bounds .fault {
        grid-column: 1 / -1;
        margin: 0;
      }
      .bounds input[type='text'] {
        padding: 2px 8px;
      }
    `,
  ]

  override render() {
    const { many } = this
    return html`<label class="check">
        <input id="many" type="checkbox" .checked=${many !== null} @change=${(event: Event) => this.#fire((event.target as HTMLInputElement).checked ? SOME : null)} />
        <span>${say('scenMany')}</span>
      </label>
      ${many ? this.#form(many) : nothing}`
  }

  #form(many: Many) {
    return html`<p class="small">${say('scenManyHow')}</p>
      <div class="pair">
        <div>${this.#text(many, 'members', 'scenManyCount')}</div>
        <div>${this.#text(many, 'seed', 'scenManySeed')}</div>
      </div>
      <span class="name" id="method">${say('scenManyMethod')}</span>
      <div class="kinds" role="group" aria-labelledby="method">
        ${METHODS.map((each) => html`<button aria-pressed=${many.method === each} @click=${() => this.#fire({ ...many, method: each })}>${say(METHOD_NAMES[each])}</button>`)}
      </div>
      ${many.method === 'quick' ? html`<p class="small">${say('scenManyQuickHow')}</p>` : nothing}
      <div class="bounds" role="group" aria-label=${say('scenManyBounds')}>
        <span>${say('scenManyBounds')}</span><span aria-hidden="true">${say('scenLow')}</span><span aria-hidden="true">${say('scenHigh')}</span>
        ${VARIED.map(({ name, title }) => this.#bounds(many, name, title))}
      </div>
      ${faultBelow('varied', this.faults.varied)}`
  }

  #bounds(many: Many, name: string, title: Message) {
    const typed = many.bounds[name] ?? ['', '']
    return html`<span>${say(title)}</span>
      ${([0, 1] as const).map(
        (at) => html`<input
          id=${at ? `${name}-high` : name}
          type="text"
          inputmode="decimal"
          autocomplete="off"
          aria-label=${`${say(title)} ${say(at ? 'scenHigh' : 'scenLow')}`}
          aria-invalid=${this.faults[name] !== undefined}
          aria-describedby=${this.faults[name] ? `${name}-fault` : nothing}
          .value=${typed[at]}
          @input=${(event: Event) => this.#bound(many, name, at, (event.target as HTMLInputElement).value)}
        />`,
      )}
      ${faultBelow(name, this.faults[name])}`
  }

  #text(many: Many, id: 'members' | 'seed', title: Message) {
    return typedField({ id, title, value: many[id], fault: this.faults[id], mode: 'numeric' }, (text) => this.#fire({ ...many, [id]: text }))
  }

  #bound(many: Many, name: string, at: 0 | 1, text: string): void {
    const [low, high] = many.bounds[name] ?? ['', '']
    this.#fire({ ...many, bounds: { ...many.bounds, [name]: at ? [low, text] : [text, high] } })
  }

  #fire(many: Many | null): void {
    this.dispatchEvent(new CustomEvent<Many | null>('many', { detail: many }))
  }
}

customElements.define('scenario-many', ScenarioMany)

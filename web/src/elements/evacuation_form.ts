import { html, nothing, type PropertyValues } from 'lit'
import { readable } from '../clock'
import { keepForm, keptForm, NUMBERS, type Form } from '../evacuation'
import type { Listed } from '../flood_runs'
import { say } from '../language'
import type { Message } from '../messages'
import '../messages/evacuation'
import { numberOf, type Refusal } from '../scenario_typed'
import type { Title } from '../title'
import { showField } from './fault_field'
import { scenarioStyle } from './scenario_style'
import { Spoken } from './spoken'
import { theme } from './theme'
import { faultBelow, typedField } from './typed_field'

const MODES: readonly (readonly [string, Message])[] = [
  ['drive', 'evacDrive'],
  ['walk', 'evacWalk'],
  ['bus', 'evacBus'],
]
const UNITS: readonly (readonly [string, Message])[] = [
  ['village', 'evacVillage'],
  ['street', 'evacStreet'],
]
const TITLES: Readonly<Record<(typeof NUMBERS)[number], Message>> = {
  notice_min: 'evacNotice',
  preparation_min: 'evacPreparation',
  persons_per_address: 'evacPerAddress',
  persons_per_household: 'evacPerHousehold',
}

/** What an evacuation is asked with. What was typed stays in this browser. Fires `run` with a run, `ask` with the inputs. */
export class EvacuationForm extends Spoken {
  static override properties = {
    runs: { attribute: false },
    run: { attribute: false },
    busy: { attribute: false },
    refusal: { attribute: false },
    form: { state: true },
    wrong: { state: true },
  }
  declare runs: readonly Listed[]
  declare run: string
  declare busy: boolean
  /** What the platform did not accept, and the input that it is about. */
  declare refusal: Refusal | null
  declare form: Form
  declare wrong: string | null

  constructor() {
    super()
    Object.assign(this, { runs: [], run: '', busy: false, refusal: null, form: keptForm(), wrong: null })
  }

  static override styles = [theme, scenarioStyle]

  override render() {
    return html`<form @submit=${(event: SubmitEvent) => this.#submit(event)} novalidate>
      <label for="run">${say('evacRun')}</label>
      <select id="run" aria-invalid=${this.#fault('run') !== null} aria-describedby=${this.#fault('run') ? 'run-fault' : nothing} @change=${(event: Event) => this.#choose((event.target as HTMLSelectElement).value)}>
        <option value="">${say('evacRunNone')}</option>
        ${this.runs.map(({ id, title, begins_at }) => html`<option value=${id} ?selected=${id === this.run}>${title} · ${readable(begins_at)}</option>`)}
      </select>
      ${faultBelow('run', this.#fault('run'))}
      <div class="pair">${this.#choice('mode', 'evacMode', MODES)} ${this.#choice('unit', 'evacUnit', UNITS)}</div>
      <div class="pair">
        ${NUMBERS.map(
          (name) => html`<div>
            ${typedField({ id: name, title: TITLES[name], value: this.form[name], fault: this.#fault(name), mode: 'decimal' }, (text) => this.#write(name, text))}
          </div>`,
        )}
      </div>
      ${this.wrong ? html`<p class="bad" role="alert">${this.wrong}</p>` : nothing}
      <div class="actions"><button class="primary" aria-disabled=${this.busy}>${say('evacAsk')}</button></div>
    </form>`
  }

  #choice(name: 'mode' | 'unit', title: Message, choices: readonly (readonly [string, Message])[]) {
    return html`<div>
      <label for=${name}>${say(title)}</label>
      <select id=${name} @change=${(event: Event) => this.#write(name, (event.target as HTMLSelectElement).value)}>
        ${choices.map(([value, words]) => html`<option value=${value} ?selected=${value === this.form[name]}>${say(words)}</option>`)}
      </select>
    </div>`
  }

  #fault(name: string): Title | null {
    return this.refusal?.at === name ? this.refusal : null
  }

  /** Puts the keyboard at the field that the platform did not accept. */
  override updated(changed: PropertyValues<this>): void {
    if (changed.has('refusal') && this.refusal?.at) void showField(this.renderRoot, this.refusal.at)
  }

  #choose(run: string): void {
    this.refusal = null
    this.dispatchEvent(new CustomEvent('run', { detail: run }))
  }

  #write(name: keyof Form, value: string): void {
    this.form = { ...this.form, [name]: value }
    Object.assign(this, { wrong: null, refusal: null })
    keepForm(this.form)
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault()
    if (this.busy) return
    const { mode, unit } = this.form
    const given = NUMBERS.filter((name) => this.form[name].trim())
    const bad = given.find((name) => !((numberOf(this.form[name]) ?? -1) >= 0))
    this.wrong = !this.run ? say('evacNoRun') : bad ? say('evacNoNumber', { what: say(TITLES[bad]) }) : null
    if (this.wrong) return
    const numbers = Object.fromEntries(given.map((name) => [name, numberOf(this.form[name])]))
    this.dispatchEvent(new CustomEvent('ask', { detail: { run: this.run, mode, unit, ...numbers } }))
  }
}

customElements.define('evacuation-form', EvacuationForm)

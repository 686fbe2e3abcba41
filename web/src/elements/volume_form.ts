import { css, html, nothing, type PropertyValues } from 'lit'
import type { Flight, Question } from '../flights'
import { say } from '../language'
import type { Message } from '../messages'
import '../messages/flights'
import { chainageOf } from '../rivers'
import { partStyle } from './part_style'
import { Spoken } from './spoken'
import { theme } from './theme'

/** What stands in the fields. */
export type Written = Readonly<Record<'from' | 'to' | 'step' | 'left' | 'right' | 'least' | 'sigma', string>>

const NUMBERS: readonly (readonly [keyof Written, Message])[] = [
  ['from', 'volumeFrom'],
  ['to', 'volumeTo'],
  ['step', 'volumeStep'],
  ['least', 'volumeLeast'],
  ['left', 'volumeLeft'],
  ['right', 'volumeRight'],
]

/** Between which surfaces, along which stretch and how wide volumes are reckoned. Fires `ask` with the question. */
export class VolumeForm extends Spoken {
  static override properties = {
    route: { attribute: false },
    older: { attribute: false },
    newer: { attribute: false },
    written: { attribute: false },
    busy: { attribute: false },
    wrong: { state: true },
  }
  declare route: string
  declare older: Flight
  declare newer: Flight
  declare written: Written
  declare busy: boolean
  declare wrong: boolean
  /** What was typed stays, whatever is proposed after it. */
  #typed = new Map<string, string>()

  constructor() {
    super()
    this.busy = false
    this.wrong = false
  }

  static override styles = [
    theme,
    partStyle,
    css`
      form > label {
        margin-top: 6px;
      }
    `,
  ]

  override willUpdate(changed: PropertyValues): void {
    if (changed.has('route')) this.#typed.clear()
  }

  #keep(event: Event): void {
    if (event.target instanceof HTMLInputElement) this.#typed.set(event.target.name, event.target.value)
  }

  override render() {
    return html`<form @input=${(event: Event) => this.#keep(event)} @submit=${(event: SubmitEvent) => this.#submit(event)} novalidate>
      ${this.#surfaces('older', 'volumeOlder', this.older)} ${this.#surfaces('newer', 'volumeNewer', this.newer)}
      <div class="pair">
        ${NUMBERS.map(
          ([name, title]) => html`<div>
            <label for=${name}>${say(title)}</label>
            <input id=${name} name=${name} type="text" autocomplete="off" .value=${this.#typed.get(name) ?? this.written[name]} />
          </div>`,
        )}
      </div>
      <label for="sigma">${say('volumeSigma')}</label>
      <input id="sigma" name="sigma" type="text" autocomplete="off" .value=${this.#typed.get('sigma') ?? this.written.sigma} />
      ${this.wrong ? html`<p class="bad" role="alert">${say('volumeWrong')}</p>` : nothing}
      <div class="actions">
        <button class="primary" aria-disabled=${this.busy}>${say('volumeReckon')}</button>
      </div>
    </form>`
  }

  /** Which of the flight's surfaces, where it has several. */
  #surfaces(name: 'older' | 'newer', title: Message, { surfaces }: Flight) {
    return html`<label for=${name}>${say(title)}</label>
      <select id=${name} name=${name}>
        ${surfaces.map(({ id, name: file }) => html`<option value=${id}>${file}</option>`)}
      </select>`
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault()
    if (this.busy) return
    const said = new FormData(event.target as HTMLFormElement)
    const text = (name: string) => String(said.get(name) ?? '').trim()
    const positive = (name: string) => (/^\d+(\.\d+)?$/.test(text(name)) && Number(text(name)) > 0 ? Number(text(name)) : NaN)
    const [step_m, left_m, right_m] = ['step', 'left', 'right'].map(positive) as [number, number, number]
    const least = text('least') ? Number(text('least')) : 0
    const sigma = text('sigma') ? Number(text('sigma')) : undefined
    const ends = [text('from'), text('to')].map(chainageOf)
    this.wrong = [step_m, left_m, right_m].some(Number.isNaN) || ends.includes(null) || !(least >= 0) || (sigma !== undefined && !(sigma >= 0))
    if (this.wrong) return
    const question: Question = {
      route: this.route,
      from: text('from'),
      to: text('to'),
      ...{ step_m, left_m, right_m },
      newer: text('newer'),
      older: text('older'),
      ...(least ? { least_change_m: least } : {}),
      ...(sigma === undefined ? {} : { sigma_m: sigma }),
    }
    this.dispatchEvent(new CustomEvent<Question>('ask', { detail: question }))
  }
}

customElements.define('volume-form', VolumeForm)

import { css, html, nothing, type CSSResultGroup } from 'lit'
import { ServerProblem } from '../config'
import { NOBODY, type Me } from '../identity'
import { say } from '../language'
import type { Message } from '../messages'
import '../messages/response_plans'
import { placeOf } from '../response_fields'
import type { Signed } from '../response_plans'
import { partStyle } from './part_style'
import { Spoken } from './spoken'
import { theme } from './theme'

/** Who acts at this machine, typed once for all forms of the page. */
const signature = { author: '', department: '' }

/** A form by which something is done to a response plan: its fields, who signs, and what the platform says to it. */
export abstract class ResponseForm extends Spoken {
  static override properties = {
    me: { attribute: false },
    typed: { state: true },
    faults: { state: true },
    working: { state: true },
    problem: { state: true },
  }
  declare me: Me
  declare typed: Readonly<Record<string, string>>
  /** What is wrong, by the name of the field. */
  declare faults: ReadonlyMap<string, string>
  declare working: boolean
  declare problem: string | null
  #abort = new AbortController()

  constructor() {
    super()
    Object.assign(this, { me: NOBODY, typed: {}, faults: new Map(), working: false, problem: null })
  }

  static formStyle: CSSResultGroup = [
    theme,
    partStyle,
    css`
      label {
        margin: 6px 0 2px;
        font-size: 12px;
      }
      .fault {
        color: var(--seal);
        font-size: 12px;
      }
    `,
  ]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
    this.#abort = new AbortController()
  }

  protected get local(): boolean {
    return this.me.origin === 'local'
  }

  /** A field with its label; what is wrong with it is said below it. */
  protected field(name: string, label: string, long = false) {
    const fault = this.faults.get(name)
    const input = (event: Event) => {
      const { value } = event.target as HTMLInputElement
      this.typed = { ...this.typed, [name]: value }
    }
    return html`<div>
      <label for=${name}>${label}</label>
      ${
        long
          ? html`<textarea id=${name} rows="2" maxlength="1000" .value=${this.typed[name] ?? ''} aria-invalid=${fault ? 'true' : nothing} aria-describedby=${fault ? `${name}-fault` : nothing} @input=${input}></textarea>`
          : html`<input id=${name} type="text" maxlength="200" autocomplete="off" .value=${this.typed[name] ?? ''} aria-invalid=${fault ? 'true' : nothing} aria-describedby=${fault ? `${name}-fault` : nothing} @input=${input} />`
      }
      ${fault ? html`<span class="fault" id=${`${name}-fault`}>${fault}</span>` : nothing}
    </div>`
  }

  /** Who signs, where that is not known from a key. */
  protected signing() {
    if (!this.local) return nothing
    const one = (name: 'author' | 'department', label: Message) => {
      const fault = this.faults.get(name)
      return html`<div>
        <label for=${name}>${say(label)}</label>
        <input
          id=${name}
          type="text"
          maxlength="200"
          autocomplete="off"
          .value=${signature[name]}
          aria-invalid=${fault ? 'true' : nothing}
          aria-describedby=${fault ? `${name}-fault` : nothing}
          @input=${(event: Event) => (signature[name] = (event.target as HTMLInputElement).value)}
        />
        ${fault ? html`<span class="fault" id=${`${name}-fault`}>${fault}</span>` : nothing}
      </div>`
    }
    return html`<div class="pair">${one('author', 'respAuthor')} ${one('department', 'respAuthorDepartment')}</div>`
  }

  protected get signed(): Signed {
    const { author, department } = signature
    return this.local ? { author: author.trim(), department: department.trim() } : {}
  }

  /** Names of fields, of those and of who signs, in which nothing stands. */
  protected missing(...names: readonly string[]): Map<string, string> {
    const empty = names.filter((each) => !this.typed[each]?.trim())
    const unsigned = this.local ? (['author', 'department'] as const).filter((each) => !signature[each].trim()) : []
    return new Map([...empty, ...unsigned].map((each) => [each, say('respNeeded')]))
  }

  protected told() {
    return this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing
  }

  /** Does it; a refusal is told at the field that the platform names, else below the form. */
  protected async work(doing: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (this.working) return
    const { signal } = this.#abort
    Object.assign(this, { working: true, problem: null })
    try {
      await doing(signal)
    } catch (cause) {
      if (signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
      this.refused(placeOf(cause.pointer), cause.words)
    } finally {
      this.working = false
    }
  }

  /** The platform found a fault at this place. */
  protected refused(place: string | null, words: string): void {
    if (place !== null) this.faults = new Map([[place, words]])
  }

  /** Puts the keyboard where the first fault is. */
  protected async showFault(): Promise<void> {
    await this.updateComplete
    const first = this.renderRoot.querySelector<HTMLElement>('[aria-invalid="true"]')
    first?.focus()
    first?.scrollIntoView({ block: 'center' })
  }
}

import { css, html, nothing } from 'lit'
import { ServerProblem } from '../config'
import { say } from '../language'
import '../messages/regions'
import { regions, type Unit } from '../reorganise'
import { Spoken } from './spoken'
import { theme } from './theme'

const WAIT_MS = 150

/** Towns and villages to choose, by name or from outside. Fires `units` with those that are chosen. */
export class UnitField extends Spoken {
  static override properties = {
    label: { attribute: false },
    units: { attribute: false },
    single: { type: Boolean },
    offered: { state: true },
    at: { state: true },
    problem: { state: true },
  }
  declare label: string
  declare units: readonly Unit[]
  declare single: boolean
  declare offered: readonly Unit[]
  declare at: number
  declare problem: string | null
  #abort = new AbortController()
  #waiting = 0

  constructor() {
    super()
    this.label = ''
    this.units = []
    this.single = false
    this.offered = []
    this.at = 0
    this.problem = null
  }

  static override styles = [
    theme,
    css`
      :host {
        display: block;
        position: relative;
      }
      label {
        display: block;
        margin: 10px 0 3px;
        font-size: 13px;
      }
      input {
        width: 100%;
        border: 1px solid var(--rule-2);
        border-radius: 8px;
        background: var(--paper);
        padding: 4px 10px;
      }
      .chosen {
        display: flex;
        flex-wrap: wrap;
        gap: 4px;
        margin-bottom: 4px;
      }
      .chosen li {
        border: 1px solid var(--accent);
        border-radius: 7px;
        background: var(--accent-soft);
        padding-left: 8px;
        font-size: 13px;
      }
      .offered {
        margin-top: 2px;
        border: 1px solid var(--rule-2);
        border-radius: 8px;
        background: var(--card);
      }
      .offered li {
        padding: 3px 10px;
        font-size: 13px;
        cursor: pointer;
        overflow-wrap: anywhere;
      }
      .offered [aria-selected='true'] {
        background: var(--accent-soft);
        color: var(--accent);
      }
      .bad {
        color: var(--seal);
        font-size: 13px;
      }
    `,
  ]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    window.clearTimeout(this.#waiting)
    this.#abort.abort()
  }

  override render() {
    const { label, offered, problem, units } = this
    return html`
      <label for="find">${label}</label>
      ${
        units.length
          ? html`<ul class="chosen" lang="zh-CN">
              ${units.map(
                (unit) => html`<li title=${unit.label}>
                  ${unit.name}<button
                    class="plain"
                    aria-label=${say('regionRemove', { name: unit.name })}
                    @click=${() => this.#say(units.filter(({ id }) => id !== unit.id))}
                  >
                    ×
                  </button>
                </li>`,
              )}
            </ul>`
          : nothing
      }
      <input
        id="find"
        role="combobox"
        autocomplete="off"
        aria-autocomplete="list"
        aria-expanded=${offered.length > 0}
        aria-controls="offered"
        aria-activedescendant=${offered.length ? `unit-${this.at}` : nothing}
        placeholder=${say('regionFind')}
        @input=${this.#typed}
        @keydown=${this.#key}
      />
      <ul class="offered" id="offered" role="listbox" aria-label=${label} lang="zh-CN" ?hidden=${!offered.length}>
        ${offered.map(
          (unit, place) => html`<li
            role="option"
            id=${`unit-${place}`}
            aria-selected=${place === this.at}
            @click=${() => this.choose(unit)}
          >
            ${unit.label}
          </li>`,
        )}
      </ul>
      ${problem ? html`<p class="bad" role="alert">${problem}</p>` : nothing}
    `
  }

  /** Takes one more, or another one where there can be but one. */
  choose(unit: Unit): void {
    const input = this.renderRoot.querySelector('input')
    if (input) input.value = ''
    this.offered = []
    this.#say(this.single ? [unit] : [...this.units.filter(({ id }) => id !== unit.id), unit])
  }

  #typed = (event: Event): void => {
    const text = (event.target as HTMLInputElement).value.trim()
    window.clearTimeout(this.#waiting)
    this.#abort.abort()
    if (!text) this.offered = []
    else this.#waiting = window.setTimeout(() => void this.#ask(text), WAIT_MS)
  }

  async #ask(text: string): Promise<void> {
    const asking = (this.#abort = new AbortController())
    try {
      this.offered = await regions(text, asking.signal)
      this.at = 0
      this.problem = null
    } catch (cause) {
      if (asking.signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    }
  }

  #key = (event: KeyboardEvent): void => {
    const { length } = this.offered
    if (!length) return
    const chosen = this.offered[this.at]
    if (event.key === 'ArrowDown') this.at = (this.at + 1) % length
    else if (event.key === 'ArrowUp') this.at = (this.at + length - 1) % length
    else if (event.key === 'Enter' && chosen) this.choose(chosen)
    else if (event.key === 'Escape') this.offered = []
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  #say(units: readonly Unit[]): void {
    this.units = units
    this.dispatchEvent(new CustomEvent('units', { detail: units }))
  }
}

customElements.define('unit-field', UnitField)

import { css, html, nothing } from 'lit'
import { drawnPlace, find, parse, stateOf, type Meant, type Part, type PartState, type Said } from '../address'
import { ServerProblem } from '../config'
import { named, say } from '../language'
import type { Message } from '../messages'
import '../messages/address'
import { addressStyle } from './address_style'
import { PanelElement } from './panel_element'
import { theme } from './theme'

const STATES: Readonly<Record<PartState, Message>> = {
  found: 'partFound',
  inferred: 'partInferred',
  missing: 'partMissing',
  conflict: 'partConflict',
}

/** A text as it was read, element by element, and where it may be. Fires `choose` with a component. */
export class AddressFound extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    text: { attribute: false },
    said: { state: true },
    meant: { state: true },
    shown: { state: true },
    problem: { state: true },
  }
  declare text: string
  declare said: Said | null
  declare meant: readonly Meant[] | null
  /** Which of what is meant is on the map. */
  declare shown: number
  declare problem: ServerProblem | null
  #asked = ''
  #abort = new AbortController()

  constructor() {
    super()
    this.said = null
    this.meant = null
    this.shown = 0
    this.problem = null
  }

  static override styles = [
    theme,
    addressStyle,
    css`
      .chips {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
      }
      .chips li {
        border: 1px solid var(--accent);
        border-radius: 7px;
        background: var(--accent-soft);
        padding: 2px 8px;
        line-height: 1.3;
      }
      .chips small {
        display: block;
        color: var(--ink-2);
        font-size: 11px;
      }
      .chips .inferred {
        border-style: dashed;
        background: var(--card);
      }
      .chips .missing {
        border-color: var(--ink-3);
        background: var(--paper);
        text-decoration: underline dotted;
        text-underline-offset: 3px;
      }
      .chips .conflict {
        border-color: var(--seal);
        background: var(--seal-soft);
        color: var(--seal);
      }
      .meant li {
        border-bottom: 1px solid var(--rule);
        padding: 6px 0;
      }
      .meant [aria-current] {
        font-weight: 600;
      }
    `,
  ]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
    this.#asked = ''
  }

  override updated(): void {
    if (this.#asked === this.text) return
    this.#asked = this.text
    void this.#ask(this.text)
  }

  override render() {
    const { said, meant, problem } = this
    if (problem) return html`<p class="bad" role="alert">${problem.words}</p>`
    if (!said || !meant) return html`<p class="about" role="status">${say('reading')}</p>`
    return html`
      <h3>${say('addressRead')}</h3>
      <ul class="chips" aria-label=${say('addressParts')}>
        ${said.parts.map((part) => this.#chip(part, said, meant[0]))}
      </ul>
      ${said.conflicts.map((each) => html`<p class="bad">${named(each)}</p>`)}
      ${said.notes.length ? html`<p class="about" lang="zh-CN">${said.notes.join(' · ')}</p>` : nothing}
      <h3>${say('addressResults')}</h3>
      <p class="unseen" role="status">${meant[0]?.label ?? say('addressNowhere')}</p>
      ${
        meant.length
          ? html`<ol class="meant">${meant.map((each, place) => this.#line(each, place))}</ol>`
          : html`<p>${say('addressNowhere')}</p>`
      }
    `
  }

  #chip(part: Part, said: Said, likeliest: Meant | undefined) {
    const state = stateOf(part, said, likeliest)
    const words = `${this.#element(part)} · ${say(STATES[state])}`
    return html`<li class=${state} title=${words}>
      <span lang="zh-CN">${part.name}</span><small>${words}</small>
    </li>`
  }

  #element({ rank, element }: Part): string {
    const tree = this.workbench.config.layers.find(({ id }) => id === 'components')
    const code = tree?.fields
      .find(({ name }) => name === 'element')
      ?.codes.find(({ value }) => value === String(rank))
    return code ? named(code.title) : element
  }

  #line(each: Meant, place: number) {
    const facts = [
      say('confidence', { value: each.confidence.toFixed(2) }),
      each.decision === 'automatic' ? say('decided') : say('toReview') + (each.doubt ? say('colon') + named(each.doubt) : ''),
      each.position === null ? say('noPosition') : null,
      each.point_level < each.match_level ? say('pointHigher') : null,
      each.accuracy_m ? say('roughly', { metres: Math.round(each.accuracy_m) }) : null,
      each.current ? null : say('noLonger'),
    ].filter((fact) => fact !== null)
    return html`<li>
      <button
        class="link"
        lang="zh-CN"
        aria-current=${place === this.shown ? 'true' : nothing}
        @click=${() => this.dispatchEvent(new CustomEvent('choose', { detail: each.id }))}
        @focus=${() => this.#show(place)}
        @mouseenter=${() => this.#show(place)}
      >
        ${each.label}
      </button>
      <p class="about">${facts.join(' · ')}</p>
      ${
        each.not_found.length
          ? html`<p class="bad">${say('withoutParts', { names: each.not_found.join('、') })}</p>`
          : nothing
      }
    </li>`
  }

  async #ask(text: string): Promise<void> {
    this.#abort.abort()
    const abort = (this.#abort = new AbortController())
    this.problem = this.said = this.meant = null
    try {
      const [said, meant] = await Promise.all([parse(text, abort.signal), find(text, abort.signal)])
      if (abort.signal.aborted) return
      this.said = said
      this.meant = meant
      this.#show(0)
      const at = meant[0]?.position
      if (at) this.workbench.stage?.reveal([...at, ...at])
    } catch (cause) {
      if (abort.signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause
    }
  }

  #show(place: number): void {
    this.shown = place
    const { position = null, accuracy_m = null } = this.meant?.[place] ?? {}
    this.workbench.stage?.sketch(position ? drawnPlace(position, accuracy_m) : [])
  }
}

customElements.define('address-found', AddressFound)

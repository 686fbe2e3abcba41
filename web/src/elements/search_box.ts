import { css, html, nothing } from 'lit'
import { detailOfText, hasRegister, suggest, type Suggested } from '../address'
import { placeOf, type Place } from '../coordinates'
import { named, say } from '../language'
import '../messages/search'
import type { Position4490 } from '../model'
import { best, search, type Found, type Hit } from '../search'
import { PanelElement } from './panel_element'
import { fieldStyle, lens } from './search_field'
import { swatch, swatchStyles } from './swatch'
import { theme } from './theme'

const QUIET_MS = 220

/** One line of the list: a place that was typed, an address, or a feature. */
type Option = { readonly place: Place } | { readonly address: Suggested } | { readonly hit: Hit }

/** Finds addresses, features of the shown layers by name, and coordinates as they are typed: a combobox with its list. */
export class SearchBox extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    typed: { state: true },
    found: { state: true },
    addresses: { state: true },
    place: { state: true },
    pending: { state: true },
    expanded: { state: true },
    active: { state: true },
  }
  declare typed: string
  declare found: Found | null
  /** What of the register begins like what was typed. */
  declare addresses: readonly Suggested[]
  declare place: Place | null
  declare pending: boolean
  declare expanded: boolean
  /** The option that Enter takes; -1: none yet. */
  declare active: number
  #timer: number | undefined
  #abort = new AbortController()

  constructor() {
    super()
    this.typed = ''
    this.found = null
    this.addresses = []
    this.place = null
    this.pending = false
    this.expanded = false
    this.active = -1
  }

  static override styles = [
    theme,
    fieldStyle,
    swatchStyles,
    css`
      :host {
        display: block;
        position: relative;
      }
      .clear {
        padding: 6px 10px;
        color: var(--ink-3);
      }
      .list {
        position: absolute;
        z-index: 3;
        top: calc(100% + 6px);
        right: 0;
        left: 0;
        max-height: min(440px, 60vh);
        overflow-y: auto;
        border-radius: 10px;
        padding: 6px 0;
      }
      li[role='option'] {
        display: flex;
        align-items: center;
        gap: 10px;
        padding: 6px 12px;
        cursor: pointer;
      }
      li[role='option'] .swatch {
        margin-top: 1px;
      }
      li[role='option']:hover {
        background: var(--paper);
      }
      li[aria-selected='true'] {
        background: var(--accent-soft);
        box-shadow: inset 3px 0 0 var(--accent);
      }
      .words {
        min-width: 0;
        line-height: 1.35;
      }
      .name {
        overflow-wrap: anywhere;
      }
      .from {
        color: var(--ink-2);
        font-size: 12px;
        overflow-wrap: anywhere;
      }
      mark {
        background: none;
        color: var(--accent);
        font-weight: 600;
      }
      .note {
        padding: 6px 14px;
        color: var(--ink-2);
        font-size: 13px;
      }
      .note.bad {
        color: var(--seal);
      }
    `,
  ]

  /** Takes over from the field that stood here before: what was typed in it, the focus, and Enter. */
  async takeOver(typed: string, entered: boolean): Promise<void> {
    this.#changed(typed)
    if (entered) this.#enter([])
    await this.updateComplete
    const input = this.renderRoot.querySelector('input')
    input?.focus()
    input?.setSelectionRange(typed.length, typed.length)
  }

  override render() {
    const options = this.#options()
    const open = this.expanded && this.typed.trim() !== ''
    return html`
      <div class="field">
        ${lens()}
        <input
          type="text"
          role="combobox"
          autocomplete="off"
          spellcheck="false"
          aria-autocomplete="list"
          aria-controls="list"
          aria-expanded=${open && options.length > 0}
          aria-activedescendant=${open && this.active >= 0 ? `option-${this.active}` : nothing}
          aria-label=${say('search')}
          placeholder=${say('searchPlaceholder')}
          .value=${this.typed}
          @input=${(event: Event) => this.#changed((event.target as HTMLInputElement).value)}
          @focus=${() => {
            this.expanded = true
          }}
          @blur=${() => {
            this.expanded = false
          }}
          @keydown=${(event: KeyboardEvent) => this.#pressed(event, options)}
        />
        ${this.typed ? this.#clear() : nothing}
      </div>
      <div class="card list" ?hidden=${!open} @mousedown=${(event: Event) => event.preventDefault()}>
        <ul id="list" role="listbox" aria-label=${say('searchResults')}>
          ${options.map((option, at) => this.#option(option, at))}
        </ul>
        ${this.#notes(options)}
      </div>
      <p class="unseen" role="status">${open ? this.#spoken(options) : ''}</p>
    `
  }

  #clear() {
    return html`<button
      class="plain clear"
      aria-label=${say('clearSearch')}
      title=${say('clearSearch')}
      @click=${() => {
        this.#changed('')
        this.workbench.stage?.sketch([])
        this.renderRoot.querySelector('input')?.focus()
      }}
    >
      ✕
    </button>`
  }

  #options(): readonly Option[] {
    const place = this.place ? [{ place: this.place }] : []
    const addresses = this.addresses.map((address) => ({ address }))
    return [...place, ...addresses, ...(this.found?.hits ?? []).map((hit) => ({ hit }))]
  }

  #option(option: Option, at: number) {
    return html`<li
      id="option-${at}"
      role="option"
      aria-selected=${at === this.active}
      @click=${() => this.#take(option)}
    >
      ${this.#line(option)}
    </li>`
  }

  #line(option: Option) {
    if ('place' in option) return this.#placeLine(option.place)
    return 'address' in option ? this.#addressLine(option.address) : this.#hitLine(option.hit)
  }

  #addressLine({ name, label, current }: Suggested) {
    return html`
      <svg class="swatch" viewBox="0 0 22 16" aria-hidden="true">
        <path d="M11 15C7.5 11 6 8.8 6 6.2a5 5 0 0 1 10 0c0 2.6-1.5 4.8-5 8.8z" fill="#8a1f5c"></path>
      </svg>
      <div class="words" lang="zh-CN">
        <p class="name">${marked(name, this.typed.trim())}</p>
        <p class="from">${label}${current ? nothing : ` · ${say('formerAddress')}`}</p>
      </div>
    `
  }

  #placeLine({ position: [lon, lat], frame }: Place) {
    return html`
      <svg class="swatch" viewBox="0 0 22 16" aria-hidden="true">
        <path d="M11 1v14M4 8h14" stroke="#8a1f5c" stroke-width="1.6"></path>
      </svg>
      <div class="words">
        <p class="name">${lon.toFixed(6)}, ${lat.toFixed(6)}</p>
        <p class="from">${say('coordinatesIn', { frame: named(frame) })}</p>
      </div>
    `
  }

  #hitLine({ layer, fid, name, beside }: Hit) {
    const told = beside ?? (name === fid ? null : fid)
    return html`
      ${swatch(layer.legend)}
      <div class="words">
        <p class="name" lang="zh-CN">${marked(name, this.typed.trim())}</p>
        <p class="from">${named(layer.title)}${told ? html` · ${marked(told, this.typed.trim())}` : nothing}</p>
      </div>
    `
  }

  #notes(options: readonly Option[]) {
    const failed = this.found?.failed ?? []
    return html`
      ${this.pending ? html`<p class="note">${say('searching')}</p>` : nothing}
      ${!this.pending && this.found && !options.length ? html`<p class="note">${say('nothingFound')}</p>` : nothing}
      ${failed.map(
        ({ layer, problem }) =>
          html`<p class="note bad">${named(layer.title)}${say('colon')}${problem.words}</p>`,
      )}
    `
  }

  #spoken(options: readonly Option[]): string {
    if (this.pending) return say('searching')
    return options.length ? say('foundSome', { count: options.length }) : say('nothingFound')
  }

  #changed(typed: string): void {
    this.typed = typed
    this.active = -1
    this.expanded = true
    this.#abort.abort()
    window.clearTimeout(this.#timer)
    const text = typed.trim()
    this.place = text ? placeOf(text, this.workbench.config.city.central_meridian_deg) : null
    this.pending = text !== '' && !this.place
    // What is shown stays until the answer comes, as far as it still fits.
    if (this.found) this.found = { ...this.found, hits: this.pending ? this.#stillFitting(text) : [] }
    if (!this.pending) this.addresses = []
    if (!this.pending) return
    this.#timer = window.setTimeout(() => void this.#ask(text), QUIET_MS)
  }

  #stillFitting(text: string): readonly Hit[] {
    return best(this.found?.hits.filter((hit) => hit.name.includes(text)) ?? [], text)
  }

  async #ask(text: string): Promise<void> {
    const abort = (this.#abort = new AbortController())
    try {
      const { config } = this.workbench
      const [found, addresses] = await Promise.all([
        search(text, config, this.state, abort.signal),
        // Without the service the layers are searched as ever.
        hasRegister(config) ? suggest(text, abort.signal).catch(() => []) : [],
      ])
      if (abort.signal.aborted) return
      this.found = found
      this.addresses = addresses
      this.pending = false
    } catch (cause) {
      if (!abort.signal.aborted) throw cause
    }
  }

  #pressed(event: KeyboardEvent, options: readonly Option[]): void {
    const last = options.length - 1
    const to = {
      ArrowDown: this.active >= last ? 0 : this.active + 1,
      ArrowUp: this.active <= 0 ? last : this.active - 1,
    }[event.key]
    if (to !== undefined && last >= 0) {
      event.preventDefault()
      this.expanded = true
      this.active = to
      void this.#showActive()
    } else if (event.key === 'Enter') {
      if (!event.isComposing) this.#enter(options)
    } else if (event.key === 'Escape') {
      event.stopPropagation()
      if (this.expanded && this.typed) this.expanded = false
      else this.#changed('')
    } else if (event.key === 'Tab') this.expanded = false
  }

  #enter(options: readonly Option[]): void {
    const option = options[Math.max(0, this.active)]
    if (this.active < 0 && this.#isAddress(option)) this.#openAddress(detailOfText(this.typed.trim()))
    else if (option) this.#take(option)
  }

  /** What was typed is read as an address, unless it is a place or the name of a feature alone. */
  #isAddress(first: Option | undefined): boolean {
    const sought = this.typed.trim() !== '' && !this.place && hasRegister(this.workbench.config)
    return sought && (!first || 'address' in first)
  }

  #openAddress(detail: string): void {
    this.expanded = false
    this.#abort.abort()
    window.clearTimeout(this.#timer)
    this.pending = false
    this.workbench.store.update({ panel: 'address', detail })
  }

  async #showActive(): Promise<void> {
    await this.updateComplete
    this.renderRoot.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }

  #take(option: Option): void {
    this.expanded = false
    if ('place' in option) return this.#goTo(option.place.position)
    if ('address' in option) return this.#openAddress(option.address.id)
    this.workbench.stage?.sketch([])
    this.workbench.visit({ layer: option.hit.layer.id, fid: option.hit.fid })
  }

  #goTo([lon, lat]: Position4490): void {
    const { stage } = this.workbench
    stage?.sketch([
      { type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: [lon, lat] } },
    ])
    stage?.reveal([lon, lat, lon, lat])
  }
}

/** A text with what was typed set off in it. */
function marked(text: string, typed: string) {
  const at = text.toLocaleLowerCase().indexOf(typed.toLocaleLowerCase())
  if (at < 0) return text
  const end = at + typed.length
  return html`${text.slice(0, at)}<mark>${text.slice(at, end)}</mark>${text.slice(end)}`
}

customElements.define('search-box', SearchBox)

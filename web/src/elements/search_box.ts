import { css, html, nothing } from 'lit'
import { called, hasRegister, REGISTER, show, suggested, within, type Place as Suggestion } from '../addresses'
import { ServerProblem } from '../config'
import { placeOf, type Place } from '../coordinates'
import { named, say } from '../language'
import '../messages/search'
import type { Position4490 } from '../model'
import { best, rank, search, type Found, type Hit } from '../search'
import { PanelElement } from './panel_element'
import { fieldStyle, lens } from './search_field'
import { swatch, swatchStyles } from './swatch'
import { theme } from './theme'

const QUIET_MS = 220

/** One line of the list: a place that was typed, an address of the register, or a feature. */
type Option = { readonly place: Place } | { readonly suggestion: Suggestion } | { readonly hit: Hit }

/** Finds features of the shown layers by name, addresses, and coordinates as they are typed: a combobox with its list. */
export class SearchBox extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    typed: { state: true },
    found: { state: true },
    suggestions: { state: true },
    unread: { state: true },
    place: { state: true },
    pending: { state: true },
    expanded: { state: true },
    active: { state: true },
  }
  declare typed: string
  declare found: Found | null
  /** Addresses that somebody may be about to write. */
  declare suggestions: readonly Suggestion[]
  /** Why the address service did not answer. */
  declare unread: ServerProblem | null
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
    this.suggestions = []
    this.unread = null
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

  /** Takes over from the field that stood here before: what was typed in it, and the focus. */
  async takeOver(typed: string): Promise<void> {
    this.#changed(typed)
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
    const suggestions = this.suggestions.map((suggestion) => ({ suggestion }))
    return [...place, ...suggestions, ...(this.found?.hits ?? []).map((hit) => ({ hit }))]
  }

  #option(option: Option, at: number) {
    return html`<li
      id="option-${at}"
      role="option"
      aria-selected=${at === this.active}
      @click=${() => this.#take(option)}
    >
      ${
        'place' in option
          ? this.#placeLine(option.place)
          : 'hit' in option
            ? this.#hitLine(option.hit)
            : this.#suggestionLine(option.suggestion)
      }
    </li>`
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

  #suggestionLine(suggestion: Suggestion) {
    const path = within(suggestion)
    return html`
      <svg class="swatch" viewBox="0 0 22 16" aria-hidden="true">
        <path d="M11 15s5-5 5-9A5 5 0 0 0 6 6c0 4 5 9 5 9zM11 4.5v3" fill="none" stroke="#8a1f5c"
          stroke-width="1.6"></path>
      </svg>
      <div class="words">
        <p class="name" lang="zh-CN">${marked(called(suggestion), this.typed.trim())}</p>
        <p class="from">${say('standardAddress')}${path ? html` · <span lang="zh-CN">${path}</span>` : nothing}</p>
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
      ${this.#readsAddress && !this.place ? html`<p class="note">${say('readAddress')}</p>` : nothing}
      ${this.unread ? html`<p class="note bad">${say('registerUnread')}${say('colon')}${this.unread.words}</p>` : nothing}
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
    this.unread = null
    // What is shown stays until the answer comes, as far as it still fits.
    if (this.found) this.found = { ...this.found, hits: this.pending ? this.#stillFitting(text) : [] }
    this.suggestions = this.pending ? this.suggestions.filter(({ properties }) => properties.name.includes(text)) : []
    if (!this.pending) return
    this.#timer = window.setTimeout(() => void this.#ask(text), QUIET_MS)
  }

  #stillFitting(text: string): readonly Hit[] {
    return best(this.found?.hits.filter((hit) => hit.name.includes(text)) ?? [], text)
  }

  async #ask(text: string): Promise<void> {
    const abort = (this.#abort = new AbortController())
    if (this.#readsAddress) void this.#suggest(text, abort.signal)
    try {
      const found = await search(text, this.workbench.config, this.state, abort.signal)
      this.found = found
      this.pending = false
    } catch (cause) {
      if (!abort.signal.aborted) throw cause
    }
  }

  get #readsAddress(): boolean {
    return hasRegister(this.workbench.config)
  }

  async #suggest(text: string, signal: AbortSignal): Promise<void> {
    try {
      const suggestions = await suggested(text, signal)
      // A choice that was made stays on its line.
      if (!signal.aborted && this.active < 0) this.suggestions = suggestions
    } catch (cause) {
      if (signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.suggestions = []
      this.unread = cause
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

  async #showActive(): Promise<void> {
    await this.updateComplete
    this.renderRoot.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  }

  /** The chosen line; without one the text is read as an address, unless a feature has just that name. */
  #enter(options: readonly Option[]): void {
    const [text, chosen] = [this.typed.trim(), options[this.active]]
    const exact = options.find(
      (each) => 'hit' in each && !REGISTER.includes(each.hit.layer.id) && rank(each.hit.name, text) === 0,
    )
    const option = chosen ?? (this.place || !this.#readsAddress ? options[0] : exact)
    if (option) return this.#take(option)
    if (!text || !this.#readsAddress) return
    this.expanded = false
    show(this.workbench.store, { id: null, text })
  }

  #take(option: Option): void {
    this.expanded = false
    if ('place' in option) return this.#goTo(option.place.position)
    if ('suggestion' in option) {
      const { id, label } = option.suggestion.properties
      this.typed = label
      return show(this.workbench.store, { id, text: label })
    }
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

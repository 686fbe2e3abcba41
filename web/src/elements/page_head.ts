import { css, html, nothing, type PropertyValues } from 'lit'
import { named, say } from '../language'
import '../messages/search'
import { isVisible, type Config, type MapState, type Times } from '../model'
import type { Workbench } from '../workbench'
import type { SearchBox } from './search_box'
import { fieldStyle, lens } from './search_field'
import { Spoken } from './spoken'
import { theme } from './theme'
import './time_panel'

/** City, search and clocks: what holds for everything on the page. Fires `times` with what changed. */
export class PageHead extends Spoken {
  static override properties = {
    config: { attribute: false },
    state: { attribute: false },
    workbench: { attribute: false },
    narrow: { type: Boolean, reflect: true },
    unfolded: { state: true },
    searchable: { state: true },
  }
  declare config: Config
  declare state: MapState
  declare workbench: Workbench | null
  declare narrow: boolean
  /** The clocks are shown in a narrow window, too. */
  declare unfolded: boolean
  /** What searches has been read. */
  declare searchable: boolean

  constructor() {
    super()
    this.unfolded = false
    this.searchable = false
  }

  override updated(changed: PropertyValues<this>): void {
    // Somebody may have been quicker than the map.
    if (changed.has('workbench') && this.renderRoot.querySelector('.field input:focus')) void this.#readSearch()
  }

  static override styles = [
    theme,
    fieldStyle,
    css`
      :host {
        display: block;
      }
      header {
        padding: 12px 14px 14px;
      }
      .words {
        display: flex;
        align-items: center;
        gap: 10px;
        margin-bottom: 10px;
      }
      h1 {
        flex: 1;
        min-width: 0;
        font: 600 20px/1.3 var(--serif);
        letter-spacing: 0.04em;
      }
      time-panel {
        display: block;
        margin-top: 12px;
      }
      .clocks {
        color: var(--ink-2);
        line-height: 0;
      }
      :host([narrow]) header {
        padding: 8px 10px 10px;
      }
      :host([narrow]) .words {
        margin-bottom: 6px;
      }
      :host([narrow]) h1 {
        font-size: 17px;
      }
      @media (max-width: 360px) {
        :host([narrow]) h1 {
          font-size: 15px;
          letter-spacing: 0;
        }
      }
      @media (max-width: 900px) and (max-height: 520px) {
        :host([narrow]) header {
          display: flex;
          flex-wrap: wrap;
          align-items: center;
          padding: 6px 8px;
        }
        :host([narrow]) .words {
          order: 1;
          margin: 0 0 0 8px;
        }
        :host([narrow]) h1 {
          position: absolute;
          clip-path: inset(50%);
        }
        .field,
        search-box {
          flex: 1;
          min-width: 0;
        }
        time-panel {
          order: 2;
          width: 100%;
          margin-top: 6px;
        }
      }
    `,
  ]

  override render() {
    const { city, layers } = this.config
    const synthetic = layers.some((layer) => layer.synthetic && isVisible(this.state, layer))
    return html`
      <header class="brand">
        <div class="words">
          <h1>${say('oneMap')} · ${named(city.name)}</h1>
          ${synthetic ? html`<span class="seal" title=${say('syntheticWhy')}>${say('synthetic')}</span>` : nothing}
          ${this.narrow ? this.#toggle() : nothing}
        </div>
        ${layers.length ? this.#search() : nothing}
        ${!this.narrow || this.unfolded ? this.#clocks() : nothing}
      </header>
    `
  }

  /** Whether Enter was the last key in the field before what searches was there. */
  #entered = false

  /** A field like the box for finding, which is read when somebody is about to type. */
  #search() {
    if (this.workbench && this.searchable) return html`<search-box .workbench=${this.workbench}></search-box>`
    return html`<div class="field">
      ${lens()}
      <input
        type="text"
        role="combobox"
        autocomplete="off"
        spellcheck="false"
        aria-autocomplete="list"
        aria-expanded="false"
        aria-label=${say('search')}
        placeholder=${say('searchPlaceholder')}
        @focus=${() => void this.#readSearch()}
        @compositionend=${() => void this.#readSearch()}
        @keydown=${(event: KeyboardEvent) => (this.#entered = event.key === 'Enter')}
      />
    </div>`
  }

  /** What searches takes over as soon as it is there, but not from under somebody who composes a character. */
  async #readSearch(): Promise<void> {
    const input = this.renderRoot.querySelector<HTMLInputElement>('.field input')
    let composing = false
    input?.addEventListener('compositionstart', () => (composing = true), { once: true })
    await import('./search_box')
    if (composing || !input?.isConnected || !this.workbench) return
    const focused = this.renderRoot instanceof ShadowRoot && this.renderRoot.activeElement === input
    this.searchable = true
    await this.updateComplete
    const box = this.renderRoot.querySelector<SearchBox>('search-box')
    if (focused || input.value) await box?.takeOver(input.value, this.#entered)
  }

  #toggle() {
    return html`<button
      class="plain clocks"
      aria-expanded=${this.unfolded}
      aria-label=${say('clocks')}
      title=${say('clocks')}
      @click=${() => {
        this.unfolded = !this.unfolded
      }}
    >
      <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
        <path d="M10 5.5V10l3 2M10 2.5a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15z" fill="none"
          stroke="currentColor" stroke-width="1.5" stroke-linecap="round"></path>
      </svg>
    </button>`
  }

  #clocks() {
    return html`<time-panel
      .times=${this.state}
      @times=${(event: CustomEvent<Partial<Times>>) =>
        this.dispatchEvent(new CustomEvent<Partial<Times>>('times', { detail: event.detail }))}
    ></time-panel>`
  }
}

customElements.define('page-head', PageHead)

import { css, html, nothing } from 'lit'
import { named, say } from '../language'
import '../messages/compare'
import { isVisible, type ImageStyle, type Layer, type MapState, type Times } from '../model'
import { Spoken } from './spoken'
import { swatch, swatchStyles } from './swatch'
import { theme } from './theme'
import './time_panel'
import '../messages/layers'

const IMAGES: readonly (readonly [ImageStyle, 'asTaken' | 'byHeight' | 'asRelief'])[] = [
  ['picture', 'asTaken'],
  ['heights', 'byHeight'],
  ['hillshade', 'asRelief'],
]

/** The clocks and layers of one of two maps. Fires `times`, `layers` with ids or null, and `images`. */
export class SideChoice extends Spoken {
  static override properties = {
    heading: { type: String },
    place: { type: String },
    state: { attribute: false },
    layers: { attribute: false },
    follows: { attribute: false },
    images: { attribute: false },
    brief: { type: Boolean },
  }
  declare heading: string
  /** Where it lies: left, right, above or below. */
  declare place: string
  /** What this side draws. */
  declare state: MapState
  declare layers: readonly Layer[]
  /** Its layers are those of the other side; null: it is the one that others follow. */
  declare follows: boolean | null
  /** How it draws images; null: as the other side. */
  declare images: ImageStyle | null
  /** Its clocks alone. */
  declare brief: boolean

  static override styles = [
    theme,
    swatchStyles,
    css`
      :host {
        display: block;
        border: 1px solid var(--rule);
        border-radius: 10px;
        padding: 8px 12px 10px;
      }
      h3 {
        margin-bottom: 4px;
        font-size: 14px;
        font-weight: 600;
      }
      h3 .place {
        margin-left: 4px;
        border-radius: 4px;
        background: var(--accent-soft);
        padding: 0 6px;
        color: var(--accent);
        font-size: 12px;
        font-weight: 400;
      }
      .chosen {
        margin-top: 8px;
        font-size: 13px;
      }
      .line {
        display: flex;
        align-items: center;
        gap: 8px;
        margin-top: 8px;
        font-size: 13px;
      }
      summary {
        cursor: pointer;
      }
      ul {
        max-height: 168px;
        margin-top: 4px;
        overflow-y: auto;
      }
      li label {
        display: flex;
        align-items: center;
        gap: 8px;
        padding: 2px 0;
      }
      input[type='checkbox'] {
        accent-color: var(--accent);
      }
      select {
        flex: 1;
        min-width: 0;
        border: 1px solid var(--rule-2);
        border-radius: 8px;
        background: var(--paper);
        padding: 3px 6px;
        color: inherit;
        font: inherit;
      }
    `,
  ]

  override render() {
    const shown = this.layers.filter((layer) => isVisible(this.state, layer))
    return html`
      <h3>${this.heading}${this.place ? html` <span class="place">${this.place}</span>` : nothing}</h3>
      <time-panel
        .times=${this.state}
        @times=${(event: CustomEvent<Partial<Times>>) => this.#fire('times', event.detail)}
      ></time-panel>
      <slot></slot>
      ${this.brief ? nothing : this.#drawn(shown)}
    `
  }

  #drawn(shown: readonly Layer[]) {
    return html`
      ${this.follows === null ? nothing : this.#asOther(this.follows)}
      ${this.follows ? nothing : this.#choice(shown)}
      ${this.follows !== null && shown.some(({ imagery }) => imagery) ? this.#imageChoice() : nothing}
    `
  }

  #asOther(follows: boolean) {
    return html`<label class="line">
      <input
        type="checkbox"
        .checked=${follows}
        @change=${() => this.#fire('layers', follows ? this.#visible() : null)}
      />
      ${say('layers')}${say('colon')}${say('sameLayers')}
    </label>`
  }

  #choice(shown: readonly Layer[]) {
    return html`
      <details class="chosen" ?open=${this.follows === false}>
        <summary>${say('layersCount', { count: shown.length })}</summary>
        <ul aria-label=${say('layersOfSide', { side: this.heading })}>
          ${this.layers.map(
            (layer) => html`<li>
              <label>
                <input
                  type="checkbox"
                  .checked=${shown.includes(layer)}
                  @change=${() => this.#toggle(layer.id)}
                />
                ${swatch(layer.legend)} ${named(layer.title)}
              </label>
            </li>`,
          )}
        </ul>
      </details>
    `
  }

  #imageChoice() {
    return html`<label class="line">
      ${say('imageStyle')}
      <select
        aria-label=${say('imagesOfSide')}
        @change=${(event: Event) => this.#fire('images', (event.target as HTMLSelectElement).value || null)}
      >
        <option value="" ?selected=${this.images === null}>${say('sameLayers')}</option>
        ${IMAGES.map(
          ([style, title]) =>
            html`<option value=${style} ?selected=${this.images === style}>${say(title)}</option>`,
        )}
      </select>
    </label>`
  }

  #visible(): readonly string[] {
    return this.layers.filter((layer) => isVisible(this.state, layer)).map(({ id }) => id)
  }

  #toggle(id: string): void {
    const shown = this.#visible()
    this.#fire('layers', shown.includes(id) ? shown.filter((each) => each !== id) : [...shown, id])
  }

  #fire(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail }))
  }
}

customElements.define('side-choice', SideChoice)

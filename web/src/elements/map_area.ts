import { css, html, nothing, type PropertyValues } from 'lit'
import { compareWords, otherSide } from '../compare'
import { MIDDLE } from '../compare_link'
import { say } from '../language'
import type { Bareness, Side } from '../maps'
import type { Config, MapState } from '../model'
import { mapStyle } from './map_style'
import { Spoken } from './spoken'
import { theme } from './theme'

/** Farther from the middle than this the divider leaves but a strip of one of the maps. */
const STRIP_PERCENT = 22

/** The map, or the two that are compared, each with what it shows. Fires `divide` with a percentage. */
export class MapArea extends Spoken {
  static override properties = {
    config: { attribute: false },
    state: { attribute: false },
    busy: { type: Boolean },
    bareness: { attribute: false },
    pairing: { type: String, reflect: true },
    stacked: { type: Boolean, reflect: true },
    beside: { type: Boolean, reflect: true },
    sheet: { type: Boolean, reflect: true },
    aimed: { state: true },
  }
  declare config: Config
  declare state: MapState
  declare busy: boolean
  /** Why a map shows nothing. */
  declare bareness: Readonly<Record<Side, Bareness | null>>
  /** How two maps share the area: one lies on the other, or each has its half. */
  declare pairing: 'swipe' | 'side' | null
  /** The other map above, this one below: a narrow page. */
  declare stacked: boolean
  /** A panel stands on the left of what is compared. */
  declare beside: boolean
  /** A panel or a card lies below what is compared. */
  declare sheet: boolean
  /** The keyboard is on this map: a crosshair shows what Enter picks. */
  declare aimed: Side | null

  constructor() {
    super()
    this.aimed = null
    this.pairing = null
  }

  static override styles = [
    theme,
    mapStyle,
    css`
      .maps {
        position: absolute;
        inset: 0;
        overflow: hidden;
        --at: 50%;
      }
      :host([pairing]) .maps {
        left: var(--rail);
      }
      :host([beside]) .maps {
        left: calc(var(--rail) + var(--side) + 24px);
      }
      .pane,
      .ground {
        position: absolute;
        inset: 0;
      }
      :host([pairing='swipe']) .other {
        clip-path: inset(0 calc(100% - var(--at)) 0 0);
      }
      :host([pairing='swipe'][stacked]) .other {
        clip-path: inset(0 0 calc(100% - var(--at)) 0);
      }
      :host([pairing='side']) .other {
        right: 50%;
      }
      :host([pairing='side']) .own {
        left: 50%;
      }
      :host([pairing='side'][stacked]) .other {
        right: 0;
        bottom: 50%;
      }
      :host([pairing='side'][stacked]) .own {
        top: 50%;
        left: 0;
      }
      .seam {
        position: absolute;
        inset: 0 auto 0 calc(50% - 1.5px);
        width: 3px;
        background: var(--card);
        box-shadow: 0 0 0 1px rgb(27 42 49 / 25%);
      }
      :host([stacked]) .seam {
        inset: calc(50% - 1.5px) 0 auto 0;
        width: auto;
        height: 3px;
      }
      .label {
        position: absolute;
        top: 54px;
        max-width: min(45%, 320px);
        border-radius: 8px;
        background: rgb(255 255 255 / 94%);
        padding: 4px 12px;
        box-shadow: var(--shadow);
        font-size: 13px;
        line-height: 1.4;
        font-variant-numeric: tabular-nums;
        pointer-events: none;
      }
      .label b {
        color: var(--accent);
        font-weight: 600;
      }
      .label .bare {
        display: block;
        color: var(--seal);
        font-size: 12px;
      }
      .label.other-side {
        right: calc(100% - var(--at) + 26px);
      }
      .label.own-side {
        left: calc(var(--at) + 26px);
      }
      .ends .other-side {
        right: auto;
        left: 8px;
      }
      .ends .own-side {
        right: 8px;
        left: auto;
      }
      :host([stacked]) .label {
        left: 8px;
        right: auto;
        top: auto;
        max-width: calc(100% - 74px);
      }
      :host([stacked]) .label.other-side {
        bottom: min(100% - var(--at) + 12px, 100% - 100px);
      }
      :host([stacked]) .label.own-side {
        top: max(var(--at) + 12px, 108px);
      }
      .cross {
        display: none;
        position: absolute;
        inset: 50% auto auto 50%;
        width: 26px;
        height: 26px;
        margin: -13px 0 0 -13px;
        pointer-events: none;
      }
      .cross.aimed {
        display: block;
      }
      .skip {
        position: absolute;
        top: -60px;
        left: 16px;
        z-index: 2;
        border-radius: 8px;
        padding: 8px 14px;
        background: var(--card);
      }
      .skip:focus {
        top: 12px;
      }
      @media (max-width: 900px) {
        :host([pairing]) .maps,
        :host([beside]) .maps {
          top: 108px;
          bottom: var(--bar);
          left: 0;
        }
        :host([sheet]) .maps {
          top: 108px;
          bottom: calc(var(--bar) + var(--sheet));
        }
      }
      @media (max-width: 900px) and (max-height: 520px) {
        :host([pairing]) .maps,
        :host([beside]) .maps,
        :host([sheet]) .maps {
          top: 58px;
          bottom: var(--bar);
        }
        :host([sheet]) .maps {
          left: var(--side);
        }
      }
    `,
  ]

  override willUpdate(): void {
    const mode = this.state.compare?.mode
    this.pairing = mode === 'swipe' || mode === 'side' ? mode : null
    if (mode === 'swipe') void import('./swipe_divider')
  }

  override render() {
    return html`
      <button class="skip" @click=${() => this.focusMap()}>${say('skipToMap')}</button>
      <div class="maps">
        ${this.#pane('own')}
        ${this.pairing ? this.#pane('other') : nothing}
        ${this.pairing ? this.#label('other') : nothing}
        ${this.pairing ? this.#label('own') : nothing}
        ${this.pairing === 'side' ? html`<div class="seam"></div>` : nothing}
        ${
          this.pairing === 'swipe'
            ? html`<swipe-divider
                .position=${this.state.compare?.divider ?? MIDDLE}
                ?stacked=${this.stacked}
                @slide=${(event: CustomEvent<number>) => this.#place(event.detail)}
                @divide=${(event: CustomEvent<number>) => this.#divide(event.detail)}
              ></swipe-divider>`
            : nothing
        }
      </div>
    `
  }

  override updated(changed: PropertyValues<this>): void {
    if (!changed.has('state')) return
    this.#place(this.pairing === 'swipe' ? (this.state.compare?.divider ?? MIDDLE) : MIDDLE)
  }

  /** Where MapLibre draws a map; null where that map is not wanted. */
  container(side: Side): HTMLElement | null {
    return this.renderRoot.querySelector(side === 'own' ? '#map' : '#other-map')
  }

  /** Puts the keyboard's focus on this map. */
  focusMap(): void {
    this.#canvas('own')?.focus()
  }

  #pane(side: Side) {
    const own = side === 'own'
    return html`
      <div class="pane ${side}">
        <div
          id=${own ? 'map' : 'other-map'}
          class="ground"
          role="region"
          aria-label=${say(own ? 'map' : 'otherMap')}
          aria-busy=${this.busy}
          @keydown=${() => this.#aim(side)}
          @pointerdown=${() => this.#aim(null)}
          @focusin=${() => this.#aim(this.#canvas(side)?.matches(':focus-visible') ? side : null)}
          @focusout=${() => this.#aim(null)}
        ></div>
        <svg class="cross ${this.aimed === side ? 'aimed' : ''}" viewBox="0 0 26 26" aria-hidden="true">
          <path d="M13 1v9M13 16v9M1 13h9M16 13h9" stroke="#125e69" stroke-width="2"></path>
        </svg>
      </div>
    `
  }

  #label(side: Side) {
    const { compare } = this.state
    const seen = side === 'own' ? this.state : otherSide(this.state)
    const words = compareWords(seen, this.config.layers, compare)
    const bareness = this.bareness[side]
    const told = { ever: say('bareEver'), here: say('bareHere') }
    return html`<div class="label ${side}-side" role="status">
      <b>${say(side === 'own' ? 'ownMap' : 'otherMap')}</b> ${words}
      ${bareness ? html`<span class="bare">${told[bareness]}</span>` : nothing}
    </div>`
  }

  /** Where the one map ends and the other begins. */
  #place(percent: number): void {
    const maps = this.renderRoot.querySelector<HTMLElement>('.maps')
    maps?.style.setProperty('--at', `${percent}%`)
    // A strip has no room for its words: they begin at the edge and reach over the divider.
    maps?.classList.toggle('ends', Math.abs(percent - MIDDLE) > STRIP_PERCENT)
  }

  #divide(percent: number): void {
    this.#place(percent)
    this.dispatchEvent(new CustomEvent<number>('divide', { detail: percent }))
  }

  #aim(side: Side | null): void {
    this.aimed = side
  }

  #canvas(side: Side): HTMLElement | null {
    return this.container(side)?.querySelector<HTMLElement>('.maplibregl-canvas') ?? null
  }
}

customElements.define('map-area', MapArea)

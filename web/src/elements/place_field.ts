import { css, html, nothing } from 'lit'
import { ServerProblem } from '../config'
import { say } from '../language'
import { numberText } from '../measured'
import type { Message } from '../messages'
import '../messages/scenario'
import type { Position4490 } from '../model'
import type { Posted, RiverPlaces } from '../river_places'
import { chainageText, type Located, type River } from '../rivers'
import { NOWHERE, pointSpot, type Kind, type Spot } from '../scenario'
import { wrongWords, type Wrong } from '../scenario_typed'
import { takeNone, takeOne } from '../taking'
import { PanelElement } from './panel_element'
import { scenarioStyle } from './scenario_style'
import { theme } from './theme'

/** A click so near to its river is meant for it. */
const WITHIN_M: Readonly<Partial<Record<Kind, number>>> = { inflows: 200, breaches: 1500, gates: 1500 }
const HOW: Readonly<Partial<Record<Kind, Message>>> = { inflows: 'scenPickRiver', breaches: 'scenPickDyke', gates: 'scenPickDyke' }
const SIDES: Readonly<Record<Located['bank'], Message>> = { left: 'scenLeft', right: 'scenRight', centre: 'scenCentre' }
const DIGITS = 6

/** 位置: clicked on the map, of a river station, or written as a chainage or in degrees. Fires `spot`. */
export class PlaceField extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    places: { attribute: false },
    spot: { attribute: false },
    kind: { attribute: false },
    heading: { attribute: false },
    fault: { attribute: false },
    rivers: { state: true },
    stations: { state: true },
    picking: { state: true },
    told: { state: true },
    problem: { state: true },
  }
  declare places: RiverPlaces
  declare spot: Spot
  declare kind: Kind
  declare heading: Message
  declare fault: Wrong | null
  declare rivers: readonly River[]
  declare stations: readonly Posted[]
  declare picking: boolean
  /** What the last click found. */
  declare told: string
  declare problem: string | null

  constructor() {
    super()
    Object.assign(this, { fault: null, rivers: [], stations: [], picking: false, told: '', problem: null })
  }

  static override styles = [
    theme,
    scenarioStyle,
    css`
      :host {
        margin-top: 10px;
      }
      .name {
        margin: 0 0 3px;
      }
      .three {
        display: grid;
        grid-template-columns: 1.2fr 1.3fr 0.9fr;
        gap: 0 8px;
      }
      .three label,
      .pair label {
        margin: 6px 0 2px;
        color: var(--ink-2);
        font-size: 12px;
      }
      .three > *,
      .pair > * {
        min-width: 0;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    const { places } = this
    places.rivers.then(
      (rivers) => {
        this.rivers = rivers
      },
      () => undefined,
    )
    void places.stations.then((stations) => {
      this.stations = stations
    })
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#pick(false)
  }

  override render() {
    const { spot } = this
    const chainage = spot.by === 'chainage'
    return html`<div role="group" aria-labelledby="name">
      <span class="name" id="name">${say(this.heading)}</span>
      <div class="line">
        ${this.workbench.stage ? html`<button id="pick" aria-pressed=${this.picking} @click=${() => this.#pick(!this.picking)}>${say('scenPick')}</button>` : nothing}
        <div class="kinds" role="group" aria-label=${say('scenHowPlaced')}>
          <button aria-pressed=${chainage} @click=${() => this.#change({ by: 'chainage' })}>${say('scenByChainage')}</button>
          <button aria-pressed=${!chainage} @click=${() => this.#change({ by: 'point' })}>${say('scenByPoint')}</button>
        </div>
        ${this.stations.length ? this.#stations() : nothing}
      </div>
      ${this.picking ? html`<p class="pick">${say(HOW[this.kind] ?? 'scenPicking')}</p>` : nothing}
      ${chainage ? this.#chainage() : this.#degrees()}
      <p class="small" role="status">${this.told}</p>
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
      ${this.fault ? html`<p class="fault" id="fault">${wrongWords(this.fault)}</p>` : nothing}
    </div>`
  }

  #stations() {
    return html`<select aria-label=${say('scenStation')} @change=${(event: Event) => this.#station(event.target as HTMLSelectElement)}>
      <option value="">${say('scenStation')}…</option>
      ${this.stations.map((each) => html`<option value=${each.id}>${each.name} ${chainageText(each.chainage_m)}</option>`)}
    </select>`
  }

  #chainage() {
    const { spot, rivers } = this
    const known = rivers.some(({ id }) => id === spot.route)
    return html`<div class="three">
      <div>
        <label for="river">${say('scenRiver')}</label>
        <select id="river" aria-invalid=${this.fault !== null && !spot.route} @change=${(event: Event) => this.#change({ route: (event.target as HTMLSelectElement).value, near: null })}>
          <option value="">${say('scenStationNone')}</option>
          ${spot.route && !known ? html`<option value=${spot.route} selected>${spot.route}</option>` : nothing}
          ${rivers.map(({ id, name }) => html`<option value=${id} ?selected=${id === spot.route}>${name}</option>`)}
        </select>
      </div>
      <div>
        <label for="chainage">${say('scenByChainage')}</label>
        <input
          id="chainage"
          type="text"
          autocomplete="off"
          placeholder="K12+345"
          aria-invalid=${this.fault !== null}
          aria-describedby=${this.fault ? 'fault' : nothing}
          .value=${spot.chainage}
          @input=${(event: Event) => this.#change({ chainage: (event.target as HTMLInputElement).value, near: null })}
        />
      </div>
      <div>
        <label for="bank">${say('scenBank')}</label>
        <select id="bank" @change=${(event: Event) => this.#change({ bank: (event.target as HTMLSelectElement).value as Spot['bank'], near: null })}>
          ${(['', 'left', 'right'] as const).map((each) => html`<option value=${each} ?selected=${each === spot.bank}>${say(each ? SIDES[each] : 'scenBankNone')}</option>`)}
        </select>
      </div>
    </div>`
  }

  #degrees() {
    return html`<div class="pair">
      ${(['lon', 'lat'] as const).map(
        (each) => html`<div>
          <label for=${each}>${say(each === 'lon' ? 'scenLon' : 'scenLat')}</label>
          <input
            id=${each}
            type="text"
            inputmode="decimal"
            autocomplete="off"
            aria-invalid=${this.fault !== null}
            aria-describedby=${this.fault ? 'fault' : nothing}
            .value=${this.spot[each]}
            @input=${(event: Event) => this.#change({ [each]: (event.target as HTMLInputElement).value })}
          />
        </div>`,
      )}
    </div>`
  }

  #station(select: HTMLSelectElement): void {
    const found = this.stations.find(({ id }) => id === select.value)
    select.value = ''
    if (!found) return
    this.told = found.name
    this.#fire({ ...NOWHERE, route: found.route, chainage: chainageText(found.chainage_m, 1) })
  }

  #pick(on: boolean): void {
    if (on === this.picking) return
    this.picking = on
    const { stage } = this.workbench
    if (!on) return takeNone(stage)
    takeOne(stage, (position) => void this.#picked(position), () => this.#ended())
  }

  /** The keyboard goes back to where the picking began. */
  #ended(): void {
    this.#pick(false)
    this.renderRoot.querySelector<HTMLElement>('#pick')?.focus({ preventScroll: true })
  }

  async #picked(position: Position4490): Promise<void> {
    this.#ended()
    this.problem = null
    const place: Position4490 = [Number(position[0].toFixed(DIGITS)), Number(position[1].toFixed(DIGITS))]
    const within_m = WITHIN_M[this.kind]
    this.told = ''
    if (within_m === undefined) return this.#fire(pointSpot(place))
    this.told = say('scenLocating')
    try {
      const found = await this.places.beside(place)
      this.told = ''
      if (!found) return this.#fire(pointSpot(place))
      this.#placed(place, found.river, found.located, within_m)
    } catch (cause) {
      if (!(cause instanceof ServerProblem)) throw cause
      this.told = ''
      this.problem = cause.words
      this.#fire(pointSpot(place))
    }
  }

  #placed(place: Position4490, river: River, { chainage, bank, offset_m }: Located, within_m: number): void {
    const offset = numberText(Math.round(Math.abs(offset_m)))
    if (chainage === null) {
      this.told = say('scenBeyond')
      return this.#fire(pointSpot(place))
    }
    if (Math.abs(offset_m) > within_m) {
      this.told = say('scenOffRiver', { offset })
      return this.#fire(pointSpot(place))
    }
    this.told = say('scenLocated', { river: river.name, chainage, side: say(SIDES[bank]), offset })
    const side = this.kind === 'inflows' || bank === 'centre' ? '' : bank
    this.#fire({ ...NOWHERE, route: river.id, chainage, bank: side, near: place })
  }

  #change(change: Partial<Spot>): void {
    this.#fire({ ...this.spot, ...change })
  }

  #fire(spot: Spot): void {
    this.dispatchEvent(new CustomEvent<Spot>('spot', { detail: spot }))
  }
}

customElements.define('place-field', PlaceField)

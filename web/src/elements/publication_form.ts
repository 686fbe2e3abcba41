import type { Geometry } from 'geojson'
import { html, nothing, type PropertyValues } from 'lit'
import { ServerProblem } from '../config'
import { Drawing, type Shape } from '../drawing'
import { sizeOf } from '../figure_facts'
import { say } from '../language'
import '../messages/publication'
import '../messages/sketch'
import { send, STANCES, type Comment } from '../publication'
import { placeOf, SAID_PLACE } from '../publication_overlay'
import { PanelElement } from './panel_element'
import { planStyle } from './plan_style'
import { sketchStyle } from './sketch_style'
import { theme } from './theme'

const STANCE = { support: 'comSupport', oppose: 'comOppose', suggest: 'comSuggest', ask: 'comAsk' } as const
const SHAPES = { point: 'comPoint', line: 'comLine', area: 'comArea' } as const satisfies Record<Shape, string>

interface About {
  readonly layer: string
  readonly title: string
  readonly fid: string
}

/** 提意见: what is said, where, and by whom. Fires `sent`. */
export class PublicationForm extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    number: { attribute: false },
    about: { attribute: false },
    stance: { state: true },
    place: { state: true },
    hand: { state: true },
    sending: { state: true },
    problem: { state: true },
    kept: { state: true },
  }
  /** Of the publication. */
  declare number: number
  /** The published feature that it is about; null: none. */
  declare about: About | null
  declare stance: string
  declare place: Geometry | null
  /** The geometry under the hand. */
  declare hand: Geometry | null
  declare sending: boolean
  declare problem: string | null
  /** The comment as it was kept, with its code. */
  declare kept: Comment | null
  #drawing: Drawing | null = null
  /** What this comment is called until it is kept: sent again it is no second one. */
  #key = crypto.randomUUID()
  #said = ''

  constructor() {
    super()
    this.about = null
    this.stance = ''
    this.place = null
    this.hand = null
    this.sending = false
    this.problem = null
    this.kept = null
  }

  static override styles = [theme, sketchStyle, planStyle]

  override connectedCallback(): void {
    super.connectedCallback()
    const { stage } = this.workbench
    if (!stage) return
    this.#drawing = new Drawing(stage, { changed: (geometry, done) => this.#changed(geometry, done) })
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#drawing?.stop()
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('place')) this.workbench.stage?.lay(SAID_PLACE, this.place ? [placeOf(this.place)] : [])
  }

  override render() {
    if (this.kept) return this.#thanks(this.kept)
    return html`<form
      class="box"
      novalidate
      @submit=${(event: SubmitEvent) => {
        event.preventDefault()
        void this.#send()
      }}
      @keydown=${(event: KeyboardEvent) => this.#escape(event)}
    >
      <h3>${say('comHeading')}</h3>
      <label for="stance">${say('comStance')}</label>
      <select
        id="stance"
        @change=${(event: Event) => {
          this.stance = (event.target as HTMLSelectElement).value
        }}
      >
        <option value="" ?selected=${!this.stance}></option>
        ${STANCES.map((each) => html`<option value=${each} ?selected=${each === this.stance}>${say(STANCE[each])}</option>`)}
      </select>
      <label for="said">${say('comText')}</label>
      <textarea id="said" maxlength="2000" aria-describedby="said-hint"></textarea>
      <p class="small" id="said-hint">${say('comTextHint')}</p>
      ${this.about ? html`<p class="small">${say('comAbout')}:${this.about.title} ${this.about.fid}</p>` : nothing}
      ${this.#places()}
      <div class="pair">
        <div>
          <label for="name">${say('comName')}</label>
          <input id="name" maxlength="50" autocomplete="name" />
        </div>
        <div>
          <label for="contact">${say('comContact')}</label>
          <input id="contact" maxlength="100" autocomplete="off" />
        </div>
      </div>
      <p class="small">${say('comPrivate')}</p>
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
      <div class="actions">
        <button class="main" aria-disabled=${this.sending}>${say(this.sending ? 'comSending' : 'comSend')}</button>
      </div>
    </form>`
  }

  #places() {
    const drawing = this.#drawing
    if (!drawing) return nothing
    const meridian_deg = this.workbench.config.city.central_meridian_deg
    if (drawing.busy) {
      return html`<div class="hand">
        <p class="how">${say('comDrawHow')}</p>
        <p class="size" role="status">${this.hand ? sizeOf(this.hand, meridian_deg) : nothing}</p>
        <div class="actions">
          <button type="button" class="main" ?disabled=${!this.hand} @click=${() => drawing.finish()}>
            ${say('finishDrawing')}
          </button>
          <button type="button" ?disabled=${!drawing.canUndo} @click=${() => drawing.undo()}>${say('undo')}</button>
          <button type="button" @click=${() => this.#stop()}>${say('giveUp')}</button>
        </div>
      </div>`
    }
    return html`<label id="place-label">${say('comPlace')}</label>
      <div class="kinds" role="group" aria-labelledby="place-label">
        ${(['point', 'line', 'area'] as const).map(
          (shape) => html`<button type="button" id="draw-${shape}" @click=${() => this.#draw(shape)}>
            ${say(SHAPES[shape])}
          </button>`,
        )}
      </div>
      ${
        this.place
          ? html`<p class="small" id="placed">
              ${say('comPlaceSet')} · ${sizeOf(this.place, meridian_deg)}
              <button
                type="button"
                @click=${() => {
                  this.place = null
                }}
              >
                ${say('comPlaceRemove')}
              </button>
            </p>`
          : nothing
      }`
  }

  #thanks({ code = '' }: Comment) {
    return html`<div class="good" role="status" tabindex="-1" id="sent">
      <strong>${say('comSent')}</strong>
      <p>${say('comCode')}:<span class="code">${code}</span></p>
      <p class="small">${say('comCodeHow')}</p>
      <div class="actions">
        <button
          @click=${() => {
            this.kept = null
          }}
        >
          ${say('comAnother')}
        </button>
      </div>
    </div>`
  }

  #draw(shape: Shape): void {
    this.hand = null
    this.place = null
    this.#drawing?.draw(shape)
    this.requestUpdate()
  }

  #changed(geometry: Geometry | null, done: boolean): void {
    this.hand = geometry
    if (done && geometry) this.place = geometry
    // A point is whole as soon as it stands.
    if (!done && geometry?.type === 'Point') this.#drawing?.finish()
    this.requestUpdate()
  }

  #stop(): void {
    this.#drawing?.stop()
    this.requestUpdate()
  }

  #escape(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || !this.#drawing?.busy) return
    event.stopPropagation()
    this.#stop()
  }

  #value(id: string): string {
    return this.renderRoot.querySelector<HTMLInputElement | HTMLTextAreaElement>(`#${id}`)?.value.trim() ?? ''
  }

  async #send(): Promise<void> {
    if (this.sending) return
    const wanting = !this.stance ? 'stance' : !this.#value('said') ? 'said' : null
    if (wanting) {
      this.problem = say(wanting === 'stance' ? 'comNeedStance' : 'comNeedText')
      this.renderRoot.querySelector<HTMLElement>(`#${wanting}`)?.focus()
      return
    }
    const said = {
      stance: this.stance,
      text: this.#value('said'),
      name: this.#value('name'),
      contact: this.#value('contact'),
      geometry: this.place,
      ...(this.about ? { layer: this.about.layer, fid: this.about.fid } : {}),
    }
    const now = JSON.stringify(said)
    if (now !== this.#said) this.#key = crypto.randomUUID()
    this.#said = now
    this.sending = true
    this.problem = null
    try {
      this.kept = await send(this.number, said, this.#key)
      this.#key = crypto.randomUUID()
      this.place = null
      this.stance = ''
      this.dispatchEvent(new CustomEvent('sent'))
      void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('#sent')?.focus())
    } catch (cause) {
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.status === 0 ? say('comUnsure') : cause.words
    } finally {
      this.sending = false
    }
  }
}

customElements.define('publication-form', PublicationForm)

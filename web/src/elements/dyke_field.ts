import { css, html, nothing } from 'lit'
import { length_m } from '../geodesy'
import { say } from '../language'
import { numberText } from '../measured'
import type { Wrong } from '../scenario_typed'
import '../messages/scenario'
import { longer, shorter, verticesOf } from '../scenario_dyke'
import { takeNone, takeOne } from '../taking'
import { PanelElement } from './panel_element'
import { scenarioStyle } from './scenario_style'
import { theme } from './theme'
import { faultBelow, typedField } from './typed_field'

/** 堤线与堤顶: drawn on the map vertex by vertex, or written; one height of the crest, or one a vertex. Fires `typed`. */
export class DykeField extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    typed: { attribute: false },
    faults: { attribute: false },
    drawing: { state: true },
  }
  declare typed: Readonly<Record<string, string>>
  /** What is wrong with `line` or `crest_m`. */
  declare faults: Readonly<Record<string, Wrong | null>>
  declare drawing: boolean

  constructor() {
    super()
    Object.assign(this, { typed: {}, faults: {}, drawing: false })
  }

  static override styles = [
    theme,
    scenarioStyle,
    css`
      textarea {
        min-height: 84px;
        font-size: 13px;
      }
    `,
  ]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#draw(false)
  }

  override render() {
    const { line = '', crest_m = '' } = this.typed
    const vertices = verticesOf(line)
    const told = vertices?.length ? say('scenDykeTold', { count: vertices.length, length: numberText(Math.round(length_m(vertices.map(({ place }) => place)))) }) : ''
    return html`<span class="name" id="name">${say('scenDykeLine')}</span>
      <div class="line" role="group" aria-labelledby="name">
        ${this.workbench.stage ? html`<button id="draw" aria-pressed=${this.drawing} @click=${() => this.#draw(!this.drawing)}>${say(this.drawing ? 'scenDykeEnd' : 'scenAreaDraw')}</button>` : nothing}
        <button ?disabled=${!line.trim()} @click=${() => this.#type({ line: shorter(line) })}>${say('scenDykeBack')}</button>
      </div>
      ${this.drawing ? html`<p class="pick">${say('scenDykePicking')}</p>` : nothing}
      <label for="line">${say('scenDykeRows')}</label>
      <textarea
        id="line"
        autocomplete="off"
        spellcheck="false"
        placeholder="118.781200, 36.901500"
        aria-invalid=${Boolean(this.faults.line)}
        aria-describedby=${this.faults.line ? 'line-fault' : nothing}
        .value=${line}
        @input=${(event: Event) => this.#type({ line: (event.target as HTMLTextAreaElement).value })}
      ></textarea>
      <p class="small" role="status">${told}</p>
      ${faultBelow('line', this.faults.line)}
      ${typedField({ id: 'crest_m', title: 'scenDykeCrest', value: crest_m, fault: this.faults.crest_m, mode: 'decimal' }, (text) => this.#type({ crest_m: text }))}`
  }

  /** Each click, or Enter for the centre of the map, is a vertex until Escape. */
  #draw(on: boolean): void {
    if (on === this.drawing) return
    this.drawing = on
    const { stage } = this.workbench
    if (!on) return takeNone(stage)
    takeOne(
      stage,
      (place) => this.#type({ line: longer(this.typed.line ?? '', place) }),
      () => {
        this.#draw(false)
        this.renderRoot.querySelector<HTMLElement>('#draw')?.focus({ preventScroll: true })
      },
    )
  }

  #type(change: Readonly<Record<string, string>>): void {
    this.dispatchEvent(new CustomEvent('typed', { detail: { ...this.typed, ...change } }))
  }
}

customElements.define('dyke-field', DykeField)

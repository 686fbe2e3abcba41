import { css, html, nothing } from 'lit'
import { ServerProblem } from '../config'
import { project } from '../gauss_kruger'
import { say } from '../language'
import { numberText } from '../measured'
import '../messages/scenario'
import { lengthText } from '../flood_runs'
import type { Bounds4490 } from '../model'
import { answered } from '../process'
import { areaOf, boxOf, type Draft } from '../scenario'
import { wrongWords, type Inputs, type Wrong } from '../scenario_typed'
import { PanelElement } from './panel_element'
import { scenarioStyle } from './scenario_style'
import { theme } from './theme'

const WAIT_MS = 300
const MINUTE_S = 60
const SIDES = ['scenWest', 'scenSouth', 'scenEast', 'scenNorth'] as const
const ASKED = ['area', 'cell_m', 'duration_s', 'scheme', 'bits'] as const

interface Estimate {
  readonly rows: number
  readonly columns: number
  readonly cells: number
  readonly steps: number
  readonly core_s: number
  readonly core_most_s: number
}

/** 范围与估时: drawn, as the map shows it, or in degrees; how many cells that are and how long they take. Fires `area`, `draw`, `reveal`. */
export class ScenarioArea extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    draft: { attribute: false },
    inputs: { attribute: false },
    fixed: { attribute: false },
    drawing: { attribute: false },
    fault: { attribute: false },
    estimate: { state: true },
    problem: { state: true },
  }
  declare draft: Draft
  declare inputs: Inputs
  /** Of a replay it stays as it was. */
  declare fixed: boolean
  declare drawing: 'first' | 'second' | null
  declare fault: Wrong | null
  declare estimate: Estimate | null
  declare problem: string | null
  #asked = ''
  #waiting = 0
  #abort = new AbortController()

  constructor() {
    super()
    Object.assign(this, { fixed: false, drawing: null, fault: null, estimate: null, problem: null })
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
      .size {
        margin-top: 6px;
        font-size: 13px;
      }
      /* Room for the estimate before it comes: nothing moves under the pointer. */
      .asked {
        min-height: 42px;
      }
      .estimate {
        border-left: 3px solid var(--accent);
        padding-left: 8px;
        font-size: 13px;
      }
    `,
  ]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    window.clearTimeout(this.#waiting)
    this.#abort.abort()
    this.#asked = ''
  }

  override updated(): void {
    const { inputs } = this
    const known = ASKED.filter((name) => inputs[name] !== undefined).map((name) => [name, inputs[name]] as const)
    const asked = { ...Object.fromEntries(known), breached: Boolean(inputs.breaches), rained: inputs.rain_mm_h !== undefined }
    const key = this.#complete ? JSON.stringify(asked) : ''
    if (key === this.#asked) return
    this.#asked = key
    window.clearTimeout(this.#waiting)
    this.#abort.abort()
    if (!key) return void Object.assign(this, { estimate: null, problem: null })
    this.#waiting = window.setTimeout(() => void this.#ask(asked), WAIT_MS)
  }

  /** Enough is said for an estimate. */
  get #complete(): boolean {
    const { cell_m, duration_s } = this.inputs
    return boxOf(this.draft) !== null && Number(cell_m) >= 1 && Number(duration_s) >= 1
  }

  override render() {
    const { drawing, fixed } = this
    const box = boxOf(this.draft)
    const { stage } = this.workbench
    return html`<div role="group" aria-labelledby="name">
      <span class="name" id="name">${say('scenArea')}</span>
      <div class="line">
        ${
          stage && !fixed
            ? html`<button id="draw" aria-pressed=${drawing !== null} @click=${() => this.dispatchEvent(new CustomEvent('draw'))}>${say('scenAreaDraw')}</button>
                <button @click=${() => this.#fire(areaOf(stage.view()))}>${say('scenAreaView')}</button>`
            : nothing
        }
        ${stage && box ? html`<button @click=${() => this.dispatchEvent(new CustomEvent('reveal'))}>${say('scenAreaShow')}</button>` : nothing}
      </div>
      ${drawing ? html`<p class="pick" role="status">${say(drawing === 'first' ? 'scenAreaFirst' : 'scenAreaSecond')}</p>` : nothing}
      <p class="size">${box ? this.#size(box) : say('scenAreaNone')}</p>
      <div role="status" class=${this.#complete ? 'asked' : nothing}>${this.#told()}</div>
      ${this.fault ? html`<p class="fault" id="area-fault">${wrongWords(this.fault)}</p>` : nothing}
      ${fixed ? nothing : this.#corners()}
    </div>`
  }

  #corners() {
    return html`<details>
      <summary>${say('scenCorners')}</summary>
      <div class="pair">
        ${SIDES.map(
          (title, at) => html`<div>
            <label for=${title}>${say(title)}</label>
            <input
              id=${title}
              type="text"
              inputmode="decimal"
              autocomplete="off"
              aria-invalid=${this.fault !== null}
              aria-describedby=${this.fault ? 'area-fault' : nothing}
              .value=${this.draft.area[at] ?? ''}
              @input=${(event: Event) => this.#corner(at, (event.target as HTMLInputElement).value)}
            />
          </div>`,
        )}
      </div>
    </details>`
  }

  #told() {
    const { estimate, problem } = this
    if (problem) return html`<p class="bad">${problem}</p>`
    if (!estimate) return nothing
    const { core_s, core_most_s, cells, columns, rows, steps } = estimate
    const words = { cells: numberText(cells), columns: numberText(columns), rows: numberText(rows), steps: numberText(steps), span: spanText(core_s) }
    return html`<p class="estimate">${say('scenEstimate', words)}</p>
      ${core_s > core_most_s ? html`<p class="warn">${say('scenTooLong', { span: spanText(core_most_s) })}</p>` : nothing}`
  }

  #size([west, south, east, north]: Bounds4490): string {
    const { central_meridian_deg } = this.workbench.config.city
    const [low, high] = [project(west, south, central_meridian_deg), project(east, north, central_meridian_deg)]
    const km = (metres: number) => numberText(Math.round(Math.abs(metres) / 100) / 10)
    return say('scenAreaSize', { width: km(high.east_m - low.east_m), height: km(high.north_m - low.north_m) })
  }

  async #ask(inputs: Inputs): Promise<void> {
    this.#abort = new AbortController()
    const { signal } = this.#abort
    try {
      const estimate = await answered<Estimate>('flood-estimate', inputs, signal)
      if (!signal.aborted) Object.assign(this, { estimate, problem: null })
    } catch (cause) {
      if (signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      Object.assign(this, { estimate: null, problem: cause.words })
    }
  }

  #corner(at: number, text: string): void {
    const [west, south, east, north] = this.draft.area.map((each, place) => (place === at ? text : each))
    this.#fire([west ?? '', south ?? '', east ?? '', north ?? ''])
  }

  #fire(area: Draft['area']): void {
    this.dispatchEvent(new CustomEvent<Draft['area']>('area', { detail: area }))
  }
}

function spanText(seconds: number): string {
  return seconds < 2 * MINUTE_S ? say('scenSeconds', { seconds: numberText(Math.ceil(seconds)) }) : lengthText(seconds)
}

customElements.define('scenario-area', ScenarioArea)

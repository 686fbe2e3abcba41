import type { Feature, Position } from 'geojson'
import { css, html, nothing } from 'lit'
import { placeOf } from '../coordinates'
import { crossesItself, legalArea_m2, length_m } from '../geodesy'
import { say } from '../language'
import '../messages/measure'
import type { Position4490 } from '../model'
import type { Workbench } from '../workbench'
import { needsMap } from './no_map'
import { equipped, PanelElement } from './panel_element'
import { theme } from './theme'

type Kind = 'distance' | 'area'

const DIGITS = 7
const MU_M2 = 2000 / 3
const HECTARE_M2 = 10_000

/** Distance and legal area, by clicks on the map or by coordinates written line by line. */
export class MeasurePanel extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    points: { state: true },
    text: { state: true },
    wrong: { state: true },
  }
  declare points: readonly Position4490[]
  /** The vertices as they stand in the field. */
  declare text: string
  /** The line that is no coordinates. */
  declare wrong: { readonly line: number; readonly text: string } | null

  constructor() {
    super()
    this.points = []
    this.text = ''
    this.wrong = null
  }

  static override styles = [
    theme,
    css`
      :host {
        display: block;
        padding: 12px 16px 16px;
      }
      .kinds {
        display: flex;
        margin-bottom: 10px;
      }
      .kinds button {
        flex: 1;
        border-radius: 0;
      }
      .kinds button:first-child {
        border-radius: 8px 0 0 8px;
      }
      .kinds button:last-child {
        margin-left: -1px;
        border-radius: 0 8px 8px 0;
      }
      .how,
      .law {
        color: var(--ink-2);
        font-size: 12px;
      }
      .law {
        margin-top: 10px;
        color: var(--ink-3);
      }
      .result {
        margin: 12px 0;
        border-radius: 10px;
        background: var(--accent-soft);
        padding: 10px 14px;
      }
      .result dt {
        color: var(--ink-2);
        font-size: 12px;
      }
      .result dd {
        font-variant-numeric: tabular-nums;
      }
      .result dd + dt {
        margin-top: 6px;
      }
      .large {
        font-size: 20px;
        font-weight: 600;
        line-height: 1.3;
      }
      .wanting {
        color: var(--ink-2);
      }
      .bad {
        color: var(--seal);
      }
      label {
        display: block;
        margin-bottom: 4px;
        font-size: 13px;
      }
      label small {
        display: block;
        color: var(--ink-3);
        font-size: 12px;
      }
      textarea {
        width: 100%;
        min-height: 128px;
        border: 1px solid var(--rule-2);
        border-radius: 8px;
        background: var(--paper);
        padding: 6px 10px;
        color: inherit;
        font: 13px/1.5 var(--sans);
        font-variant-numeric: tabular-nums;
        resize: vertical;
      }
      textarea[aria-invalid='true'] {
        border-color: var(--seal);
      }
      .actions {
        display: flex;
        gap: 8px;
        margin-top: 8px;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    this.workbench.stage?.take((position) => this.#add(position))
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.workbench.stage?.take(null)
    this.workbench.stage?.sketch([])
  }

  override updated(): void {
    this.workbench.stage?.sketch(sketchOf(this.points, this.#kind))
  }

  override render() {
    return html`
      <div class="kinds" role="group" aria-label=${say('measureWhat')}>
        ${this.#choice('distance')} ${this.#choice('area')}
      </div>
      ${this.workbench.stage ? html`<p class="how">${say('measureHow')}</p>` : needsMap(this.workbench)}
      <div class="result" role="status">${this.#kind === 'area' ? this.#area() : this.#distance()}</div>
      <label for="vertices">${say('vertices')} <small>${say('verticesForm')}</small></label>
      <textarea
        id="vertices"
        spellcheck="false"
        aria-invalid=${this.wrong !== null}
        aria-describedby=${this.wrong ? 'wrong' : nothing}
        .value=${this.text}
        @input=${(event: Event) => this.#written((event.target as HTMLTextAreaElement).value)}
      ></textarea>
      ${this.wrong ? html`<p id="wrong" class="bad" role="alert">${say('badVertex', this.wrong)}</p>` : nothing}
      <div class="actions">
        <button ?disabled=${!this.points.length} @click=${() => this.#set(this.points.slice(0, -1))}>
          ${say('undoPoint')}
        </button>
        <button ?disabled=${!this.text} @click=${() => this.#set([])}>${say('clearPoints')}</button>
      </div>
      <p class="law">${say('measureByLaw', { meridian: this.#meridian_deg })}</p>
    `
  }

  get #kind(): Kind {
    return this.state.detail === 'area' ? 'area' : 'distance'
  }

  get #meridian_deg(): number {
    return this.workbench.config.city.central_meridian_deg
  }

  #choice(kind: Kind) {
    return html`<button
      aria-pressed=${this.#kind === kind}
      @click=${() => this.workbench.store.update({ detail: kind === 'area' ? 'area' : null })}
    >
      ${say(kind)}
    </button>`
  }

  #distance() {
    if (this.points.length < 2) return html`<p class="wanting">${say('atLeast', { count: 2 })}</p>`
    const length = length_m(this.points)
    return html`<dl>
      <dt>${say('measuredDistance')}</dt>
      <dd class="large">${grouped(length, 2)} m</dd>
      <dd>${grouped(length / 1000, 5)} km</dd>
    </dl>`
  }

  #area() {
    if (this.points.length < 3) return html`<p class="wanting">${say('atLeast', { count: 3 })}</p>`
    if (crossesItself(this.points)) return html`<p class="bad">${say('crossesItself')}</p>`
    const area = legalArea_m2(this.points, this.#meridian_deg)
    const [first] = this.points
    const around = length_m(first ? [...this.points, first] : [])
    return html`<dl>
      <dt>${say('measuredArea')}</dt>
      <dd class="large">${grouped(area / MU_M2, 4)} ${say('mu')}</dd>
      <dd>${grouped(area, 2)} m²</dd>
      <dd>${grouped(area / HECTARE_M2, 6)} ${say('hectares')}</dd>
      <dt>${say('measuredPerimeter')}</dt>
      <dd>${grouped(around, 2)} m</dd>
    </dl>`
  }

  #add(position: Position4490): void {
    this.#set([...this.points, position])
  }

  /** The points that are there, written anew. */
  #set(points: readonly Position4490[]): void {
    this.points = points
    this.text = points.map((each) => each.map((value) => value.toFixed(DIGITS)).join(', ')).join('\n')
    this.wrong = null
  }

  /** What was written stays as it is; up to a line that cannot be read it is drawn. */
  #written(text: string): void {
    this.text = text
    const points: Position4490[] = []
    this.wrong = null
    for (const [at, line] of text.split('\n').entries()) {
      if (!line.trim()) continue
      const place = placeOf(line, this.#meridian_deg)
      if (!place) {
        this.wrong = { line: at + 1, text: line.trim() }
        break
      }
      points.push(place.position)
    }
    this.points = points
  }
}

function sketchOf(points: readonly Position4490[], kind: Kind): readonly Feature[] {
  const positions = points.map((each): Position => [...each])
  const [first] = positions
  const feature = (geometry: Feature['geometry']): Feature => ({ type: 'Feature', properties: {}, geometry })
  const shape =
    kind === 'area' && first && positions.length > 2
      ? [feature({ type: 'Polygon', coordinates: [[...positions, first]] })]
      : positions.length > 1
        ? [feature({ type: 'LineString', coordinates: positions })]
        : []
  return [...shape, ...positions.map((coordinates) => feature({ type: 'Point', coordinates }))]
}

function grouped(value: number, digits: number): string {
  return value.toLocaleString('zh-CN', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

export const open = (workbench: Workbench) => equipped<MeasurePanel>('measure-panel', workbench)

customElements.define('measure-panel', MeasurePanel)

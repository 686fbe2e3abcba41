import { css, html, nothing, type PropertyValues } from 'lit'
import { ServerProblem } from '../config'
import type { Surface } from '../flights'
import { named, say } from '../language'
import { numberText } from '../measured'
import type { Message } from '../messages'
import '../messages/scenario'
import type { Bounds4490 } from '../model'
import {
  fetchRoughness,
  fetchSurfaces,
  LOSSES,
  rougher,
  SAMPLE_GROUND,
  SCHEMES,
  type Cover,
  type Ground,
  type Loss,
  type Roughness,
  type Scheme,
} from '../scenario_ground'
import type { Wrong } from '../scenario_typed'
import { PanelElement } from './panel_element'
import { scenarioStyle } from './scenario_style'
import { theme } from './theme'
import { faultBelow, typedField } from './typed_field'

const SHOWN_OF_ID = 12
const WAYS: readonly (readonly [by: Loss['by'] | null, title: Message])[] = [
  [null, 'scenLossNone'],
  ['constant', 'scenLossConstant'],
  ['green-ampt', 'scenLossGreenAmpt'],
]
const SCHEME_NAMES: Readonly<Record<Scheme, Message>> = { '': 'scenSchemeAuto', inertia: 'scenSchemeInertia', godunov: 'scenSchemeGodunov' }

/** 地面与格式: terrain of the catalogue or the sample, roughness of land, what soaks in, the scheme. Fires `ground`. */
export class ScenarioGround extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    ground: { attribute: false },
    area: { attribute: false },
    fixed: { attribute: false },
    faults: { attribute: false },
    table: { state: true },
    surfaces: { state: true },
    problem: { state: true },
  }
  declare ground: Ground
  /** Surfaces that meet it are offered. */
  declare area: Bounds4490 | null
  /** Of a replay the terrain stays as it was. */
  declare fixed: boolean
  /** By the name of the figure. */
  declare faults: Readonly<Record<string, Wrong>>
  declare table: Roughness | null
  declare surfaces: readonly Surface[]
  declare problem: string | null
  #reading = new AbortController()
  #asked: string | null = null

  constructor() {
    super()
    Object.assign(this, { ground: SAMPLE_GROUND, area: null, fixed: false, faults: {}, table: null, surfaces: [], problem: null })
  }

  static override styles = [
    theme,
    scenarioStyle,
    css`
      table {
        width: 100%;
        border-collapse: collapse;
        font-size: 13px;
      }
      th {
        padding: 2px 6px 2px 0;
        font-weight: 400;
        text-align: left;
      }
      th small {
        display: block;
        color: var(--ink-2);
        font-size: 12px;
      }
      td {
        width: 92px;
        padding: 2px 0;
      }
      td input[type='text'] {
        padding: 2px 8px;
      }
    `,
  ]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#reading.abort()
    this.#asked = null
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed)
    const asked = JSON.stringify(this.area)
    if (asked === this.#asked) return
    this.#asked = asked
    void this.#read()
  }

  override render() {
    const { ground, surfaces, table } = this
    const known = surfaces.some(({ id }) => id === ground.surface)
    return html`
      <label for="surface">${say('scenTerrain')}</label>
      <select id="surface" aria-invalid=${Boolean(this.faults.surface)} aria-describedby=${this.faults.surface ? 'surface-fault' : nothing} ?disabled=${this.fixed} @change=${(event: Event) => this.#change({ surface: (event.target as HTMLSelectElement).value })}>
        <option value="" ?selected=${!ground.surface}>${say('scenTerrainSample')}</option>
        ${surfaces.map(({ id, name }) => html`<option value=${id} ?selected=${id === ground.surface}>${name}</option>`)}
        ${ground.surface && !known ? html`<option value=${ground.surface} selected>${say('scenTerrainOther', { terrain: ground.surface.slice(0, SHOWN_OF_ID) })}</option>` : nothing}
      </select>
      ${faultBelow('surface', this.faults.surface)}
      <p class="small">${ground.surface ? say('scenTerrainHow', { cover: this.#cover(table?.unknown) }) : html`<span class="seal">${say('synthetic')}</span>`}</p>
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
      <details>
        <summary id="roughness">${say('scenRoughness')}${this.#changed()}</summary>
        <p class="small">${say('scenRoughnessHow')}</p>
        ${table ? this.#table(table) : nothing} ${faultBelow('roughness', this.faults.roughness)}
      </details>
      <span class="name" id="loss">${say('scenLoss')}</span>
      <div class="kinds" role="group" aria-labelledby="loss">
        ${WAYS.map(([by, title]) => html`<button aria-pressed=${(ground.loss?.by ?? null) === by} @click=${() => this.#lose(by)}>${say(title)}</button>`)}
      </div>
      ${ground.loss ? html`<div class="pair">${LOSSES[ground.loss.by].map(([id, title]) => html`<div>${this.#figure(id, title, ground.loss)}</div>`)}</div>` : nothing}
      ${faultBelow('loss', this.faults.loss)}
      <label for="scheme">${say('scenScheme')}</label>
      <select id="scheme" aria-invalid=${Boolean(this.faults.scheme)} aria-describedby=${this.faults.scheme ? 'scheme-fault' : nothing} @change=${(event: Event) => this.#change({ scheme: (event.target as HTMLSelectElement).value as Scheme })}>
        ${SCHEMES.map((each) => html`<option value=${each} ?selected=${each === ground.scheme}>${say(SCHEME_NAMES[each])}</option>`)}
      </select>
      ${faultBelow('scheme', this.faults.scheme)}
    `
  }

  #changed() {
    const count = Object.keys(this.ground.roughness).length
    return count ? html` · ${say('scenRoughnessChanged', { count })}` : nothing
  }

  /** Over a surface all land is of one class: the others are not asked for. */
  #table({ classes, unknown }: Roughness) {
    const { surface, roughness } = this.ground
    const shown = classes.filter((each) => !surface || each.class === unknown || each.class in roughness)
    return html`<table>
      <tbody>
        ${shown.map((each) => html`<tr>${this.#row(each)}</tr>`)}
      </tbody>
    </table>`
  }

  #row(each: Cover) {
    const fault = this.faults[each.class]
    return html`<th scope="row">${named(each.title)}<small>${each.source}${each.checked ? nothing : ` · ${say('scenUncalibrated')}`}</small></th>
      <td>
        <input
          id=${each.class}
          type="text"
          inputmode="decimal"
          autocomplete="off"
          aria-label=${say('scenRoughnessOf', { cover: named(each.title) })}
          placeholder=${numberText(each.manning)}
          aria-invalid=${fault !== undefined}
          aria-describedby=${fault ? `${each.class}-fault` : nothing}
          .value=${this.ground.roughness[each.class] ?? ''}
          @input=${(event: Event) => this.#fire(rougher(this.ground, each.class, (event.target as HTMLInputElement).value))}
        />
        ${faultBelow(each.class, fault)}
      </td>`
  }

  #figure(id: string, title: Message, loss: Loss | null) {
    return typedField({ id, title, value: loss?.typed[id] ?? '', fault: this.faults[id], mode: 'decimal' }, (text) => this.#soak(id, text))
  }

  #cover(unknown: string | undefined): string {
    const found = this.table?.classes.find((each) => each.class === unknown)
    return found ? named(found.title) : (unknown ?? '')
  }

  #lose(by: Loss['by'] | null): void {
    this.#change({ loss: by && { by, typed: this.ground.loss?.typed ?? {} } })
  }

  #soak(name: string, text: string): void {
    const { loss } = this.ground
    if (loss) this.#change({ loss: { ...loss, typed: { ...loss.typed, [name]: text } } })
  }

  #change(change: Partial<Ground>): void {
    this.#fire({ ...this.ground, ...change })
  }

  #fire(ground: Ground): void {
    this.dispatchEvent(new CustomEvent<Ground>('ground', { detail: ground }))
  }

  async #read(): Promise<void> {
    this.#reading.abort()
    this.#reading = new AbortController()
    const { signal } = this.#reading
    try {
      const [table, surfaces] = await Promise.all([this.table ?? fetchRoughness(signal), fetchSurfaces(this.area, signal)])
      if (!signal.aborted) Object.assign(this, { table, surfaces, problem: null })
    } catch (cause) {
      if (signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = say('scenGroundUnread', { words: cause.words })
    }
  }
}

/** The ground in few words. */
export function groundWords({ roughness, loss, scheme }: Ground): Readonly<Record<'roughness' | 'infiltration' | 'scheme', string>> {
  const figures = Object.entries(roughness).map(([name, value]) => `${name} ${value}`)
  const soaked = loss ? LOSSES[loss.by].map(([name, title]) => `${say(title)} ${loss.typed[name] ?? ''}`) : []
  return { roughness: figures.join(say('comma')), infiltration: soaked.join(say('comma')), scheme: scheme && say(SCHEME_NAMES[scheme]) }
}

customElements.define('scenario-ground', ScenarioGround)

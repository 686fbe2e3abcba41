import { css, html, nothing } from 'lit'
import { toWallTime, typed } from '../clock'
import { ServerProblem } from '../config'
import { handOver } from '../download'
import { valueText } from '../format'
import { NOBODY, whoAmI, type Me } from '../identity'
import { named, say } from '../language'
import '../messages/statistics'
import type { Field, Layer } from '../model'
import { grouped, percentText } from '../quantities'
import { csvOf, DIVISIONS, gathering, measureOf, ordered, statistics, type Row, type Statistics } from '../statistics'
import { PanelElement } from './panel_element'
import { partStyle } from './part_style'
import { sheetStyle } from './sheet'
import { theme } from './theme'

const FIRST = 'land-use-survey'
const MU_M2 = 2000 / 3

/** 查询统计: a layer counted by class, and by town where wanted, with legal areas. */
export class StatisticPart extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    me: { state: true },
    layer: { state: true },
    by: { state: true },
    divisions: { state: true },
    percent: { state: true },
    answer: { state: true },
    division: { state: true },
    problem: { state: true },
  }
  declare me: Me
  declare layer: string
  /** Field; empty: not by class. */
  declare by: string
  /** Layer of divisions; empty: the whole city. */
  declare divisions: string
  declare percent: number | null
  declare answer: Statistics | null
  /** The division that is shown; empty: all of the city. */
  declare division: string
  declare problem: string | null
  #abort = new AbortController()

  constructor() {
    super()
    this.me = NOBODY
    this.layer = ''
    this.by = ''
    this.divisions = ''
    this.percent = null
    this.answer = null
    this.division = ''
    this.problem = null
  }

  static override styles = [
    theme,
    partStyle,
    sheetStyle,
    css`
      tbody th {
        min-width: 7em;
      }
      tfoot th,
      tfoot td {
        border-bottom: none;
        font-weight: 600;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#abort = new AbortController()
    const first = this.#layers.find(({ id }) => id === FIRST) ?? this.#layers[0]
    if (!this.layer && first) this.#choose(first.id)
    void this.#guarded(async () => {
      this.me = await whoAmI()
    })
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
  }

  override render() {
    const { answer, percent } = this
    const mayRun = this.me.origin === 'local' || this.me.department !== null
    const layer = this.#layer
    return html`
      <p class="how">${say('statHow')}</p>
      <form
        novalidate
        @submit=${(event: SubmitEvent) => {
          event.preventDefault()
          void this.#run()
        }}
      >
        <label for="layer">${say('statLayer')}</label>
        <select id="layer" @change=${(event: Event) => this.#choose((event.target as HTMLSelectElement).value)}>
          ${this.#layers.map(({ id, title }) => html`<option value=${id} ?selected=${id === this.layer}>${named(title)}</option>`)}
        </select>
        <div class="pair">
          <div>
            <label for="by">${say('statBy')}</label>
            <select id="by" @change=${(event: Event) => (this.by = (event.target as HTMLSelectElement).value)}>
              <option value="" ?selected=${!this.by}>${say('statWhole')}</option>
              ${(layer ? gathering(layer) : []).map(
                ({ name, title }) => html`<option value=${name} ?selected=${name === this.by}>${named(title)}</option>`,
              )}
            </select>
          </div>
          <div>
            <label for="divisions">${say('statDivisions')}</label>
            <select id="divisions" @change=${(event: Event) => (this.divisions = (event.target as HTMLSelectElement).value)}>
              <option value="" ?selected=${!this.divisions}>${say('statCity')}</option>
              ${this.#divisions.map(
                ({ id, title }) => html`<option value=${id} ?selected=${id === this.divisions}>${named(title)}</option>`,
              )}
            </select>
          </div>
        </div>
        <div class="actions">
          ${
            mayRun
              ? html`<button class="primary" aria-disabled=${percent !== null}>
                  ${percent === null ? say('statRun') : say('statRunning', { percent })}
                </button>`
              : html`<p class="small">${say('statSignIn')}</p>`
          }
        </div>
      </form>
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
      <p class="unseen" role="status">${percent === null ? '' : say('statRunning', { percent })}</p>
      ${answer ? this.#answer(answer) : nothing}
    `
  }

  #answer(answer: Statistics) {
    const { parts } = answer
    const rows = ordered(parts?.find((each) => each.division === this.division)?.rows ?? answer.total)
    const layer = this.workbench.config.layers.find(({ id }) => id === answer.layer)
    return html`<section id="answer">
      ${layer?.synthetic ? html`<p class="synthetic"><span class="seal">${say('synthetic')}</span></p>` : nothing}
      <h3>${say('statTable')}${layer ? `:${named(layer.title)}` : nothing}</h3>
      ${
        parts
          ? html`<label for="part">${say('statPart')}</label>
              <select id="part" @change=${(event: Event) => (this.division = (event.target as HTMLSelectElement).value)}>
                <option value="">${say('statCity')}</option>
                ${parts.map(({ division, title }) => html`<option lang="zh-CN" value=${division}>${title ?? division}</option>`)}
              </select>`
          : nothing
      }
      ${rows.length ? this.#table(answer, rows) : html`<p class="small">${say('statNothing')}</p>`}
      ${answer.outside ? html`<p class="small">${say('statOutside', { count: answer.outside })}</p>` : nothing}
      <p class="small">${say('statRests', { at: typed(toWallTime(answer.datetime)), changeset: answer.changeset })}</p>
      <div class="actions"><button @click=${() => this.#file(answer)}>${say('statFile')}</button></div>
    </section>`
  }

  #table(answer: Statistics, rows: readonly Row[]) {
    const areas = rows.some(({ area_m2 }) => area_m2 !== undefined)
    const lengths = rows.some(({ length_m }) => length_m !== undefined)
    const whole = rows.reduce((sum, row) => sum + (measureOf(row) ?? row.count), 0)
    const count = rows.reduce((sum, row) => sum + row.count, 0)
    const measured = (value: number, share: string) => html`
      ${areas || lengths ? html`<td class="number">${grouped(value, 2)}</td>` : nothing}
      ${areas ? html`<td class="number">${grouped(value / MU_M2, 2)}</td>` : nothing}
      <td class="number">${share}</td>
    `
    return html`<div class="sheet" tabindex="0" role="region" aria-label=${say('statTable')}>
      <table>
        <thead>
          <tr>
            <th scope="col">${say('statClass')}</th>
            <th scope="col" class="number">${say('statCount')}</th>
            ${areas || lengths ? html`<th scope="col" class="number">${say(areas ? 'statArea' : 'statLength')}</th>` : nothing}
            ${areas ? html`<th scope="col" class="number">${say('statMu')}</th>` : nothing}
            <th scope="col" class="number">${say('statShare')}</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) => html`<tr>
              <th scope="row">${this.#class(answer, row.code)}</th>
              <td class="number">${grouped(row.count, 0)}</td>
              ${measured(measureOf(row) ?? row.count, whole ? percentText((measureOf(row) ?? row.count) / whole) : '—')}
            </tr>`,
          )}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">${say('statSum')}</th>
            <td class="number">${grouped(count, 0)}</td>
            ${measured(whole, '')}
          </tr>
        </tfoot>
      </table>
    </div>`
  }

  #class(answer: Statistics, code: string | null): string {
    if (answer.by === null) return say('statWhole')
    const label = this.#title(answer, code)
    return code === null || label === code ? label : `${code} ${label}`
  }

  #title({ layer, by }: Statistics, code: string | null): string {
    if (code === null) return say('statEmpty')
    const field: Field | undefined = this.workbench.config.layers
      .find(({ id }) => id === layer)
      ?.fields.find(({ name }) => name === by)
    return field ? valueText(field, code) : code
  }

  #choose(id: string): void {
    this.layer = id
    const layer = this.#layer
    const fields = layer ? gathering(layer).map(({ name }) => name) : []
    const drawn = layer?.legend.by
    this.by = drawn && fields.includes(drawn) ? drawn : (fields[0] ?? '')
  }

  /** Layers that can be counted: those that have a place, and the classes of those that have none. */
  get #layers(): readonly Layer[] {
    return this.workbench.config.layers.filter((layer) => layer.geometry !== null || gathering(layer).length > 0)
  }

  get #layer(): Layer | undefined {
    return this.#layers.find(({ id }) => id === this.layer)
  }

  get #divisions(): readonly Layer[] {
    if (this.#layer?.geometry === null) return []
    return DIVISIONS.flatMap((wanted) => this.workbench.config.layers.filter(({ id }) => id === wanted))
  }

  #file(answer: Statistics): void {
    const head = (['statDivision', 'statCode', 'statClass', 'statCount', 'statMeasure'] as const).map((each) => say(each))
    const text = csvOf(answer, (code) => this.#title(answer, code), head)
    handOver(new Blob([text], { type: 'text/csv' }), `${answer.layer}.csv`)
  }

  async #run(): Promise<void> {
    if (!this.layer || this.percent !== null) return
    this.problem = null
    await this.#guarded(async () => {
      this.percent = 0
      const divisions = this.#divisions.some(({ id }) => id === this.divisions) ? this.divisions : null
      const question = { layer: this.layer, by: this.by || null, divisions }
      this.answer = await statistics(question, this.state, this.#abort.signal, ({ progress }) => (this.percent = progress))
      this.division = ''
      await this.updateComplete
      this.renderRoot.querySelector('#answer')?.scrollIntoView({ block: 'start' })
    })
    this.percent = null
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (cause) {
      if (this.#abort.signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    }
  }
}

customElements.define('statistic-part', StatisticPart)

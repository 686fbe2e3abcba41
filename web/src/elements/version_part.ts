import { css, html, nothing } from 'lit'
import { fromTyped, toInstant, typed } from '../clock'
import { begun } from '../comparison'
import { ServerProblem } from '../config'
import { download } from '../download'
import { valueText } from '../format'
import { NOBODY, whoAmI, type Me } from '../identity'
import { named, say } from '../language'
import type { Message } from '../messages'
import '../messages/versions'
import type { CompareMode, Field, Layer } from '../model'
import { grouped } from '../quantities'
import {
  comparable,
  difference,
  differenceFile,
  versions,
  VERSIONS,
  type Balance,
  type Question,
  type Report,
  type Transition,
  type Version,
} from '../versions'
import { PanelElement } from './panel_element'
import { partStyle } from './part_style'
import { sheetStyle } from './sheet'
import { theme } from './theme'

const FIRST = 'planned-land-use'
const MOST_TRANSITIONS = 20
type Side = 'older' | 'newer'
const SIDES: readonly (readonly [Side, Message])[] = [
  ['older', 'versionOlder'],
  ['newer', 'versionNewer'],
]
const COLUMNS: readonly (readonly [keyof Balance, Message])[] = [
  ['before_m2', 'versionBefore'],
  ['after_m2', 'versionAfter'],
  ['moved_in_m2', 'versionIn'],
  ['moved_out_m2', 'versionOut'],
  ['added_m2', 'versionAdded'],
  ['removed_m2', 'versionGone'],
]

/** 版本对比: two versions of a plan or two dates, on the map and as a table of areas by class. */
export class VersionPart extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    me: { state: true },
    layers: { state: true },
    known: { state: true },
    layer: { state: true },
    older: { state: true },
    newer: { state: true },
    percent: { state: true },
    answer: { state: true },
    problem: { state: true },
  }
  declare me: Me
  /** Layers that can be held against each other. */
  declare layers: readonly Layer[]
  declare known: readonly Version[]
  declare layer: string
  /** Dates as they are typed; empty: the time of the map. */
  declare older: string
  declare newer: string
  declare percent: number | null
  declare answer: { readonly report: Report; readonly question: Question } | null
  declare problem: string | null
  #abort = new AbortController()

  constructor() {
    super()
    this.me = NOBODY
    this.layers = []
    this.known = []
    this.layer = FIRST
    this.older = ''
    this.newer = ''
    this.percent = null
    this.answer = null
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
      .answer {
        margin-top: 16px;
        border-top: 1px solid var(--rule);
        padding-top: 12px;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#abort = new AbortController()
    void this.#read()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
  }

  override render() {
    const { answer, percent } = this
    const mayRun = this.me.origin === 'local' || this.me.department !== null
    return html`
      <p class="how">${say('versionHow')}</p>
      <form
        novalidate
        @submit=${(event: SubmitEvent) => {
          event.preventDefault()
          void this.#run()
        }}
      >
        <label for="layer">${say('versionLayer')}</label>
        <select id="layer" @change=${(event: Event) => (this.layer = (event.target as HTMLSelectElement).value)}>
          ${this.layers.map(
            ({ id, title }) => html`<option value=${id} ?selected=${id === this.layer}>${named(title)}</option>`,
          )}
        </select>
        <div class="pair">${SIDES.map(([side, label]) => this.#side(side, label))}</div>
        <div class="actions">
          ${
            this.workbench.stage
              ? html`<button type="button" @click=${() => this.#show('difference')}>${say('versionMap')}</button>
                  <button type="button" @click=${() => this.#show('swipe')}>${say('versionSwipe')}</button>`
              : nothing
          }
          ${
            mayRun
              ? html`<button class="primary" aria-disabled=${percent !== null}>
                  ${percent === null ? say('versionRun') : say('versionRunning', { percent })}
                </button>`
              : html`<p class="small">${say('versionSignIn')}</p>`
          }
        </div>
      </form>
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
      <p class="unseen" role="status">${percent === null ? '' : say('versionRunning', { percent })}</p>
      ${answer ? this.#answer(answer.report, answer.question) : nothing}
    `
  }

  #side(side: Side, label: Message) {
    const pick = (event: Event) => {
      this[side] = (event.target as HTMLSelectElement).value
    }
    return html`<div>
      <label for=${side}>${say(label)} <small>${say('versionDate')}</small></label>
      <input
        id=${side}
        type="text"
        autocomplete="off"
        placeholder=${this.#now}
        .value=${this[side]}
        @input=${(event: Event) => (this[side] = (event.target as HTMLInputElement).value.trim())}
      />
      ${
        this.known.length
          ? html`<select aria-label="${say(label)}${say('colon')}${say('versionOf')}" @change=${pick}>
              <option value="">${say('versionNow')}</option>
              ${this.known.map(
                (each) => html`<option lang="zh-CN" value=${typed(each.from)} ?selected=${typed(each.from) === this[side]}>
                  ${typed(each.from)} ${this.#status(each)} ${each.id}
                </option>`,
              )}
            </select>`
          : nothing
      }
    </div>`
  }

  #answer(report: Report, question: Question) {
    const { rows, areas, proof } = report
    const field = this.#field(report)
    const classes = areas.classes.filter((each) => COLUMNS.some(([name]) => Number(each[name])))
    const moved = areas.transitions
      .filter(({ before, after, area_m2 }) => before !== after && area_m2 > 0)
      .sort((a, b) => b.area_m2 - a.area_m2)
    const nothingDiffers = rows.inserted + rows.removed + rows.before === 0
    return html`<div class="answer">
      ${
        report.nature
          ? html`<p class="synthetic"><span class="seal">${say('synthetic')}</span></p>`
          : nothing
      }
      <p id="counts">
        ${
          nothingDiffers
            ? say('versionNone')
            : say('versionCounts', { inserted: rows.inserted, removed: rows.removed, changed: rows.before })
        }
      </p>
      ${proof.a_and_difference_are_b ? html`<p class="small">✓ ${say('versionProof')}</p>` : nothing}
      ${
        areas.doubled_m2 > 0
          ? html`<p class="warn">${say('versionDoubled', { area: grouped(areas.doubled_m2, 2) })}</p>`
          : nothing
      }
      <h3>${say('versionTable')}</h3>
      <div class="sheet" tabindex="0" role="region" aria-label=${say('versionTable')}>
        <table class="classes">
          <thead>
            <tr>
              <th scope="col">${say('versionClass')}</th>
              ${COLUMNS.map(([, label]) => html`<th scope="col" class="number">${say(label)}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${classes.map(
              (each) => html`<tr>
                <th scope="row">${classOf(field, each.code)}</th>
                ${COLUMNS.map(([name]) => html`<td class="number">${areaOf(Number(each[name]))}</td>`)}
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
      ${moved.length ? this.#transitions(field, moved) : nothing}
      <div class="actions">
        <button aria-disabled=${this.percent !== null} @click=${() => void this.#file(question)}>${say('versionFile')}</button>
      </div>
    </div>`
  }

  #transitions(field: Field | undefined, moved: readonly Transition[]) {
    return html`<h3>${say('versionTransitions')}</h3>
      <table class="transitions">
        <thead>
          <tr>
            <th scope="col">${say('versionFrom')}</th>
            <th scope="col">${say('versionTo')}</th>
            <th scope="col" class="number">${say('versionArea')}</th>
          </tr>
        </thead>
        <tbody>
          ${moved.slice(0, MOST_TRANSITIONS).map(
            ({ before, after, area_m2 }) => html`<tr>
              <td>${before === null ? say('versionOutside') : classOf(field, before)}</td>
              <td>${after === null ? say('versionOutside') : classOf(field, after)}</td>
              <td class="number">${areaOf(area_m2)}</td>
            </tr>`,
          )}
        </tbody>
      </table>`
  }

  get #now(): string {
    const { datetime } = this.state
    return datetime ? typed(datetime) : say('versionNow')
  }

  #status({ status }: Version): string {
    const layer = this.workbench.config.layers.find(({ id }) => id === VERSIONS)
    const field = layer?.fields.find(({ name }) => name === 'status')
    return field ? valueText(field, status) : status
  }

  #field({ layer, areas }: Report): Field | undefined {
    return this.layers.find(({ id }) => id === layer)?.fields.find(({ name }) => name === areas.by)
  }

  async #read(): Promise<void> {
    const { signal } = this.#abort
    const { layers } = this.workbench.config
    await this.#guarded(async () => {
      this.me = await whoAmI()
      const ids = await comparable(signal)
      this.layers = layers.filter(({ id, geometry }) => geometry !== null && ids.includes(id))
      if (!this.layers.some(({ id }) => id === this.layer)) this.layer = this.layers[0]?.id ?? ''
      if (layers.some(({ id }) => id === VERSIONS)) this.known = await versions(signal)
    })
  }

  /** Both dates, the older first, as wall times; null where one is none, which the problem says. */
  #dates(): readonly [string | null, string | null] | null {
    const found = []
    for (const text of [this.older, this.newer]) {
      const wall = text ? fromTyped(text) : this.state.datetime
      if (text && wall === null) {
        this.problem = say('versionDateForm', { text })
        return null
      }
      found.push(wall)
    }
    const [older = null, newer = null] = found
    if (older === newer) {
      this.problem = say('versionSame')
      return null
    }
    return older === null || (newer !== null && newer < older) ? [newer, older] : [older, newer]
  }

  #question(): Question | null {
    this.problem = null
    const dates = this.#dates()
    if (!dates || !this.layer) return null
    const [from, to] = dates.map((wall) => (wall ? toInstant(wall) : new Date().toISOString()))
    const { asof } = this.state
    return from && to ? { layer: this.layer, from, to, asof: asof ? toInstant(asof) : null } : null
  }

  /** Compares both dates on the map: as what differs, or by a divider. */
  #show(mode: CompareMode): void {
    this.problem = null
    const dates = this.#dates()
    if (!dates) return
    const [older, newer] = dates
    const { store } = this.workbench
    const { visible } = store.state
    store.update({
      datetime: newer,
      visible: visible === null || visible.includes(this.layer) ? visible : [...visible, this.layer],
      compare: { ...begun(store.state), mode, datetime: older, asof: store.state.asof, layer: this.layer },
    })
  }

  async #run(): Promise<void> {
    const question = this.#question()
    if (!question || this.percent !== null) return
    await this.#guarded(async () => {
      this.percent = 0
      const report = await difference(question, this.#abort.signal, ({ progress }) => (this.percent = progress))
      this.answer = { report, question }
      await this.updateComplete
      this.renderRoot.querySelector('.answer')?.scrollIntoView({ block: 'start' })
    })
    this.percent = null
  }

  async #file(question: Question): Promise<void> {
    if (this.percent !== null) return
    this.problem = null
    await this.#guarded(async () => {
      this.percent = 0
      const { signal } = this.#abort
      await download(await differenceFile(question, signal, ({ progress }) => (this.percent = progress)))
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

function classOf(field: Field | undefined, code: string): string {
  if (!code) return say('versionPlain')
  const label = field ? valueText(field, code) : code
  return label === code ? code : `${code} ${label}`
}

function areaOf(area_m2: number): string {
  return area_m2 ? grouped(area_m2, 2) : '0'
}

customElements.define('version-part', VersionPart)

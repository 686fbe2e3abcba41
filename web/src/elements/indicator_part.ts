import { css, html, nothing } from 'lit'
import { fromTyped } from '../clock'
import { reviewOf, type Site } from '../compliance_review'
import { ServerProblem } from '../config'
import { NOBODY, whoAmI, type Me } from '../identity'
import {
  declaredOf,
  definitions,
  evaluate,
  towns,
  TOWNS,
  type Board,
  type Definition,
  type Definitions,
  type Question,
  type Region,
} from '../indicators'
import { say } from '../language'
import type { Message } from '../messages'
import '../messages/extract'
import '../messages/indicators'
import '../messages/planning'
import type { Times } from '../model'
import './indicator_list'
import { PanelElement } from './panel_element'
import { partStyle } from './part_style'
import './site_field'
import type { SiteField } from './site_field'
import { theme } from './theme'

const CITY = 'city'
const DRAWN = 'drawn'
const GROUPS: readonly (readonly [prefix: string, title: Message])[] = [
  ['AQ', 'boardGroupAQ'],
  ['CX', 'boardGroupCX'],
  ['XT', 'boardGroupXT'],
  ['LS', 'boardGroupLS'],
  ['KF', 'boardGroupKF'],
  ['GX', 'boardGroupGX'],
  ['CG', 'boardGroupCG'],
]
const NUMBER = /^-?\d+(\.\d+)?$/

interface Figure {
  readonly value: string
  readonly source: string
}

/** A board, the one of the second date, and what both were asked with. */
interface Answer {
  readonly now: Board
  readonly then: Board | null
  readonly key: string
}

/** 指标看板: values of a group of indicators in a region, at the time of the map and beside a second date. */
export class IndicatorPart extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    me: { state: true },
    known: { state: true },
    towns: { state: true },
    where: { state: true },
    group: { state: true },
    site: { state: true },
    second: { state: true },
    figures: { state: true },
    table: { state: true },
    keep: { state: true },
    percent: { state: true },
    answer: { state: true },
    problem: { state: true },
  }
  declare me: Me
  declare known: Definitions | null
  declare towns: ReadonlyMap<string, string>
  /** The city, a drawn area, or the code of a town. */
  declare where: string
  declare group: string
  declare site: Site | null
  /** The second date as it is typed. */
  declare second: string
  /** Figures from elsewhere as they are typed. */
  declare figures: Readonly<Record<string, Figure>>
  /** The declared table as it is typed. */
  declare table: string
  declare keep: boolean
  /** How far the evaluation is; null where none goes on. */
  declare percent: number | null
  declare answer: Answer | null
  declare problem: string | null
  #abort = new AbortController()

  constructor() {
    super()
    this.me = NOBODY
    this.known = null
    this.towns = new Map()
    this.where = CITY
    this.group = 'AQ'
    this.site = null
    this.second = ''
    this.figures = {}
    this.table = ''
    this.keep = false
    this.percent = null
    this.answer = null
    this.problem = null
  }

  static override styles = [
    theme,
    partStyle,
    css`
      site-field {
        display: block;
        margin-top: 12px;
      }
      .figure {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: 0 8px;
      }
      .figure label {
        grid-column: 1 / -1;
      }
      textarea {
        min-height: 76px;
        resize: vertical;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#abort = new AbortController()
    this.site = reviewOf(this.workbench.store).site
    void this.#read()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
  }

  override render() {
    const { known, answer } = this
    return html`
      <p class="how">${say('boardHow')}</p>
      ${known ? this.#form(known) : nothing}
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
      <p class="unseen" role="status">${this.#told}</p>
      ${
        answer && known
          ? html`<indicator-list
              .now=${answer.now}
              .then=${answer.then}
              .definitions=${known.indicators}
              .layers=${this.workbench.config.layers}
              .stale=${answer.key !== this.#key}
            ></indicator-list>`
          : nothing
      }
    `
  }

  #form(known: Definitions) {
    const of = known.indicators.filter(({ code }) => code.startsWith(this.group))
    const barred = of.filter(({ available }) => !available).length
    const mayRun = this.me.origin === 'local' || this.me.department !== null
    return html`<form
      novalidate
      @submit=${(event: SubmitEvent) => {
        event.preventDefault()
        void this.#run(of)
      }}
    >
      <div class="pair">
        <div>
          <label for="group">${say('boardGroup')}</label>
          <select id="group" @change=${(event: Event) => (this.group = (event.target as HTMLSelectElement).value)}>
            ${GROUPS.map(([prefix, title]) => {
              const count = known.indicators.filter(({ code }) => code.startsWith(prefix)).length
              return html`<option value=${prefix} ?selected=${prefix === this.group}>
                ${say('boardGroupCount', { title: say(title), count })}
              </option>`
            })}
          </select>
        </div>
        <div>
          <label for="where">${say('boardRegion')}</label>
          <select id="where" @change=${(event: Event) => (this.where = (event.target as HTMLSelectElement).value)}>
            <option value=${CITY} ?selected=${this.where === CITY}>${say('boardCity')}</option>
            <option value=${DRAWN} ?selected=${this.where === DRAWN}>${say('boardDrawn')}</option>
            ${[...this.towns].map(
              ([code, name]) =>
                html`<option value=${code} lang="zh-CN" ?selected=${this.where === code}>${name} ${code}</option>`,
            )}
          </select>
        </div>
      </div>
      ${
        this.where === DRAWN
          ? html`<site-field
              .workbench=${this.workbench}
              .site=${this.site}
              .over=${false}
              @site=${(event: CustomEvent<Site | null>) => this.#sited(event.detail)}
            ></site-field>`
          : nothing
      }
      <label for="second">${say('boardSecond')}</label>
      <input
        id="second"
        type="text"
        autocomplete="off"
        placeholder=${say('boardSecondForm')}
        .value=${this.second}
        @input=${(event: Event) => (this.second = (event.target as HTMLInputElement).value.trim())}
      />
      ${this.#figures(known, of)}
      <details>
        <summary>${say('boardDeclared')}</summary>
        <label for="table">${say('boardDeclaredForm')}</label>
        <textarea
          id="table"
          spellcheck="false"
          .value=${this.table}
          @input=${(event: Event) => (this.table = (event.target as HTMLTextAreaElement).value)}
        ></textarea>
      </details>
      <label class="check">
        <input
          type="checkbox"
          .checked=${this.keep}
          @change=${(event: Event) => (this.keep = (event.target as HTMLInputElement).checked)}
        />
        ${say('boardKeep')}
      </label>
      ${barred ? html`<p class="small">${say('boardUnavailable', { count: barred })}</p>` : nothing}
      <div class="actions">
        ${
          mayRun
            ? html`<button class="primary" aria-disabled=${this.percent !== null}>
                ${this.percent === null ? say('boardRun') : say('boardRunning', { percent: this.percent })}
              </button>`
            : html`<p class="small">${say('boardSignIn')}</p>`
        }
      </div>
    </form>`
  }

  /** Figures from elsewhere that the group needs. */
  #figures({ figures: titles }: Definitions, of: readonly Definition[]) {
    const names = [...new Set(of.filter(({ available }) => available).flatMap(({ given }) => given))]
    if (!names.length) return nothing
    const given = names.filter((name) => this.figures[name]?.value).length
    return html`<details>
      <summary>${say('boardFigures', { given, count: names.length })}</summary>
      <p class="small">${say('boardFiguresWhy')}</p>
      ${names.map((name) => {
        const title = titles[name] ?? name
        const { value = '', source = '' } = this.figures[name] ?? {}
        return html`<div class="figure">
          <label for="f-${name}" lang="zh-CN">${title} <small>${unitOf(name)}</small></label>
          <input
            id="f-${name}"
            type="text"
            inputmode="decimal"
            autocomplete="off"
            .value=${value}
            @input=${(event: Event) => this.#give(name, { value: textIn(event), source })}
          />
          <input
            id="s-${name}"
            type="text"
            autocomplete="off"
            maxlength="200"
            aria-label=${say('boardSourceOf', { name: title })}
            placeholder=${say('boardSource')}
            .value=${source}
            @input=${(event: Event) => this.#give(name, { value, source: textIn(event) })}
          />
        </div>`
      })}
    </details>`
  }

  get #told(): string {
    const { answer, percent } = this
    if (percent !== null) return say('boardRunning', { percent })
    if (!answer || this.problem) return ''
    const lacking = answer.now.values.filter(({ value }) => value === null).length
    return say('boardDone', { count: answer.now.values.length, lacking })
  }

  /** What a board is asked with; another one makes the shown board stale. */
  get #key(): string {
    const { datetime, asof } = this.state
    const area = this.where === DRAWN ? this.site?.geometry : null
    return JSON.stringify([this.group, this.where, area, datetime, asof, this.second, this.figures, this.table])
  }

  async #read(): Promise<void> {
    const { signal } = this.#abort
    const { datetime, asof } = this.state
    const layer = this.workbench.config.layers.find(({ id }) => id === TOWNS)
    await this.#guarded(async () => {
      this.me = await whoAmI()
      this.known = await definitions(signal)
      if (layer) this.towns = await towns(layer, { datetime, asof }, signal)
    })
  }

  #give(name: string, figure: Figure): void {
    this.figures = { ...this.figures, [name]: figure }
  }

  #sited(site: Site | null): void {
    this.site = site
    reviewOf(this.workbench.store).site = site
  }

  async #run(of: readonly Definition[]): Promise<void> {
    if (this.percent !== null) return
    this.problem = null
    const key = this.#key
    const question = this.#question(of)
    const second = this.second ? fromTyped(this.second) : null
    if (this.second && second === null) this.problem = say('wrongTime')
    if (!question || this.problem) return
    const { datetime, asof } = this.state
    await this.#guarded(async () => {
      this.percent = 0
      const now = await this.#evaluated(question, { datetime, asof })
      const then =
        second === null ? null : await this.#evaluated({ ...question, declared: [] }, { datetime: second, asof })
      this.answer = { now, then, key }
      await this.updateComplete
      this.renderRoot.querySelector('indicator-list')?.scrollIntoView({ block: 'start' })
    })
    this.percent = null
  }

  #evaluated(question: Question, times: Times): Promise<Board> {
    return evaluate(question, times, this.#abort.signal, ({ progress }) => {
      this.percent = progress
    })
  }

  /** What is asked for; null where something is missing, which the problem then says. */
  #question(of: readonly Definition[]): Question | null {
    const codes = of.filter(({ available }) => available).map(({ code }) => code)
    const region = this.#region()
    const declared = declaredOf(this.table)
    const given = this.#given(of)
    if ('line' in declared) this.problem = say('boardDeclaredBad', declared)
    else if (!codes.length) this.problem = say('boardNone')
    if (this.problem || region === null || 'line' in declared) return null
    return { codes, region, given, declared, keep: this.keep }
  }

  #region(): Region | null {
    if (this.where !== DRAWN) return this.where
    if (this.renderRoot.querySelector<SiteField>('site-field')?.busy) this.problem = say('checkUnfinished')
    else if (!this.site) this.problem = say('extractNoSite')
    return this.site?.geometry ?? null
  }

  #given(of: readonly Definition[]): Question['given'] {
    const needed = new Set(of.flatMap(({ given }) => given))
    const found: Record<string, Figure> = {}
    for (const [name, { value, source }] of Object.entries(this.figures)) {
      if (!value || !needed.has(name)) continue
      const title = this.known?.figures[name] ?? name
      if (!NUMBER.test(value)) this.problem = say('boardNoNumber', { name: title, text: value })
      else if (!source) this.problem = say('boardSourceMissing', { name: title })
      found[name] = { value, source }
    }
    return found
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

/** The unit in the name of a figure: `water_use_m3` is in m³. */
function unitOf(name: string): string {
  const units: Readonly<Record<string, string>> = { m2: 'm²', m3: 'm³', m: 'm', pct: '%', t: 't', yuan: '元' }
  return units[name.split('_').at(-1) ?? ''] ?? ''
}

function textIn(event: Event): string {
  return (event.target as HTMLInputElement).value.trim()
}

customElements.define('indicator-part', IndicatorPart)

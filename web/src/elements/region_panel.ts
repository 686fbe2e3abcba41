import type { Feature } from 'geojson'
import { css, html, nothing, type PropertyValues } from 'lit'
import { ServerProblem } from '../config'
import { NOBODY, mayEdit, whoAmI, type Me } from '../identity'
import { say } from '../language'
import type { Message } from '../messages'
import '../messages/regions'
import type { Position4490 } from '../model'
import {
  outline,
  readings,
  regionAt,
  reorganise,
  STEP_KINDS,
  takeBack,
  touched,
  type Ground,
  type Outcome,
  type Step,
  type StepKind,
  type Unit,
} from '../reorganise'
import type { Workbench } from '../workbench'
import { equipped, PanelElement } from './panel_element'
import { printStyle } from './print_style'
import { theme } from './theme'
import './unit_field'
import type { UnitField } from './unit_field'

const KINDS: Readonly<Record<StepKind, Message>> = {
  move: 'stepMove',
  rename: 'stepRename',
  merge: 'stepMerge',
  split: 'stepSplit',
  recode: 'stepRecode',
}
const COUNTS: readonly (readonly [keyof Outcome, Message])[] = [
  ['components', 'regionComponents'],
  ['codes', 'regionCodes'],
  ['addresses', 'regionAddresses'],
  ['links', 'regionLinks'],
  ['unmoved', 'regionUnmoved'],
]
/** Layers of the register without which nobody reorganises. */
const WRITTEN = ['components', 'regions', 'addresses'] as const

interface Result {
  readonly outcome: Outcome
  readonly kind: 'preview' | 'done' | 'undone'
}

/** 区划调整: steps, their impact, carried out and taken back. */
export class RegionPanel extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    me: { state: true },
    kind: { state: true },
    units: { state: true },
    into: { state: true },
    steps: { state: true },
    clicking: { state: true },
    working: { state: true },
    result: { state: true },
    problem: { state: true },
  }
  declare me: Me
  declare kind: StepKind
  declare units: readonly Unit[]
  declare into: readonly Unit[]
  declare steps: readonly Step[]
  /** Clicks on the map choose units. */
  declare clicking: boolean
  declare working: boolean
  declare result: Result | null
  declare problem: string | null
  #abort = new AbortController()
  #outlines = new Map<string, Feature | null>()

  constructor() {
    super()
    this.me = NOBODY
    this.kind = 'move'
    this.units = []
    this.into = []
    this.steps = []
    this.clicking = false
    this.working = false
    this.result = null
    this.problem = null
  }

  static override styles = [
    theme,
    printStyle,
    css`
      .steps li {
        display: flex;
        justify-content: space-between;
        gap: 8px;
        border-bottom: 1px solid var(--rule);
        padding: 5px 0;
        font-size: 13px;
        overflow-wrap: anywhere;
      }
      h3 {
        margin: 14px 0 4px;
        font-size: 13px;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        margin-top: 12px;
      }
      .do {
        border-color: var(--accent);
        background: var(--accent);
        color: var(--card);
      }
      dl {
        display: grid;
        grid-template-columns: 1fr auto;
        gap: 2px 12px;
        font-size: 13px;
        font-variant-numeric: tabular-nums;
      }
      .day {
        width: 100%;
        border: 1px solid var(--rule-2);
        border-radius: 8px;
        background: var(--paper);
        padding: 4px 10px;
      }
      .reads li {
        border-left: 2px solid var(--accent);
        margin-top: 4px;
        padding-left: 8px;
        font-size: 13px;
        overflow-wrap: anywhere;
      }
      .reads del {
        color: var(--ink-3);
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    void whoAmI().then((me) => (this.me = me))
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
    this.workbench.stage?.take(null)
    this.workbench.stage?.sketch([])
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('units') || changed.has('steps')) void this.#draw()
    if (changed.has('result')) this.renderRoot.querySelector('.impact')?.scrollIntoView({ block: 'start' })
  }

  override render() {
    const may = this.me.origin === 'local' || WRITTEN.every((layer) => mayEdit(this.me, layer))
    if (!may) return html`<p class="how">${say('regionRefused')}</p>`
    return html`
      <p class="how">${say('regionHow')}</p>
      ${this.#step()}
      ${this.steps.length ? this.#listed() : nothing}
      ${this.#ground()}
      <div class="actions">
        <button ?disabled=${!this.steps.length || this.working} @click=${() => this.#run('preview')}>
          ${say('regionPreview')}
        </button>
        <button class="do" ?disabled=${this.result?.kind !== 'preview' || this.working} @click=${() => this.#run('done')}>
          ${say('regionDo')}
        </button>
      </div>
      ${this.working ? html`<p class="how" role="status">${say('regionRunning')}…</p>` : nothing}
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
      ${this.result ? this.#told(this.result) : nothing}
    `
  }

  #step() {
    const { kind } = this
    const many = kind === 'move' || kind === 'merge' || kind === 'split'
    const single = kind === 'rename' || kind === 'recode'
    return html`
      <label for="kind">${say('regionStep')}</label>
      <select id="kind" .value=${kind} @change=${this.#another}>
        ${STEP_KINDS.map((each) => html`<option value=${each}>${say(KINDS[each])}</option>`)}
      </select>
      <unit-field
        id="units"
        .label=${say(many ? 'regionUnits' : 'regionUnit')}
        .units=${this.units}
        ?single=${single}
        @units=${(event: CustomEvent<readonly Unit[]>) => (this.units = event.detail)}
      ></unit-field>
      ${
        this.workbench.stage
          ? html`<div class="actions">
              <button aria-pressed=${this.clicking} @click=${this.#click}>
                ${say(this.clicking ? 'regionClicking' : 'regionClick')}
              </button>
            </div>`
          : nothing
      }
      ${
        single
          ? nothing
          : html`<unit-field
              id="into"
              single
              .label=${say(kind === 'split' ? 'regionUnit' : 'regionInto')}
              .units=${this.into}
              @units=${(event: CustomEvent<readonly Unit[]>) => (this.into = event.detail)}
            ></unit-field>`
      }
      ${kind === 'rename' || kind === 'split' ? this.#field('name', 'regionName') : nothing}
      ${kind === 'recode' || kind === 'split' ? this.#field('code', 'regionCode') : nothing}
      <div class="actions"><button @click=${this.#add}>${say('regionAdd')}</button></div>
    `
  }

  #field(id: string, label: Message, type = 'text') {
    return html`<label for=${id}>${say(label)}</label>
      <input id=${id} type=${type} maxlength="120" autocomplete="off" />`
  }

  #listed() {
    const remove = (gone: Step) => {
      this.steps = this.steps.filter((step) => step !== gone)
      this.result = null
    }
    return html`
      <h3>${say('regionSteps')}</h3>
      <ol class="steps" lang="zh-CN">
        ${this.steps.map(
          (step) => html`<li>
            <span>${say(KINDS[step.step])}${say('colon')}${inWords(step)}</span>
            <button class="plain" aria-label=${say('regionRemove', { name: inWords(step) })} @click=${() => remove(step)}>
              ×
            </button>
          </li>`,
        )}
      </ol>
    `
  }

  #ground() {
    return html`
      <div class="pair">
        <div>
          <label for="day">${say('regionDay')}</label>
          <input id="day" type="date" class="day" />
        </div>
        <div>${this.#field('document', 'regionDocument')}</div>
      </div>
      ${this.#field('reason', 'regionReason')}
      ${
        this.me.origin === 'local'
          ? html`<div class="pair">
              <div>${this.#field('author', 'regionAuthor')}</div>
              <div>${this.#field('department', 'regionDepartment')}</div>
            </div>`
          : nothing
      }
    `
  }

  #told({ kind, outcome }: Result) {
    const heading = { preview: 'regionImpact', done: 'regionDone', undone: 'regionUndone' } as const
    return html`
      <div class="impact" role="status"><h3>${say(heading[kind])}</h3></div>
      <dl>
        ${COUNTS.map(([name, label]) => html`<dt>${say(label)}</dt><dd>${String(outcome[name])}</dd>`)}
      </dl>
      <h3>${say('regionReads')}</h3>
      <ul class="reads" lang="zh-CN">
        ${this.steps
          .flatMap(readings)
          .map(([before, after]) => html`<li><del>${before}</del><br />${after}</li>`)}
      </ul>
      ${
        kind === 'done'
          ? html`<div class="actions">
              <button ?disabled=${this.working} @click=${() => this.#undo(outcome)}>${say('regionUndo')}</button>
            </div>`
          : nothing
      }
    `
  }

  #another = (event: Event): void => {
    this.kind = (event.target as HTMLSelectElement).value as StepKind
    if (this.kind === 'rename' || this.kind === 'recode') this.units = this.units.slice(0, 1)
  }

  #add = (): void => {
    const step = this.#made()
    if (!step) {
      this.problem = say('regionHow')
      return
    }
    this.problem = null
    this.result = null
    this.steps = [...this.steps, step]
    this.units = []
    this.into = []
  }

  /** The step as it stands in the form; null where something is missing. */
  #made(): Step | null {
    const { kind, units } = this
    const [into] = this.into
    const [unit] = units
    const name = this.#value('name')
    const code = this.#value('code')
    if (!unit) return null
    switch (kind) {
      case 'move':
      case 'merge':
        return into ? { step: kind, units, into } : null
      case 'rename':
        return name ? { step: kind, unit, name } : null
      case 'split':
        return into && name ? { step: kind, unit: into, name, units, code } : null
      case 'recode':
        return code ? { step: kind, unit, code } : null
    }
  }

  #value(id: string): string {
    return this.renderRoot.querySelector<HTMLInputElement>(`#${id}`)?.value.trim() ?? ''
  }

  #click = (): void => {
    this.clicking = !this.clicking
    this.workbench.stage?.take(this.clicking ? (position) => void this.#at(position) : null)
  }

  async #at(position: Position4490): Promise<void> {
    const found = await regionAt(position, this.#abort.signal).catch(() => null)
    if (found) this.renderRoot.querySelector<UnitField>('#units')?.choose(found)
  }

  /** The outlines of all that is touched. */
  async #draw(): Promise<void> {
    const wanted = [...touched(this.steps), ...this.units]
    for (const unit of wanted) {
      if (!this.#outlines.has(unit.id)) this.#outlines.set(unit.id, await outline(unit, this.#abort.signal))
    }
    const shapes = wanted.map(({ id }) => this.#outlines.get(id)).filter((shape) => shape?.geometry)
    this.workbench.stage?.sketch(shapes as Feature[])
  }

  #asked(): Ground {
    const [day, document, reason] = [this.#value('day'), this.#value('document'), this.#value('reason')]
    const local = { author: this.#value('author'), department: this.#value('department') }
    return { day, document, reason, ...(this.me.origin === 'local' ? local : {}) }
  }

  async #run(kind: 'preview' | 'done'): Promise<void> {
    await this.#work(async (signal) => {
      const outcome = await reorganise(this.steps, this.#asked(), kind === 'preview', signal, () => undefined)
      this.result = { kind, outcome }
      if (kind === 'done') for (const layer of WRITTEN) this.workbench.changed(layer)
    })
  }

  async #undo(outcome: Outcome): Promise<void> {
    await this.#work(async (signal) => {
      await takeBack(outcome, this.#asked(), signal, () => undefined)
      this.result = { kind: 'undone', outcome }
      for (const layer of WRITTEN) this.workbench.changed(layer)
    })
  }

  async #work(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.problem = null
    this.working = true
    try {
      await work(this.#abort.signal)
    } catch (cause) {
      if (this.#abort.signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    } finally {
      this.working = false
    }
  }
}

function inWords(step: Step): string {
  const names = 'units' in step ? step.units.map(({ name }) => name).join('、') : step.unit.name
  switch (step.step) {
    case 'move':
    case 'merge':
      return `${names} → ${step.into.name}`
    case 'rename':
      return `${names} → ${step.name}`
    case 'split':
      return `${step.unit.name} → ${step.name}(${names})`
    case 'recode':
      return `${names} → ${step.code}`
  }
}

export const open = (workbench: Workbench) => equipped<RegionPanel>('region-panel', workbench)

customElements.define('region-panel', RegionPanel)

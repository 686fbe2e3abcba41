import { css, html, nothing } from 'lit'
import { say } from '../language'
import type { Message } from '../messages'
import { begunPlan, discardPlanDraft, freshId, keepPlanDraft, type Fields, type PlanDraft, type Typed } from '../response_draft'
import { CONDITIONS, conditionFields, contentOf, FIELDS, HEAD, LETTERS, type Field } from '../response_fields'
import { draft as handIn, SECTIONS, type Section, type WholeVersion } from '../response_plans'
import '../messages/response_plans'
import { ResponseForm } from './response_form'
import { choiceName } from './response_words'

const TITLES: Readonly<Record<Section, Message>> = {
  triggers: 'respTriggers',
  posts: 'respPosts',
  actions: 'respActions',
  messages: 'respMessages',
}
const ADD: Readonly<Record<Section, Message>> = {
  triggers: 'respAddTrigger',
  posts: 'respAddPost',
  actions: 'respAddAction',
  messages: 'respAddMessage',
}
/** What a new item begins with. */
const BEGUN: Readonly<Record<Section, Fields>> = {
  triggers: {},
  posts: {},
  actions: { due_min: '30' },
  messages: { due_min: '30', channel: 'phone' },
}

/**
 * 起草: a version of a plan as it is typed; a refusal stands at its field.
 *
 * Fires `typed` with the draft at every change, which whoever gave the draft gives again; `kept` with the version;
 * `given-up`.
 */
export class ResponseEditor extends ResponseForm {
  static override properties = {
    ...ResponseForm.properties,
    draft: { attribute: false },
    unkept: { state: true },
    asked: { state: true },
  }
  declare draft: PlanDraft
  declare unkept: boolean
  /** Giving up was asked for once. */
  declare asked: boolean
  /** A section that a fault has opened stays open while it is mended. */
  readonly #opened = new Set<Section>(['triggers'])

  constructor() {
    super()
    Object.assign(this, { draft: begunPlan('', '', null, null), unkept: false, asked: false })
  }

  static override styles = [
    ResponseForm.formStyle,
    css`
      fieldset {
        min-width: 0;
        margin: 8px 0 0;
        border: 1px solid var(--rule);
        border-radius: 8px;
        padding: 2px 10px 8px;
      }
      fieldset fieldset {
        border-style: dashed;
        background: var(--paper);
      }
      legend {
        padding: 0 4px;
        font-size: 12px;
        font-weight: 600;
      }
      details > summary {
        font-size: 14px;
        font-weight: 600;
        color: var(--ink);
      }
      .wide {
        grid-column: 1 / -1;
      }
      .end {
        display: flex;
        justify-content: flex-end;
        margin-top: 8px;
      }
      .end button {
        padding: 1px 8px;
        font-size: 12px;
      }
      .foot {
        position: sticky;
        bottom: 0;
        margin: 12px -4px 0;
        border-top: 1px solid var(--rule);
        background: var(--card);
        padding: 8px 4px;
      }
      .foot .bad {
        margin: 0 0 8px;
      }
      .foot .actions {
        margin-top: 0;
      }
    `,
  ]

  override render() {
    const { draft } = this
    const fixed = draft.base !== null
    return html`<form
      novalidate
      @submit=${(event: SubmitEvent) => {
        event.preventDefault()
        void this.#handIn()
      }}
    >
      <h3>${fixed ? say('respEditingFrom', { plan: draft.plan, version: draft.base ?? '' }) : say('respEditing', { plan: draft.plan || say('respUnnamed') })}</h3>
      <p class="how">${say('respEditHow')}</p>
      ${this.unkept ? html`<p class="warn" role="status">${say('respUnkept')}</p>` : nothing}
      ${
        fixed
          ? nothing
          : html`${this.#one('plan', { name: 'plan', label: 'respPlanId', needed: true, kind: 'text' }, draft.plan, (plan) => this.#keep({ ...draft, plan }))}
              <p class="small">${say('respPlanIdHint')}</p>`
      }
      ${HEAD.map((each) => this.#one(each.name, each, draft.head[each.name] ?? '', (value) => this.#head(each.name, value)))}
      <label class="check"
        ><input
          id="data_nature"
          type="checkbox"
          .checked=${draft.head.data_nature !== ''}
          @change=${(event: Event) => this.#head('data_nature', (event.target as HTMLInputElement).checked ? '合成数据' : '')}
        />${say('respSynthetic')}</label
      >
      ${SECTIONS.map((each) => this.#section(each))}
      ${this.#one('evacuation', { name: 'evacuation', label: 'respEvacuationJob', needed: false, kind: 'text' }, draft.head.evacuation ?? '', (value) => this.#head('evacuation', value))}
      <p class="small">${say('respEvacuationHint')}</p>
      ${this.#one('reason', { name: 'reason', label: 'respReason', needed: true, kind: 'text' }, draft.head.reason ?? '', (value) => this.#head('reason', value))}
      ${this.signing()}
      <div class="foot">${this.told()} ${this.#foot()}</div>
    </form>`
  }

  #foot() {
    if (this.asked) {
      return html`<div class="actions" role="group" aria-label=${say('respGiveUp')}>
        <button type="button" @click=${() => this.#giveUp()}>${say('respGiveUpSure')}</button>
        <button type="button" @click=${() => (this.asked = false)}>${say('respKeepOn')}</button>
      </div>`
    }
    return html`<div class="actions">
      <button class="primary" aria-disabled=${this.working}>${say(this.working ? 'respWorking' : 'respHandIn')}</button>
      <button type="button" @click=${() => (this.asked = true)}>${say('respGiveUp')}</button>
    </div>`
  }

  #section(section: Section) {
    const items = this.draft.items[section]
    const fault = this.faults.get(section)
    const wrong = [...this.faults.keys()].some((each) => each === section || each.startsWith(`${section}/`))
    if (wrong) this.#opened.add(section)
    return html`<details
      ?open=${this.#opened.has(section)}
      @toggle=${(event: Event) => ((event.target as HTMLDetailsElement).open ? this.#opened.add(section) : this.#opened.delete(section))}
    >
      <summary>${say(TITLES[section])} (${items.length})${wrong ? html` <span class="fault">✗</span>` : nothing}</summary>
      ${fault ? html`<p class="fault" role="alert">${fault}</p>` : nothing} ${items.map((each, at) => this.#item(section, each, at))}
      <div class="actions"><button type="button" @click=${() => this.#add(section)}>${say(ADD[section])}</button></div>
    </details>`
  }

  #item(section: Section, item: Typed, at: number) {
    const place = `${section}/${at}`
    const called = `${say(TITLES[section])} ${item.fields.id ?? at + 1}`
    const set = (name: string, value: string) =>
      this.#change(section, at, { ...item, fields: { ...item.fields, [name]: value } })
    const fault = this.faults.get(place)
    return html`<fieldset>
      <legend>${called}</legend>
      ${fault ? html`<p class="fault" role="alert">${fault}</p>` : nothing}
      <div class="pair">
        ${FIELDS[section].map((each) => this.#one(`${place}/${each.name}`, each, item.fields[each.name] ?? '', (value) => set(each.name, value)))}
      </div>
      ${section === 'triggers' ? this.#conditions(item, at) : nothing}
      <div class="end">
        <button type="button" @click=${() => this.#drop(section, at)}>${say('respRemove', { what: called })}</button>
      </div>
    </fieldset>`
  }

  #conditions(item: Typed, at: number) {
    const all = item.all ?? []
    const put = (next: readonly Fields[]) => this.#change('triggers', at, { ...item, all: next })
    const fault = this.faults.get(`triggers/${at}/all`)
    return html`<p class="name">${say('respConditions')}</p>
      ${fault ? html`<p class="fault" role="alert">${fault}</p>` : nothing}
      ${all.map((each, number) => {
        const place = `triggers/${at}/all/${number}`
        const set = (name: string, value: string) => put(all.map((one, n) => (n === number ? { ...one, [name]: value } : one)))
        const called = say('respCondition', { number: number + 1 })
        const wrong = this.faults.get(place)
        return html`<fieldset>
          <legend>${called}</legend>
          ${wrong ? html`<p class="fault" role="alert">${wrong}</p>` : nothing}
          <div class="pair">
            ${this.#one(`${place}/kind`, { name: 'kind', label: 'respKind', needed: true, kind: CONDITIONS }, each.kind ?? '', (value) => set('kind', value))}
            ${conditionFields(each).map((field) => this.#one(`${place}/${field.name}`, field, each[field.name] ?? '', (value) => set(field.name, value)))}
          </div>
          <div class="end">
            <button type="button" @click=${() => put(all.filter((_, n) => n !== number))}>${say('respRemove', { what: called })}</button>
          </div>
        </fieldset>`
      })}
      <div class="actions">
        <button type="button" @click=${() => put([...all, { kind: 'warning', level: 'orange', by: 'threshold' }])}>${say('respAddCondition')}</button>
      </div>`
  }

  /** A field of the draft, called by its place in what is handed in. */
  #one(place: string, { name, label, kind }: Field, value: string, set: (value: string) => void) {
    const fault = this.faults.get(place)
    const input = (event: Event) => {
      if (fault) this.faults = new Map([...this.faults].filter(([each]) => each !== place))
      set((event.target as HTMLInputElement).value)
    }
    const invalid = fault ? 'true' : nothing
    const described = fault ? `${place}-fault` : nothing
    const choices = kind === 'post' ? this.draft.items.posts.map(({ fields }) => fields.id ?? '') : typeof kind === 'string' ? null : kind
    const wide = kind === 'long' || name.includes('/') || name === 'detail'
    return html`<div class=${wide ? 'wide' : nothing}>
      <label for=${place}>${say(label)}</label>
      ${
        choices
          ? html`<select id=${place} aria-invalid=${invalid} aria-describedby=${described} @change=${input}>
              ${choices.includes(value) ? nothing : html`<option value=${value} selected>${value}</option>`}
              ${choices.map((each) => html`<option value=${each} ?selected=${each === value}>${kind === 'post' ? this.#post(each) : choiceName(each, name === 'by')}</option>`)}
            </select>`
          : kind === 'long'
            ? html`<textarea id=${place} rows="2" maxlength="2000" .value=${value} aria-invalid=${invalid} aria-describedby=${described} @input=${input}></textarea>`
            : html`<input id=${place} type="text" maxlength="1000" inputmode=${kind === 'number' ? 'decimal' : nothing} autocomplete="off" .value=${value} aria-invalid=${invalid} aria-describedby=${described} @input=${input} />`
      }
      ${fault ? html`<span class="fault" id=${`${place}-fault`}>${fault}</span>` : nothing}
    </div>`
  }

  #post(id: string): string {
    const found = this.draft.items.posts.find(({ fields }) => fields.id === id)
    return `${id} ${found?.fields['title/zh'] ?? ''}`.trim()
  }

  #head(name: string, value: string): void {
    this.#keep({ ...this.draft, head: { ...this.draft.head, [name]: value } })
  }

  #add(section: Section): void {
    const { items } = this.draft
    const fields = { ...BEGUN[section], id: freshId(LETTERS[section], items[section]) }
    const added = section === 'triggers' ? { fields, all: [{ kind: 'order', by: 'threshold' }] } : { fields }
    this.#put(section, [...items[section], added])
  }

  #change(section: Section, at: number, item: Typed): void {
    this.#put(section, this.draft.items[section].map((each, n) => (n === at ? item : each)))
  }

  /** Faults are known by place: those of a section whose places shift are forgotten. */
  #drop(section: Section, at: number): void {
    this.faults = new Map([...this.faults].filter(([each]) => !each.startsWith(section)))
    this.#put(section, this.draft.items[section].filter((_, n) => n !== at))
  }

  #put(section: Section, items: readonly Typed[]): void {
    this.#keep({ ...this.draft, items: { ...this.draft.items, [section]: items } })
  }

  #keep(draft: PlanDraft): void {
    this.draft = draft
    this.unkept = !keepPlanDraft(draft)
    this.dispatchEvent(new CustomEvent<PlanDraft>('typed', { detail: draft }))
  }

  #giveUp(): void {
    discardPlanDraft()
    this.dispatchEvent(new CustomEvent('given-up'))
  }

  async #handIn(): Promise<void> {
    if (this.working) return
    const { draft } = this
    const { content, faults } = contentOf(draft)
    const unsigned = this.missing()
    this.faults = new Map([...[...faults].map(([place, each]) => [place, say(each)] as const), ...unsigned])
    if (!draft.plan.trim()) this.faults = new Map([...this.faults, ['plan', say('respNeeded')]])
    if (this.faults.size) {
      this.problem = say('respFaults', { count: this.faults.size })
      return void this.showFault()
    }
    const { evacuation, reason } = draft.head
    const job = evacuation?.trim()
    await this.work(async (signal) => {
      const made = await handIn(
        { plan: draft.plan.trim(), content, reason: reason?.trim() ?? '', ...(job ? { evacuation: job } : {}), ...this.signed },
        signal,
      )
      discardPlanDraft()
      this.dispatchEvent(new CustomEvent<WholeVersion>('kept', { detail: made }))
    })
    if (this.faults.size) void this.showFault()
  }

  /** At the field itself, or at what it is a part of. */
  protected override refused(place: string | null, words: string): void {
    if (place === null) return
    const steps = place.split('/')
    while (steps.length) {
      const at = steps.join('/')
      const isShown = this.renderRoot.querySelector(`#${CSS.escape(at)}`) !== null || /^(triggers|posts|actions|messages)(\/\d+)?(\/all(\/\d+)?)?$/.test(at)
      if (isShown) return void (this.faults = new Map([[at, words]]))
      steps.pop()
    }
  }
}

customElements.define('response-editor', ResponseEditor)

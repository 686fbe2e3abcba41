import { css, html, nothing } from 'lit'
import { readable, toInstant } from '../clock'
import { NOBODY, whoAmI, type Me } from '../identity'
import { named, say } from '../language'
import '../messages/floods'
import '../messages/response_plans'
import { begunPlan, keepPlanDraft, planDraft, type PlanDraft } from '../response_draft'
import {
  activationAt,
  fetchActivation,
  fetchActivations,
  fetchDifference,
  fetchPlans,
  fetchVersion,
  fetchVersions,
  isAtWork,
  mayPlan,
  type Activation,
  type Difference,
  type Headed,
  type Listed,
  type Version,
  type WholeVersion,
  type Words,
} from '../response_plans'
import { FloodPart } from './flood_part'
import { partStyle } from './part_style'
import './response_content'
import './response_difference'
import './response_editor'
import './response_run'
import './response_start'
import './response_step'
import { stateName } from './response_words'
import { theme } from './theme'

const LOOK_MS = 15_000

/** 预案: response plans with their versions, what differs, the version that is drafted, and responses as they go. */
export class ResponsePart extends FloodPart {
  static override properties = {
    ...FloodPart.properties,
    listed: { state: true },
    versions: { state: true },
    version: { state: true },
    standing: { state: true },
    difference: { state: true },
    responses: { state: true },
    activation: { state: true },
    me: { state: true },
    begun: { state: true },
  }
  /** null: not read yet. */
  declare listed: readonly Listed[] | null
  declare versions: readonly Version[]
  /** The one that is open. */
  declare version: WholeVersion | null
  /** The one in force. */
  declare standing: WholeVersion | null
  declare difference: Difference | null
  declare responses: readonly Headed[]
  declare activation: Activation | null
  declare me: Me
  /** What is being drafted, by whoever looks. */
  declare begun: PlanDraft | null
  protected readonly partId = 'plans'
  #looking = 0

  constructor() {
    super()
    Object.assign(this, { listed: null, versions: [], version: null, standing: null, difference: null })
    Object.assign(this, { responses: [], activation: null, me: NOBODY, begun: null })
  }

  static override styles = [
    theme,
    partStyle,
    css`
      .heading {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 8px;
        align-items: center;
        margin-top: 8px;
      }
      .heading h3 {
        margin: 0;
        font-size: 15px;
      }
      .late {
        color: var(--seal);
        font-weight: 600;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#looking = window.setInterval(() => {
      if (!document.hidden && this.kept.get('response')) void this.guarded((signal) => this.#respond(signal))
    }, LOOK_MS)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    window.clearInterval(this.#looking)
  }

  protected override get wanted(): string {
    const { datetime, asof } = this.state
    return JSON.stringify([...this.kept, datetime, asof])
  }

  protected override async read(signal: AbortSignal): Promise<void> {
    const plan = this.kept.get('plan')
    this.me = await whoAmI()
    this.begun = planDraft(this.me.subject)
    if (!plan) {
      Object.assign(this, { versions: [], version: null, standing: null, difference: null, activation: null, responses: [] })
      this.listed = await fetchPlans(signal)
      return
    }
    if (this.kept.get('response')) return this.#respond(signal)
    this.activation = null
    const [versions, responses] = await Promise.all([fetchVersions(plan, signal), fetchActivations(plan, signal)])
    const known = versions.filter(({ steps }) => Date.parse(steps[0]?.recorded_at ?? '') <= this.#at_ms)
    const open = Number(this.kept.get('version') ?? NaN)
    const inForce = versions.find(({ state }) => state === 'in-force')
    const [from, to] = (this.kept.get('between') ?? '').split('-').map(Number)
    const [version, standing, difference] = await Promise.all([
      Number.isInteger(open) ? fetchVersion(plan, open, signal) : null,
      inForce && this.kept.get('start') ? fetchVersion(plan, inForce.version, signal) : null,
      from && to ? fetchDifference(plan, from, to, signal) : null,
    ])
    Object.assign(this, { versions: known, responses: responses.filter((each) => Date.parse(each.activated_at) <= this.#at_ms) })
    Object.assign(this, { version, standing, difference })
  }

  async #respond(signal: AbortSignal): Promise<void> {
    const [plan, number] = [this.kept.get('plan') ?? '', Number(this.kept.get('response'))]
    if (this.activation?.activation !== number || this.activation.plan !== plan) this.activation = null
    const found = await fetchActivation(plan, number, signal)
    if (!this.activation) this.version = await fetchVersion(plan, found.version, signal)
    this.activation = found
  }

  /** The instant that is shown: of what held, else of what was known, else now. */
  get #at_ms(): number {
    const { datetime, asof } = this.state
    const times = [datetime, asof].flatMap((each) => (each ? [Date.parse(toInstant(each))] : []))
    return times.length ? Math.min(...times) : Infinity
  }

  get #past(): boolean {
    return this.#at_ms !== Infinity
  }

  override render() {
    const { kept } = this
    if (kept.get('edit') && this.begun) return this.#editing(this.begun)
    if (kept.get('response')) return this.#responding()
    return kept.get('plan') ? this.#plan() : this.#list()
  }

  #list() {
    const { listed } = this
    return html`
      <p class="how">${say('respHow')}</p>
      ${this.trouble()} ${this.#unfinished()}
      ${!listed && !this.problem ? html`<p class="how" role="status">${say('reading')}</p>` : nothing}
      ${listed?.length === 0 ? html`<p class="how" role="status">${say('respNoPlans')}</p>` : nothing}
      <ul aria-label=${say('respList')}>
        ${(listed ?? []).map(
          (each) => html`<li class="row">
            <button @click=${() => this.ask({ plan: each.plan })}>
              <span class="what"
                ><span>${words(each.title)}</span><span></span>
                <small
                  >${each.plan} · ${each.in_force === null ? say('respNoForce') : say('respInForce', { version: each.in_force })} ·
                  ${say('respNewest', { version: each.version, state: stateName(each.state) })}</small
                ></span
              >
            </button>
          </li>`,
        )}
      </ul>
      ${listed ? this.#may('edit', html`<button @click=${() => this.#begin('', null)}>${say('respNew')}</button>`) : nothing}
    `
  }

  /** What was left unfinished, and the way back to it. */
  #unfinished() {
    const { begun } = this
    if (!begun) return nothing
    return html`<div class="warn">
      ${say('respUnfinished', { plan: begun.plan || say('respUnnamed') })}
      <button @click=${() => this.ask({ edit: '1' })}>${say('respResume')}</button>
    </div>`
  }

  #editing(begun: PlanDraft) {
    return html`<button @click=${() => this.#leave()}>${say(this.kept.get('plan') ? 'respBack' : 'floodBack')}</button>
      <response-editor
        .me=${this.me}
        .draft=${begun}
        @typed=${({ detail }: CustomEvent<PlanDraft>) => (this.begun = detail)}
        @kept=${({ detail }: CustomEvent<WholeVersion>) => this.#go({ plan: detail.plan, version: String(detail.version) })}
        @given-up=${() => this.#leave()}
      ></response-editor>`
  }

  #plan() {
    const { versions } = this
    const newest = versions.at(-1)
    return html`
      <button @click=${() => this.#go({})}>${say('floodBack')}</button>
      ${this.trouble()} ${this.#unfinished()}
      ${!newest && !this.problem ? html`<p class="how" role="status">${say('reading')}</p>` : nothing}
      ${newest ? html`<div class="heading"><h3>${words(newest.title)}</h3></div><p class="small">${newest.plan}</p>${this.#responses()} ${this.#differs()} ${this.#versions()}` : nothing}
    `
  }

  #responses() {
    const inForce = this.versions.find(({ state }) => state === 'in-force')
    const starting = this.kept.get('start') === '1'
    return html`<h3>${say('respResponses')}</h3>
      ${this.responses.length ? nothing : html`<p class="small">${say('respNoResponses')}</p>`}
      <ul aria-label=${say('respResponses')}>
        ${this.responses.map(
          (each) => html`<li class="row">
            <button @click=${() => this.#go({ plan: each.plan, response: String(each.activation) })}>
              <span class="what"
                ><span>${readable(each.activated_at)} ${say(each.exercise ? 'respExercise' : 'respReal')}</span>
                <span class=${isAtWork(each, this.#now_ms) ? 'late' : 'small'}>${isAtWork(each, this.#now_ms) ? say('respRunning') : say('respEnded', { time: readable(each.ended_at ?? each.activated_at) })}</span>
                <small>${each.by} ${each.department} · ${each.trigger} · ${say('respVersion', { version: each.version })}</small></span
              >
            </button>
          </li>`,
        )}
      </ul>
      ${
        !inForce
          ? html`<p class="small">${say('respNoneInForce')}</p>`
          : this.#may(
              'edit',
              html`<button class=${starting ? nothing : 'primary'} aria-expanded=${starting} @click=${() => this.ask({ start: starting ? null : '1' })}>
                ${say('respActivate')}
              </button>`,
            )
      }
      ${
        starting && this.standing && mayPlan(this.me, 'edit') && !this.#past
          ? html`<response-start
              .me=${this.me}
              .version=${this.standing}
              @activated=${({ detail }: CustomEvent<Activation>) => this.#go({ plan: detail.plan, response: String(detail.activation) })}
            ></response-start>`
          : nothing
      }`
  }

  #versions() {
    return html`<h3>${say('respVersions')}</h3>
      <ul aria-label=${say('respVersions')}>
        ${[...this.versions].reverse().map((each) => this.#version(each))}
      </ul>`
  }

  #version(each: Version) {
    const open = this.kept.get('version') === String(each.version)
    const drafted = each.steps[0]
    return html`<li class="row">
      <button aria-expanded=${open} @click=${() => this.ask({ version: open ? null : String(each.version) })}>
        <span class="what"
          ><span>${say('respVersion', { version: each.version })}</span><span>${stateName(each.state)}</span>
          <small>${drafted ? say('respWho', { time: readable(drafted.recorded_at), who: drafted.by, department: drafted.department }) : ''} · ${each.reason}</small></span
        >
      </button>
      ${open && this.version?.version === each.version ? this.#opened(this.version) : nothing}
    </li>`
  }

  #opened(whole: WholeVersion) {
    return html`<div class="body">
      ${whole.content.data_nature ? html`<span class="seal">${whole.content.data_nature}</span>` : nothing}
      <response-content .content=${whole.content}></response-content>
      <h3>${say('respSteps')}</h3>
      <ul>
        ${whole.steps.map(
          (each) => html`<li class="small">${stateName(each.state)} · ${say('respWho', { time: readable(each.recorded_at), who: each.by, department: each.department })} ${each.note}</li>`,
        )}
      </ul>
      <p class="digest">SHA-256 ${whole.sha256}</p>
      <h3>${say('respAdvance')}</h3>
      ${
        this.#past
          ? html`<p class="small">${say('respPast')}</p>`
          : html`<response-step .me=${this.me} .version=${whole} @advanced=${() => this.again()}></response-step>`
      }
      ${this.#may('edit', html`<button @click=${() => this.#begin(whole.plan, whole)}>${say('respEdit')}</button>`)}
    </div>`
  }

  #differs() {
    const { versions, difference } = this
    if (versions.length < 2) return html`<h3>${say('respDifference')}</h3><p class="small">${say('respOneVersion')}</p>`
    const numbers = versions.map(({ version }) => version)
    const [from = numbers.at(-2), to = numbers.at(-1)] = (this.kept.get('between') ?? '').split('-').filter(Boolean).map(Number)
    const choose = (side: 'from' | 'to', value: number | undefined) => html`<div>
      <label for=${side}>${say(side === 'from' ? 'respOlder' : 'respNewer')}</label>
      <select
        id=${side}
        @change=${(event: Event) => {
          const chosen = (event.target as HTMLSelectElement).value
          this.ask({ between: side === 'from' ? `${chosen}-${to}` : `${from}-${chosen}` })
        }}
      >
        ${numbers.map((each) => html`<option value=${each} ?selected=${each === value}>${say('respVersion', { version: each })}</option>`)}
      </select>
    </div>`
    return html`<h3>${say('respDifference')}</h3>
      <div class="pair">${choose('from', from)} ${choose('to', to)}</div>
      ${
        difference
          ? html`<response-difference .difference=${difference}></response-difference>`
          : html`<div class="actions"><button @click=${() => this.ask({ between: `${from}-${to}` })}>${say('respDifference')}</button></div>`
      }`
  }

  #responding() {
    const { activation } = this
    return html`<button @click=${() => this.#go({ plan: this.kept.get('plan') })}>${say('respBack')}</button>
      ${this.trouble()} ${!activation && !this.problem ? html`<p class="how" role="status">${say('reading')}</p>` : nothing}
      ${
        activation
          ? html`<div class="heading"><h3>${this.version ? words(this.version.title) : activation.plan}</h3></div>
              <response-run
                .me=${this.me}
                .past=${this.#past}
                .activation=${this.#past ? activationAt(activation, this.#at_ms) : activation}
                @changed=${({ detail }: CustomEvent<Activation>) => (this.activation = detail)}
              ></response-run>`
          : nothing
      }`
  }

  /** What is offered to who may, at present; else why it is not. */
  #may(right: 'edit' | 'review', offered: unknown) {
    if (this.#past) return html`<p class="small">${say('respPast')}</p>`
    if (!mayPlan(this.me, right)) return html`<p class="small">${say(right === 'edit' ? 'respNoEdit' : 'respNoRight')}</p>`
    return html`<div class="actions">${offered}</div>`
  }

  get #now_ms(): number {
    return this.#past ? this.#at_ms : Date.now()
  }

  #begin(plan: string, whole: WholeVersion | null): void {
    if (this.begun) {
      this.problem = say('respOverwrite', { plan: this.begun.plan || say('respUnnamed') })
      return
    }
    this.begun = begunPlan(this.me.subject, plan, whole?.version ?? null, whole?.content ?? null)
    keepPlanDraft(this.begun)
    this.ask({ edit: '1' })
  }

  /** Out of the editor; what was typed stays kept unless it was given up. */
  #leave(): void {
    this.begun = planDraft(this.me.subject)
    this.ask({ edit: null })
  }

  /** Opens this of the part, and nothing besides. */
  #go(kept: Readonly<Record<string, string | null>>): void {
    this.turn(this.partId, kept)
  }
}

function words({ zh, en }: Words): string {
  return named({ zh, en: en ?? '' })
}

customElements.define('response-part', ResponsePart)

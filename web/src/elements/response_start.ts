import { html, nothing } from 'lit'
import { fetchStanding, type Warning } from '../flood_warnings'
import { named, say } from '../language'
import type { Message } from '../messages'
import { factName, factsOf, readFacts } from '../response_facts'
import { activate, type Activation, type Condition, type WholeVersion } from '../response_plans'
import '../messages/response_plans'
import { ResponseForm } from './response_form'
import { conditionWords } from './response_words'

/** 启动: on which trigger and facts, as an exercise or for real. Fires `activated` with how it stands. */
export class ResponseStart extends ResponseForm {
  static override properties = {
    ...ResponseForm.properties,
    version: { attribute: false },
    trigger: { state: true },
    exercise: { state: true },
    standing: { state: true },
  }
  /** The one in force. */
  declare version: WholeVersion
  declare trigger: string
  /** null: not said yet. */
  declare exercise: boolean | null
  declare standing: readonly Warning[] | null
  #asked = false

  constructor() {
    super()
    Object.assign(this, { trigger: '', exercise: null, standing: null })
  }

  static override styles = ResponseForm.formStyle

  override updated(): void {
    if (this.#asked || !this.#chosen?.all.some(({ kind }) => kind === 'warning')) return
    this.#asked = true
    void this.work(async (signal) => {
      this.standing = (await fetchStanding({ datetime: null, asof: null }, signal)).warnings
    })
  }

  override render() {
    const { triggers } = this.version.content
    const chosen = this.#chosen
    const nature = this.faults.get('nature')
    return html`<form
      novalidate
      @submit=${(event: SubmitEvent) => {
        event.preventDefault()
        void this.#start()
      }}
    >
      <label for="trigger">${say('respWhich')}</label>
      <select id="trigger" @change=${(event: Event) => (this.trigger = (event.target as HTMLSelectElement).value)}>
        ${triggers.map(({ id, title }) => html`<option value=${id} ?selected=${id === chosen?.id}>${id} ${named({ zh: title.zh, en: title.en ?? '' })}</option>`)}
      </select>
      <h3>${say('respFacts')}</h3>
      <p class="small">${say('respFactsHow')}</p>
      ${chosen?.all.map((each, at) => this.#fact(each, at)) ?? nothing}
      <div role="radiogroup" aria-labelledby="nature" aria-invalid=${nature ? 'true' : nothing} tabindex=${nature ? '-1' : nothing}>
        <h3 id="nature">${say('respExerciseOrReal')}</h3>
        ${([true, false] as const).map(
          (each) =>
            html`<label class="check"
              ><input type="radio" name="nature" .checked=${this.exercise === each} @change=${() => (this.exercise = each)} />${say(each ? 'respExercise' : 'respReal')}</label
            >`,
        )}
        ${nature ? html`<span class="fault">${nature}</span>` : nothing}
      </div>
      ${this.field('note', say('respNote'))} ${this.signing()} ${this.told()}
      <div class="actions"><button class="primary" aria-disabled=${this.working}>${say(this.working ? 'respWorking' : 'respActivateNow')}</button></div>
    </form>`
  }

  /** The trigger that was chosen, else the first. */
  get #chosen() {
    const { triggers } = this.version.content
    return triggers.find(({ id }) => id === this.trigger) ?? triggers[0]
  }

  #fact(condition: Condition, at: number) {
    const { kind, station, threshold, flow_m3_s } = condition
    const field = (name: string, message: Message, values: Record<string, string> = {}) => this.field(factName(at, name), say(message, values))
    return html`<p class="name">${conditionWords(condition)}</p>
      ${kind === 'warning' ? html`<p class="small" role="status">${this.standing ? say('respTakeWarnings', { count: this.standing.length }) : say('reading')}</p>` : nothing}
      ${kind === 'order' ? html`<div class="pair">${field('by', 'respOrderBy')} ${field('document', 'respOrderDocument')}</div>` : nothing}
      ${
        kind === 'stage' || kind === 'forecast'
          ? html`<div class="pair">
                ${kind === 'stage' ? field('stage', 'respStageFact') : flow_m3_s === undefined ? field('stage', 'respForecastStage') : field('flow', 'respForecastFlow')}
                ${threshold === undefined ? nothing : field('threshold', 'respThresholdFact', { threshold: String(threshold) })}
                ${flow_m3_s === undefined ? field('datum', 'respDatum') : nothing}
                ${kind === 'forecast' ? html`${field('probability', 'respFactProbability')} ${field('lead', 'respFactLead')}` : nothing}
              </div>
              <div class="actions">
                <button type="button" aria-disabled=${this.working} @click=${() => void this.#read(condition, at)}>${say('respTakeStation', { station: station ?? '' })}</button>
              </div>`
          : nothing
      }`
  }

  async #read(condition: Condition, at: number): Promise<void> {
    await this.work(async (signal) => {
      const known = await readFacts(condition, at, signal)
      this.typed = { ...this.typed, ...known }
      if (condition.kind === 'stage' && !(factName(at, 'stage') in known)) this.problem = say('respNoStationFact')
    })
  }

  async #start(): Promise<void> {
    const chosen = this.#chosen
    if (!chosen) return
    const { exercise } = this
    const orders = chosen.all.flatMap(({ kind }, at) => (kind === 'order' ? ['by', 'document'].map((each) => factName(at, each)) : []))
    this.faults = this.missing(...orders)
    if (exercise === null) this.faults = new Map([...this.faults, ['nature', say('respChooseNature')]])
    if (this.faults.size || exercise === null) return void this.showFault()
    const note = this.typed.note?.trim()
    await this.work(async (signal) => {
      const facts = factsOf(chosen, this.typed, this.standing)
      const made = await activate(
        { plan: this.version.plan, trigger: chosen.id, facts, exercise, ...(note ? { note } : {}), ...this.signed },
        signal,
      )
      this.typed = {}
      this.dispatchEvent(new CustomEvent<Activation>('activated', { detail: made }))
    })
  }
}

customElements.define('response-start', ResponseStart)

import { css, html, nothing, type LitElement, type PropertyValues } from 'lit'
import { fromTyped } from '../clock'
import { ServerProblem } from '../config'
import { fetchRun } from '../flood_runs'
import { forgetJob, keepJob, keptJob, seenToEnd } from '../job_shelf'
import { named, say } from '../language'
import type { Message } from '../messages'
import '../messages/scenario'
import type { Position4490 } from '../model'
import { dismiss, handedIn, standingOf, type Standing } from '../process'
import { RiverPlaces } from '../river_places'
import {
  areaOf,
  basedOn,
  boxOf,
  EMPTY,
  processOf,
  replayOf,
  written,
  type Draft,
  type Fault,
  type Item,
} from '../scenario'
import { STEADY, type Course } from '../scenario_course'
import { below, itemNamed, nameOfPlace, placeOfPointer } from '../scenario_faults'
import type { Ground } from '../scenario_ground'
import type { Many } from '../scenario_many'
import { boxBetween, featuresOf, markKey, marksOf } from '../scenario_marks'
import { areaFeature, SCENARIO } from '../scenario_overlay'
import { draftBefore, forgetBefore, isWritten, keepBefore, keepDraft, keptDraft } from '../scenario_shelf'
import { refusedWords, wrongWords, type Inputs, type Refusal, type Wrong } from '../scenario_typed'
import type { Pixel } from '../stage'
import { takeNone, takeOne } from '../taking'
import './course_field'
import { isIdle, showField } from './fault_field'
import { FloodPart } from './flood_part'
import './job_line'
import './scenario_area'
import './scenario_base'
import './scenario_ground'
import './scenario_items'
import './scenario_many'
import { scenarioStyle } from './scenario_style'
import { theme } from './theme'

const SENDS = { 'flood-scenario': 'scenSend', 'flood-replay': 'scenSendReplay', 'flood-ensemble': 'scenSendMany' } as const
/** What is edited in an element of its own. */
const PARTS: Readonly<Record<string, string>> = { items: 'scenario-items', area: 'scenario-area', later: 'scenario-base', ground: 'scenario-ground', many: 'scenario-many' }

/** 情景: a scenario is composed on the map, handed in as a job, and opened as a run when it is done. */
export class ScenarioPart extends FloodPart {
  static override properties = {
    ...FloodPart.properties,
    draft: { state: true },
    open: { state: true },
    tried: { state: true },
    standing: { state: true },
    job: { state: true },
    refusal: { state: true },
    drawing: { state: true },
    told: { state: true },
    kept_well: { state: true },
    places: { state: true },
  }
  declare draft: Draft
  /** The item that is edited; -1: none. */
  declare open: number
  /** It was tried to hand it in: what is missing is marked from then on. */
  declare tried: boolean
  declare standing: Standing | null
  /** What was handed in and is not over yet. */
  declare job: string | null
  declare refusal: Refusal | null
  /** The area is being drawn: its first corner, or the other. */
  declare drawing: 'first' | 'second' | null
  declare told: string
  declare kept_well: boolean
  declare places: RiverPlaces
  protected readonly partId = 'scenario'
  #following = new AbortController()
  #corner: Position4490 | null = null
  #laid = ''
  #marks: readonly (Position4490 | null)[] = []

  constructor() {
    super()
    Object.assign(this, { draft: keptDraft(), open: -1, tried: false, standing: null, job: null, refusal: null, drawing: null, told: '', kept_well: true })
  }

  static override styles = [
    theme,
    scenarioStyle,
    css`
      .send {
        position: sticky;
        bottom: 0;
        margin: 14px -16px -16px;
        border-top: 1px solid var(--rule);
        background: var(--card);
        padding: 10px 16px 12px;
      }
      .send .actions {
        margin-top: 0;
      }
      .faults li {
        padding: 1px 0;
      }
      .bad button {
        margin-top: 4px;
        font-size: 13px;
      }
      h3 {
        margin-top: 18px;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    this.draft = keptDraft()
    this.#following = new AbortController()
    this.#replace()
    this.workbench.stage?.offer({ near: (...at) => this.#near(...at), inside: () => undefined })
    this.job = keptJob('scenario')?.job ?? null
    if (this.job) void this.#resume(this.job)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#following.abort()
    this.#draw(null)
    this.#laid = ''
    this.workbench.stage?.offer(null)
    this.workbench.stage?.lay(SCENARIO, [])
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed)
    void this.#lay()
  }

  protected override get wanted(): string {
    return this.kept.get('base') ?? ''
  }

  /** Takes a kept run for the draft, which is put aside for as long as nobody asks for it back. */
  protected override async read(signal: AbortSignal): Promise<void> {
    const base = this.kept.get('base')
    if (!base) return
    const { inputs } = await fetchRun(base, signal)
    if (isWritten(this.draft) && !this.job) keepBefore(this.draft)
    forgetJob('scenario')
    this.#over()
    this.tried = false
    this.open = -1
    this.#write(basedOn(base, inputs as Inputs))
    this.ask({ base: null })
    this.#reveal()
  }

  override render() {
    const { draft, workbench } = this
    const { inputs, faults } = written(draft)
    const { refusal } = this
    const shown = refusal?.at ? [{ at: refusal.at, message: refusal }] : this.tried ? faults : []
    const replay = draft.base !== null && draft.replay
    const fault = (at: string) => shown.find((each) => each.at === at)?.message ?? null
    return html`
      <p class="how">${say('scenHow')}</p>
      ${this.trouble()} ${this.kept.get('base') && !this.problem ? html`<p class="how" role="status">${say('scenBaseUnread')}</p>` : nothing}
      ${draft.base ? html`<scenario-base id="scenario-base" .draft=${draft} .inputs=${inputs} .fault=${fault('later')} @draft=${(event: CustomEvent<Partial<Draft>>) => this.#change(event.detail)}></scenario-base>` : nothing}
      <label for="title">${say('scenTitle')}</label>
      ${this.#input('title', draft.title, fault('title'), false)}
      <label for="begins">${say('scenBegins')}</label>
      ${this.#input('begins', draft.begins, fault('begins'), replay, '2026-08-20 12:00', () => this.#replace())}
      <div class="pair">
        <div><label for="hours">${say('scenHours')}</label>${this.#input('hours', draft.hours, fault('hours'), false)}</div>
        <div><label for="cell">${say('scenCell')}</label>${this.#input('cell', draft.cell, fault('cell'), replay)}</div>
      </div>
      <scenario-area
        id="scenario-area"
        .workbench=${workbench}
        .draft=${draft}
        .inputs=${inputs}
        .fixed=${replay}
        .drawing=${this.drawing}
        .fault=${fault('area')}
        @draw=${() => this.#draw(this.drawing ? null : 'first')}
        @area=${(event: CustomEvent<Draft['area']>) => this.#change({ area: event.detail })}
        @reveal=${() => this.#reveal()}
      ></scenario-area>
      <h3>${say('scenItems')}</h3>
      <scenario-items
        .workbench=${workbench}
        .items=${draft.items}
        .open=${this.open}
        .places=${this.places}
        .faults=${shown}
        .hours=${draft.hours}
        @items=${(event: CustomEvent<readonly Item[]>) => this.#change({ items: event.detail })}
        @open=${(event: CustomEvent<number>) => {
          this.open = event.detail
        }}
      ></scenario-items>
      <h3>${say('scenWater')}</h3>
      <label for="depth">${say('scenDepth')}</label>
      ${this.#input('depth', draft.depth, fault('depth'), false)} ${this.#course('rain', 'scenRain', 'scenRainMm', draft.rain, fault('rain'))}
      ${this.#course('tide', 'scenTide', 'scenTideM', draft.tide, fault('tide'))}
      <h3>${say('scenGround')}</h3>
      <scenario-ground
        id="scenario-ground"
        .workbench=${workbench}
        .ground=${draft.ground}
        .area=${boxOf(draft)}
        .fixed=${replay}
        .faults=${below(shown, 'ground')}
        @ground=${(event: CustomEvent<Ground>) => this.#change({ ground: event.detail })}
      ></scenario-ground>
      ${replay ? nothing : html`<scenario-many id="scenario-many" .many=${draft.many} .faults=${below(shown, 'many')} @many=${(event: CustomEvent<Many | null>) => this.#change({ many: event.detail })}></scenario-many>`}
      ${this.#carried()}
      <div class="send">${this.#sending(faults)}</div>
    `
  }

  #input(name: 'title' | 'begins' | 'hours' | 'cell' | 'depth', value: string, fault: Wrong | null, fixed: boolean, hint = '', done = () => undefined as void) {
    return html`<input
        id=${name}
        type="text"
        autocomplete="off"
        placeholder=${hint || nothing}
        ?disabled=${fixed}
        aria-invalid=${fault !== null}
        aria-describedby=${fault ? `${name}-fault` : nothing}
        .value=${value}
        @input=${(event: Event) => this.#change({ [name]: (event.target as HTMLInputElement).value })}
        @change=${done}
      />
      ${fault ? html`<p class="fault" id="${name}-fault">${wrongWords(fault)}</p>` : nothing}`
  }

  /** Rain or tide, which a scenario may do without. */
  #course(name: 'rain' | 'tide', title: Message, heading: Message, course: Course | null, fault: Wrong | null) {
    return html`<label class="check">
        <input id=${name} type="checkbox" .checked=${course !== null} @change=${(event: Event) => this.#change({ [name]: (event.target as HTMLInputElement).checked ? STEADY : null })} />
        <span>${say('scenWith', { what: say(title) })}</span>
      </label>
      ${
        course
          ? html`<course-field id="${name}-course" .course=${course} .heading=${heading} .hours=${this.draft.hours} .fault=${fault} @course=${(event: CustomEvent<Course>) => this.#change({ [name]: event.detail })}></course-field>`
          : nothing
      }`
  }

  /** What has no field here. */
  #carried() {
    const names = Object.keys(this.draft.rest).filter((name) => name !== 'asof')
    return names.length ? html`<p class="small">${say('scenCarried', { names: names.join(say('comma')) })}</p>` : nothing
  }

  #sending(faults: readonly Fault[]) {
    const { draft, standing, refusal } = this
    const before = draftBefore()
    if (standing || this.job) {
      return html`<p class="small" role="status">${say('scenSent')}</p>
        <job-line .standing=${standing} .label=${say('scenRunning')} .cancel=${say('scenCancel')} @cancel=${() => this.#cancel()}></job-line>`
    }
    return html`
      ${refusal ? this.#refused(refusal) : nothing} ${this.tried && faults.length ? this.#faults(faults) : nothing}
      ${this.kept_well ? nothing : html`<p class="warn">${say('scenUnkept')}</p>`}
      <div class="actions">
        <button class="primary" @click=${() => void this.#send()}>${say(SENDS[processOf(draft)])}</button>
        ${isWritten(draft) ? html`<button @click=${() => this.#clear()}>${say('scenClear')}</button>` : nothing}
        ${before ? html`<button @click=${() => this.#restore(before)}>${say('scenRestore')}</button>` : nothing}
      </div>
      <p class="small" role="status">${this.told}</p>
    `
  }

  #refused({ at, ...words }: Refusal) {
    return html`<div class="bad" role="alert">
      <strong>${say('scenRefused')}</strong>
      <p>${named(words)}</p>
      ${
        at
          ? html`<p>${say('scenRefusedAt', { where: nameOfPlace(this.draft, at) })}</p>
              <button @click=${() => void this.#goTo(at)}>${say('scenGoThere')}</button>`
          : nothing
      }
    </div>`
  }

  #faults(faults: readonly Fault[]) {
    return html`<div class="bad faults" role="alert">
      ${say('scenFaults', { count: faults.length })}
      <ul>
        ${faults.map(({ at, message }) => html`<li><button @click=${() => void this.#goTo(at)}>${nameOfPlace(this.draft, at)}</button> ${wrongWords(message)}</li>`)}
      </ul>
    </div>`
  }

  async #goTo(at: string): Promise<void> {
    const [first = '', number = '', member = ''] = at.split('/')
    if (first === 'items') this.open = Number(number)
    await this.updateComplete
    const part = PARTS[first]
    const inner = part ? this.renderRoot.querySelector<LitElement>(part) : null
    await inner?.updateComplete
    const root = inner?.shadowRoot
    if (first === 'items') {
      const field = member === 'crest_m' ? 'line' : member
      if (root && !(field && (await showField(root, field)))) await showField(root, `item-${number}`)
    } else if (!(root && number && (await showField(root, number)))) {
      const own = root ? (part ?? '') : `${first}-course`
      if (!(await showField(this.renderRoot, own))) await showField(this.renderRoot, first)
    }
  }

  /** Rivers and stations as they are at the beginning of the scenario. */
  #replace(): void {
    const { datetime } = this.state
    this.places = new RiverPlaces({ datetime: fromTyped(this.draft.begins) ?? datetime, asof: null }, this.#following.signal)
    this.#laid = ''
  }

  #change(change: Partial<Draft>): void {
    this.refusal = null
    this.told = ''
    this.#write({ ...this.draft, ...change })
  }

  #write(draft: Draft): void {
    this.draft = draft
    this.kept_well = keepDraft(draft)
  }

  #clear(): void {
    keepBefore(this.draft)
    this.tried = false
    this.open = -1
    this.#change(EMPTY)
  }

  #restore(before: Draft): void {
    if (isWritten(this.draft)) keepBefore(this.draft)
    else forgetBefore()
    this.tried = false
    this.open = -1
    this.#change(before)
    this.#reveal()
  }

  #reveal(): void {
    const box = boxOf(this.draft)
    if (box) this.workbench.stage?.reveal(box)
  }

  async #send(): Promise<void> {
    const { draft } = this
    const { inputs, faults } = written(draft)
    this.tried = true
    this.refusal = null
    this.told = ''
    if (faults.length) return
    const again = draft.replay ? replayOf(draft, inputs) : null
    this.#draw(null)
    this.standing = { jobID: '', status: 'accepted', progress: 0, message: '' }
    await this.#ended(async (signal) => {
      const standing = await handedIn(processOf(draft), again ?? inputs, signal)
      this.job = standing.jobID
      keepJob('scenario', { job: standing.jobID })
      return standing
    })
  }

  /** A job that was handed in before the panel was closed or the page read anew. */
  async #resume(job: string): Promise<void> {
    await this.#ended((signal) => standingOf(job, signal))
  }

  async #ended(begin: (signal: AbortSignal) => Promise<Standing>): Promise<void> {
    const { signal } = this.#following
    try {
      const told = await seenToEnd<{ readonly run: string }>('scenario', begin(signal), 'result', signal, (standing) => {
        this.standing = standing
      })
      this.#over()
      this.#reveal()
      this.turn('runs', { run: told.value.run })
    } catch (cause) {
      if (signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.#over()
      const at = this.#meant(cause)
      this.refusal = { ...refusedWords(cause), at }
      if (at && isIdle()) void this.#goTo(at)
    }
  }

  /** Nothing is under way any more, as far as this form knows. */
  #over(): void {
    Object.assign(this, { job: null, standing: null })
  }

  /** The place in the draft that a refusal is about. */
  #meant({ pointer, zh }: ServerProblem): string | null {
    if (pointer) return placeOfPointer(this.draft, pointer)
    const item = itemNamed(this.draft, zh)
    return item < 0 ? null : `items/${item}/id`
  }

  #cancel(): void {
    const job = this.job ?? this.standing?.jobID
    this.#following.abort()
    this.#following = new AbortController()
    this.#replace()
    if (job) dismiss(job)
    forgetJob('scenario')
    this.#over()
    this.told = say('scenCancelled')
  }

  /** Two corners of the area are clicked, or taken at the centre by Enter; null ends that. */
  #draw(step: 'first' | null): void {
    if (step === null && this.drawing === null) return
    const { stage } = this.workbench
    this.drawing = step
    this.#corner = null
    if (step) takeOne(stage, (place) => this.#cornered(place), () => this.#draw(null), (place) => this.#pointed(place))
    else takeNone(stage)
    if (!step) void this.#lay(true)
  }

  #cornered(place: Position4490): void {
    if (!this.#corner) {
      this.#corner = place
      this.drawing = 'second'
      return
    }
    const box = boxBetween(this.#corner, place)
    if (box[0] === box[2] || box[1] === box[3]) return
    this.#change({ area: areaOf(box) })
    this.#draw(null)
  }

  #pointed(place: Position4490): void {
    if (this.#corner) this.workbench.stage?.lay(SCENARIO, [areaFeature(boxBetween(this.#corner, place))])
  }

  #near(pixel: Pixel, reach_px: number, choose: boolean): boolean {
    const { stage } = this.workbench
    const found = this.#marks.findIndex((place) => {
      if (!place || !stage) return false
      const [x, y] = stage.pixel(place)
      return Math.hypot(x - pixel[0], y - pixel[1]) <= reach_px + 6
    })
    if (found >= 0 && choose) void this.#goTo(`items/${found}`)
    return found >= 0
  }

  /** Draws area and marks, those by chainage where the river has it. */
  async #lay(anew = false): Promise<void> {
    const { draft, open, places } = this
    const { stage } = this.workbench
    const wanted = markKey(draft, open)
    if (!stage || !this.isConnected || (wanted === this.#laid && !anew)) return
    this.#laid = wanted
    const marks = await marksOf(draft, places)
    if (this.#laid !== wanted || !this.isConnected) return
    this.#marks = marks
    stage.lay(SCENARIO, featuresOf(draft, marks, open))
  }
}

customElements.define('scenario-part', ScenarioPart)

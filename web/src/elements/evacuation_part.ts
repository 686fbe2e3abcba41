import { css, html, nothing, type PropertyValues } from 'lit'
import { readable } from '../clock'
import { ServerProblem } from '../config'
import { download } from '../download'
import { fetchExposed, PROCESS, type Exposed, type Summary } from '../evacuation'
import { EXPOSED, exposedFeatures } from '../evacuation_overlay'
import { FloodPicture } from '../flood_picture'
import { fetchRun, fetchRuns, instantAt, type Listed, type Run, type Lacking } from '../flood_runs'
import { forgetJob, isOver, keepJob, keptJob, seenToEnd } from '../job_shelf'
import { named, say } from '../language'
import type { Message } from '../messages'
import '../messages/evacuation'
import '../messages/scenario'
import type { Position4490 } from '../model'
import { dismiss, handedIn, outputOf, standingOf, type Standing } from '../process'
import { refusedWords, type Refusal } from '../scenario_typed'
import type { Pixel } from '../stage'
import './evacuation_facts'
import './evacuation_form'
import './exposed_list'
import type { ExposedList } from './exposed_list'
import { FloodPart } from './flood_part'
import './job_line'
import { scenarioStyle } from './scenario_style'
import { theme } from './theme'

const FILES: readonly (readonly [output: string, title: Message])[] = [
  ['addresses', 'evacCsvAddresses'],
  ['assets', 'evacCsvAssets'],
  ['map', 'evacGeojson'],
]

/** 转移: whom a kept run reaches, by when they must leave, where they go, and who cannot. The link keeps run and job, the browser a job under way. */
export class EvacuationPart extends FloodPart {
  static override properties = {
    ...FloodPart.properties,
    runs: { state: true },
    lacking: { state: true },
    run: { state: true },
    standing: { state: true },
    refused: { state: true },
    summary: { state: true },
    exposed: { state: true },
    chosen: { state: true },
  }
  declare runs: readonly Listed[]
  /** Why some may be missing. */
  declare lacking: Lacking | null
  declare run: Run | null
  declare standing: Standing | null
  declare refused: Refusal | null
  declare summary: Summary | null
  declare exposed: readonly Exposed[]
  declare chosen: string | null
  protected readonly partId = 'evacuation'
  #picture: FloodPicture | null = null
  #laid: unknown = null
  #followed: string | null = null

  constructor() {
    super()
    Object.assign(this, { runs: [], lacking: null, run: null, standing: null, refused: null, summary: null, exposed: [], chosen: null })
  }

  static override styles = [
    theme,
    scenarioStyle,
    css`
      .asked {
        margin: 8px 0 10px;
      }
      .asked h3 {
        margin: 0;
      }
      .title {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 8px;
        align-items: center;
      }
      .files {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    const { stage, config } = this.workbench
    if (!stage) return
    stage.offer({ near: (...at) => this.#near(...at), inside: () => undefined })
    this.#picture = new FloodPicture(stage.map, config.city.central_meridian_deg, () => undefined)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#followed = null
    this.#laid = null
    this.#picture?.end()
    this.#picture = null
    this.workbench.stage?.offer(null)
    this.workbench.stage?.lay(EXPOSED, [])
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed)
    const { run, summary, exposed, chosen, state, workbench } = this
    this.#picture?.show(run ? { run: run.id, quantity: 'depth', at_s: null, bounds: run.bbox, frame: state.frame } : null)
    const laid = summary ? exposed : null
    if (laid === this.#laid && !changed.has('chosen')) return
    this.#laid = laid
    workbench.stage?.lay(EXPOSED, summary ? exposedFeatures(exposed, summary, chosen) : [])
  }

  protected override get wanted(): string {
    return `${this.kept.get('run') ?? ''} ${this.kept.get('job') ?? ''}`
  }

  protected override async read(signal: AbortSignal): Promise<void> {
    const [id, job] = [this.kept.get('run'), this.kept.get('job')]
    const underWay = job ? null : keptJob('evacuation')
    if (underWay && (!id || id === underWay.run)) return this.ask({ ...underWay })
    if (!job) Object.assign(this, { summary: null, exposed: [], chosen: null, standing: null })
    if (!job && !this.runs.length) {
      const { runs, lacking } = await fetchRuns(signal)
      Object.assign(this, { runs: runs.filter(({ kind }) => kind !== 'ensemble'), lacking })
    }
    if (!id) this.run = null
    else if (this.run?.id !== id) this.run = await fetchRun(id, signal)
    if (job) await this.#follow(job, signal)
  }

  override render() {
    const { summary } = this
    const job = this.kept.get('job')
    return html`
      <p class="how">${say('evacHow')}</p>
      ${this.trouble()} ${this.refused ? html`<p class="bad" role="alert">${named(this.refused)}</p>` : nothing}
      ${
        job
          ? this.#asked(job)
          : html`<evacuation-form
              .runs=${this.runs}
              .run=${this.kept.get('run') ?? ''}
              .busy=${this.standing !== null}
              .refusal=${this.refused}
              @run=${(event: CustomEvent<string>) => this.ask({ run: event.detail })}
              @ask=${(event: CustomEvent<Readonly<Record<string, unknown>>>) => void this.#start(event.detail)}
            ></evacuation-form>
              ${this.lacking ? html`<p class="small">${named(this.lacking)}</p>` : nothing}`
      }
      ${job && summary ? this.#found(job, summary) : nothing}
    `
  }

  /** What was asked, and how far it is. */
  #asked(job: string) {
    const { run, summary, standing } = this
    return html`
      <div class="asked">
        <div class="title">
          <h3>${run?.title ?? ''}</h3>
          ${summary?.stamp ? html`<span class="seal">${say('synthetic')}</span>` : nothing}
        </div>
        ${summary ? html`<p class="small">${this.#basis(summary)}</p>` : nothing}
        <div class="actions">
          <button @click=${() => this.#another()}>${say('evacAnother')}</button>
          ${run ? html`<button @click=${() => this.turn('runs', { run: run.id })}>${say('evacToRun')}</button>` : nothing}
        </div>
      </div>
      ${
        summary || this.problem || this.refused
          ? nothing
          : html`<job-line .standing=${standing} .label=${say('evacRunning')} .cancel=${say('evacCancel')} @cancel=${() => this.#cancel(job)}></job-line>`
      }
    `
  }

  #basis({ mode_title, unit, ready_s }: Summary): string {
    const ready = this.run ? readable(instantAt(this.run, ready_s)) : say('scenSeconds', { seconds: ready_s })
    return say('evacBasis', { mode: named(mode_title), unit: say(unit === 'street' ? 'evacStreet' : 'evacVillage'), ready })
  }

  #found(job: string, summary: Summary) {
    const begins_at = this.run?.begins_at ?? null
    const files = summary.people_from === 'assumed' ? FILES : [...FILES, ['people', 'evacCsvPeople'] as const]
    return html`
      <evacuation-facts .summary=${summary} .begins_at=${begins_at}></evacuation-facts>
      <h3>${say('evacList')}</h3>
      <exposed-list .exposed=${this.exposed} .begins_at=${begins_at} .chosen=${this.chosen} @choose=${(event: CustomEvent<Exposed>) => this.#choose(event.detail)}></exposed-list>
      <h3>${say('evacFiles')}</h3>
      <div class="files">
        ${files.map(([output, title]) => html`<button @click=${() => void this.guarded(() => download(outputOf(job, output)))}>${say(title)}</button>`)}
      </div>
    `
  }

  async #start(inputs: Readonly<Record<string, unknown>>): Promise<void> {
    this.refused = null
    this.standing = { jobID: '', status: 'accepted', progress: 0, message: '' }
    try {
      const { jobID } = await handedIn(PROCESS, inputs, this.abort.signal)
      keepJob('evacuation', { job: jobID, run: this.kept.get('run') ?? '' })
      this.ask({ job: jobID })
    } catch (cause) {
      if (!(cause instanceof ServerProblem)) throw cause
      this.refused = refusalOf(cause)
    } finally {
      this.standing = null
    }
  }

  /** To the end of a job, which may have been handed in on another page. */
  async #follow(job: string, signal: AbortSignal): Promise<void> {
    if (this.#followed === job && this.summary) return
    Object.assign(this, { summary: null, exposed: [], refused: null })
    try {
      const { value } = await seenToEnd<Summary>('evacuation', standingOf(job, signal), 'summary', signal, (standing) => {
        this.standing = standing
      })
      this.exposed = await fetchExposed(job, signal)
      this.summary = value
      this.#followed = job
    } catch (cause) {
      if (signal.aborted) return
      if (!isOver(cause)) throw cause
      // What was asked can be asked otherwise: the fields are shown again, with the reason above.
      this.refused = refusalOf(cause)
      this.ask({ job: null })
    } finally {
      this.standing = null
    }
    if (this.run) this.workbench.stage?.reveal(this.run.bbox)
  }

  #cancel(job: string): void {
    dismiss(job)
    forgetJob('evacuation')
    this.ask({ job: null })
  }

  #another(): void {
    this.refused = null
    this.ask({ job: null })
  }

  #choose({ id, place }: Exposed): void {
    this.chosen = id
    this.workbench.stage?.reveal([place[0], place[1], place[0], place[1]])
  }

  #near(pixel: Pixel, reach_px: number, choose: boolean): boolean {
    const { stage } = this.workbench
    if (!stage || !this.summary) return false
    const [west, north] = stage.ground([pixel[0] - reach_px, pixel[1] - reach_px])
    const [east, south] = stage.ground([pixel[0] + reach_px, pixel[1] + reach_px])
    const inside = ([lon, lat]: Position4490) => lon >= west && lon <= east && lat >= south && lat <= north
    const found = this.exposed.find(({ place }) => inside(place))
    if (found && choose) {
      this.chosen = found.id
      this.renderRoot.querySelector<ExposedList>('exposed-list')?.goTo(found.id)
    }
    return found !== undefined
  }
}

/** The place in the inputs is the name of the field. */
function refusalOf(cause: ServerProblem): Refusal {
  return { ...refusedWords(cause), at: cause.pointer?.replace(/^\/inputs\//, '').split('/')[0] ?? null }
}

customElements.define('evacuation-part', EvacuationPart)

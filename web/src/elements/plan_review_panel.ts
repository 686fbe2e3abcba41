import { html, nothing } from 'lit'
import { readable, typed } from '../clock'
import { ServerProblem } from '../config'
import { download } from '../download'
import { choiceOf } from '../figure_hit'
import { named, say } from '../language'
import '../messages/plan_review'
import {
  countOf,
  DEFECTS,
  defectOf,
  FILE_MOST_BYTES,
  GROUPS,
  PlanReview,
  planReviewOf,
  type Check,
  type Finding,
  type Group,
  type Report,
} from '../plan_review'
import { outputOf } from '../process'
import { PanelElement } from './panel_element'
import { planReviewStyle } from './plan_review_style'
import { planStyle } from './plan_style'
import { theme } from './theme'

const LISTED = 50
const MB = 1_000_000
const NEAR_DEG = 0.0008
/** Layers that have a review of their own kind: what the platform reviews, as far as it is seen. */
const REVIEWED =
  /^(land-use-survey|permanent-farmland|ecological-redline|nature-reserves|urban-boundary|planning-zones|planned-land-use|control-lines|heritage-protection|flood-risk|geohazard-zones|mineral-resources|wetlands-forests|detailed-plan-plots|development-schemes|land-approvals|land-violations)$/

/** 成果审查: what is reviewed, how far it is, and what was found, group by group. */
export class PlanReviewPanel extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    way: { state: true },
    file: { state: true },
    layers: { state: true },
    groups: { state: true },
    opened: { state: true },
    most: { state: true },
    chosen: { state: true },
    problem: { state: true },
  }
  declare way: 'held' | 'file'
  declare file: File | null
  declare layers: readonly string[]
  declare groups: readonly number[]
  /** Number of the group whose defects are listed. */
  declare opened: number | null
  /** How many of a check are listed. */
  declare most: number
  declare chosen: Finding | null
  declare problem: string | null
  #review: PlanReview = new PlanReview()

  constructor() {
    super()
    this.way = 'held'
    this.file = null
    this.layers = []
    this.groups = []
    this.opened = null
    this.most = LISTED
    this.chosen = null
    this.problem = null
  }

  static override styles = [theme, planStyle, planReviewStyle]

  override connectedCallback(): void {
    super.connectedCallback()
    const { stage, store } = this.workbench
    this.#review = planReviewOf(store)
    this.#review.changed = () => this.requestUpdate()
    const { file, layers, groups } = this.#review.wanted
    Object.assign(this, { file, layers, groups, way: file ? 'file' : 'held' })
    if (!stage) return
    const figures = () =>
      this.#placed.map(({ point_4490 }) => ({
        geometry: { type: 'Point' as const, coordinates: [...(point_4490 ?? [])] },
        name: '',
        note: '',
        color: '',
      }))
    stage.offer(choiceOf(figures, (at) => this.#choose(this.#placed[at] ?? null, false), stage))
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#review.changed = () => undefined
    this.workbench.stage?.offer(null)
    this.workbench.stage?.lay(DEFECTS, [])
  }

  override updated(): void {
    const drawn = this.#placed.flatMap((each) => defectOf(each, each === this.chosen) ?? [])
    this.workbench.stage?.lay(DEFECTS, drawn)
  }

  override render() {
    const review = this.#review
    const problem = this.problem ?? review.problem
    return html`
      <p class="how">${say('revHow')}</p>
      ${this.#form(review)} ${problem ? html`<p class="bad" role="alert">${problem}</p>` : nothing}
      ${review.report ? this.#report(review.report) : nothing}
    `
  }

  #form(review: PlanReview) {
    const { datetime } = this.state
    return html`<form
      novalidate
      @submit=${(event: SubmitEvent) => {
        event.preventDefault()
        this.#start()
      }}
    >
      <h3 id="what">${say('revWhat')}</h3>
      <div class="actions" role="group" aria-labelledby="what">
        ${(['held', 'file'] as const).map(
          (way) => html`<button
            type="button"
            aria-pressed=${this.way === way}
            @click=${() => {
              this.way = way
            }}
          >
            ${say(way === 'held' ? 'revHeld' : 'revFile')}
          </button>`,
        )}
      </div>
      ${this.way === 'held' ? this.#layers() : this.#file()}
      <details>
        <summary>${say('revGroups')}</summary>
        <ul class="choices">
          ${GROUPS.map(
            (title, at) => html`<li>
              <label class="check">
                <input
                  type="checkbox"
                  .checked=${this.groups.includes(at + 1)}
                  @change=${() => {
                    this.groups = toggled(this.groups, at + 1)
                  }}
                />
                ${at + 1} ${named(title)}
              </label>
            </li>`,
          )}
        </ul>
      </details>
      <div class="actions">
        <button class="main" aria-disabled=${review.running}>${say(review.running ? 'revRunning' : 'revRun')}</button>
        ${review.running ? html`<button type="button" @click=${() => review.cancel()}>${say('revCancel')}</button>` : nothing}
        <span class="small">
          ${this.way === 'held' ? say('revAsOf', { time: datetime ? typed(datetime) : say('revToday') }) : nothing}
        </span>
      </div>
      ${
        review.running
          ? html`<progress max="100" .value=${review.standing?.progress ?? 0} aria-label=${say('revRunning')}></progress>
              <p class="small" role="status">${review.standing?.message ?? say('revRunning')}</p>`
          : nothing
      }
    </form>`
  }

  #layers() {
    const own = this.workbench.config.layers.filter(({ id }) => REVIEWED.test(id))
    return html`<details>
      <summary>${say('revLayers')}</summary>
      <ul class="choices">
        ${own.map(
          ({ id, title }) => html`<li>
            <label class="check">
              <input
                type="checkbox"
                .checked=${this.layers.includes(id)}
                @change=${() => {
                  this.layers = toggled(this.layers, id)
                }}
              />
              ${named(title)}
            </label>
          </li>`,
        )}
      </ul>
    </details>`
  }

  #file() {
    return html`<div class="drop">
      <input
        id="delivery"
        type="file"
        accept=".zip,.gpkg"
        aria-describedby="delivery-how"
        @change=${(event: Event) => this.#took((event.target as HTMLInputElement).files?.[0] ?? null)}
      /><label for="delivery">${say('revChoose')}</label>
      ${this.file ? html`<strong>${this.file.name}</strong>` : nothing}
      <p class="small" id="delivery-how">${say('revFileHow', { most: Math.floor(FILE_MOST_BYTES / MB) })}</p>
    </div>`
  }

  #report(report: Report) {
    const { totals } = report
    return html`<section class="result" aria-labelledby="result">
      <p class="overall ${report.passed ? 'passed' : 'failed'}">
        <strong>${say(report.passed ? 'revPassed' : 'revFailed')}</strong>
        <span>${say('revErrors', { count: totals.error })}</span>
        <span>${say('revWarnings', { count: totals.warning })}</span>
        <span>${say('revNotes', { count: totals.note })}</span>
      </p>
      <p class="small">${say('revOf', { name: report.delivery, time: readable(report.reviewed_at) })}</p>
      ${report.synthetic ? html`<p class="small"><span class="seal">${say('synthetic')}</span> ${say('revSynthetic')}</p>` : nothing}
      <h3>${say('revReport')}</h3>
      <div class="actions">
        <button @click=${() => void this.#take('page')}>${say('revPage')}</button>
        <button @click=${() => void this.#take('paper')}>${say('revPaper')}</button>
        <button @click=${() => void this.#take('defects')}>${say('revDefects')}</button>
      </div>
      <h3 id="result">${say('revResults', { groups: report.groups.length })}</h3>
      <p class="small">${say('revHint')}</p>
      <ol class="groups">
        ${report.groups.map((group) => this.#group(group, report))}
      </ol>
      ${report.cut ? html`<p class="small">${say('revCut', { count: report.cut })}</p>` : nothing}
    </section>`
  }

  #group(group: Group, report: Report) {
    const open = this.opened === group.number
    const counts = (['error', 'warning', 'note'] as const).map((severity) => [severity, countOf(group, severity)] as const)
    const any = counts.some(([, count]) => count)
    const layers = group.checks.flatMap((check) => check.layers)
    const idle = layers.filter(({ not_run }) => not_run).length
    const unrun = group.not_run || idle === layers.length
    return html`<li class="row">
      <button
        class="group"
        id="group-${group.number}"
        aria-expanded=${open}
        @click=${() => {
          this.opened = open ? null : group.number
          this.most = LISTED
          this.chosen = null
        }}
      >
        <span>${group.number} ${named(group.title)}</span>
        <span class="counts">
          ${unrun ? html`<span class="count">${say('revNotRun')}</span>` : nothing}
          ${!unrun && !any ? html`<span class="count">${say('revNone')}</span>` : nothing}
          ${!unrun && idle ? html`<span class="count">${say('revPartRun')}</span>` : nothing}
          ${counts.map(([severity, count]) => (count ? html`<span class="count ${severity}">${say(WORDS[severity], { count })}</span>` : nothing))}
        </span>
      </button>
      ${open ? group.checks.map((check) => this.#check(check, report)) : nothing}
    </li>`
  }

  #check(check: Check, report: Report) {
    const found = report.findings.filter((each) => each.check === check.id)
    const idle = check.layers.filter(({ not_run }) => not_run)
    const left = found.length - this.most
    return html`<div class="one">
      <p>
        <strong>${named(check.title)}</strong>
        <span class="count ${check.total ? check.severity : ''}">
          ${check.total || say(idle.length === check.layers.length ? 'revNotRun' : 'revNone')}
        </span>
        ${check.ignored ? html`<span class="small">${say('revIgnored', { count: check.ignored })}</span>` : nothing}
      </p>
      ${idle.map(
        ({ layer, not_run }) =>
          html`<p class="small">${this.#titleOf(layer, report)}:${say('revNotRun')},${not_run ? named(not_run) : ''}</p>`,
      )}
      <ul>
        ${found.slice(0, this.most).map((each) => this.#finding(each, report))}
      </ul>
      ${
        left > 0
          ? html`<button
              @click=${() => {
                this.most += LISTED
              }}
            >
              ${say('revMore', { count: Math.min(left, LISTED) })}
            </button>`
          : nothing
      }
    </div>`
  }

  #finding(each: Finding, report: Report) {
    const chosen = this.chosen === each
    const [key] = each.keys
    const held = this.#review.held && key !== undefined && this.workbench.config.layers.some(({ id }) => id === each.layer)
    return html`<li class="finding">
      <button class="whole" aria-pressed=${chosen} @click=${() => this.#choose(chosen ? null : each)}>
        <span>${named(each)}</span>
        <span class="small">
          ${this.#titleOf(each.layer, report)} ${each.keys.join('、')} ${each.point_4490 ? nothing : say('revNoPlace')}
        </span>
      </button>
      ${
        chosen && held
          ? html`<button @click=${() => this.workbench.visit({ layer: each.layer, fid: key })}>${say('revVisit')}</button>`
          : nothing
      }
    </li>`
  }

  #titleOf(layer: string, { titles }: Report): string {
    const title = titles[layer]
    return title ? named(title) : layer
  }

  /** Defects with a place of the group that is open. */
  get #placed(): readonly Finding[] {
    const { report } = this.#review
    const group = report?.groups.find(({ number }) => number === this.opened)
    if (!report || !group) return []
    const ids = new Set(group.checks.map(({ id }) => id))
    return report.findings.filter(({ check, point_4490 }) => point_4490 && ids.has(check))
  }

  #choose(finding: Finding | null, look = true): void {
    this.chosen = finding
    const at = finding?.point_4490
    if (at && look) {
      const [lon, lat] = at
      this.workbench.stage?.reveal([lon - NEAR_DEG, lat - NEAR_DEG, lon + NEAR_DEG, lat + NEAR_DEG])
    }
    if (!finding || look) return
    const { report } = this.#review
    const place = report?.findings.filter(({ check }) => check === finding.check).indexOf(finding) ?? 0
    this.most = Math.max(this.most, place + 1)
    void this.updateComplete.then(() =>
      this.renderRoot.querySelector('.finding > [aria-pressed="true"]')?.scrollIntoView({ block: 'center' }),
    )
  }

  #took(file: File | null): void {
    const large = file !== null && file.size > FILE_MOST_BYTES
    this.problem = large ? say('revTooLarge', { name: file.name }) : null
    this.file = large ? null : file
  }

  #start(): void {
    this.problem = null
    if (this.#review.running) return
    if (this.way === 'file' && !this.file) {
      this.problem = say('revNoFile')
      return
    }
    const { datetime, asof } = this.state
    const file = this.way === 'file' ? this.file : null
    this.opened = null
    this.chosen = null
    void this.#review.start({ file, layers: this.layers, groups: this.groups, times: { datetime, asof } })
  }

  async #take(output: string): Promise<void> {
    this.problem = null
    try {
      await download(outputOf(this.#review.job, output))
    } catch (cause) {
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    }
  }
}

const WORDS = { error: 'revErrors', warning: 'revWarnings', note: 'revNotes' } as const

function toggled<T>(chosen: readonly T[], one: T): readonly T[] {
  return chosen.includes(one) ? chosen.filter((each) => each !== one) : [...chosen, one]
}

customElements.define('plan-review-panel', PlanReviewPanel)

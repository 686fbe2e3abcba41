import { css, html, nothing, type PropertyValues } from 'lit'
import { typed } from '../clock'
import { check } from '../compliance'
import { factsOf, type Written } from '../compliance_facts'
import { EVIDENCE, evidenceOf } from '../compliance_overlay'
import { reviewOf, type Answer, type Site } from '../compliance_review'
import { ServerProblem } from '../config'
import { extentOf } from '../extent'
import { whoAmI } from '../identity'
import { named, say } from '../language'
import '../messages/planning'
import '../messages/planning_parts'
import type { Code, FeatureRef } from '../model'
import { partOf } from '../parts'
import { PARTS } from '../planning_parts'
import type { Title } from '../title'
import type { Workbench } from '../workbench'
import './finding_list'
import type { Shown } from './finding_list'
import { needsMap } from './no_map'
import { equipped, PanelElement } from './panel_element'
import './part_tabs'
import './project_facts'
import './site_field'
import type { SiteField } from './site_field'
import { theme } from './theme'

const PLANNED = 'planned-land-use'
const CLASS = 'ydyhfldm'
/** The first part, which the panel itself is. */
const OWN: Title = { zh: '合规审查', en: 'Compliance' }

/** 合规审查: a site and what is intended there, judged by the rules of use control, with the evidence on the map. */
export class PlanningPanel extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    site: { state: true },
    written: { state: true },
    answer: { state: true },
    working: { state: true },
    problem: { state: true },
    over: { state: true },
  }
  declare site: Site | null
  declare written: Written
  declare answer: Answer | null
  declare working: boolean
  declare problem: string | null
  /** A file is over the panel. */
  declare over: boolean
  #abort = new AbortController()

  constructor() {
    super()
    this.site = null
    this.written = {}
    this.answer = null
    this.working = false
    this.problem = null
    this.over = false
  }

  static override styles = [
    theme,
    css`
      :host {
        display: block;
        position: relative;
        padding: 12px 16px 16px;
      }
      .how {
        margin-bottom: 10px;
        color: var(--ink-2);
        font-size: 12px;
      }
      .bad {
        margin-top: 10px;
        border-radius: 8px;
        background: var(--seal-soft);
        padding: 8px 12px;
        color: var(--seal);
        font-size: 13px;
        overflow-wrap: anywhere;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#abort = new AbortController()
    const { site, written, answer } = reviewOf(this.workbench.store)
    Object.assign(this, { site, written, answer })
    void this.#welcome()
  }

  /** Whoever is not known cannot have a site judged: the publications are for everybody. */
  async #welcome(): Promise<void> {
    const me = await whoAmI().catch(() => null)
    const { store } = this.workbench
    if (me?.origin === 'anonymous' && this.isConnected && !store.state.detail) store.update({ detail: 'publication' })
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
    this.workbench.stage?.lay(EVIDENCE, [])
  }

  override willUpdate(changed: PropertyValues<this>): void {
    // Another part has the panel: its own evidence is what lies on the map.
    if (changed.has('state') && partOf(PARTS, this.state.detail)) this.workbench.stage?.lay(EVIDENCE, [])
  }

  override render() {
    return html`${needsMap(this.workbench)}
      <part-tabs
        .workbench=${this.workbench}
        .parts=${PARTS}
        .own=${OWN}
        .label=${say('planningParts')}
      ></part-tabs>
      ${partOf(PARTS, this.state.detail) ? nothing : this.#compliance()}`
  }

  #compliance() {
    const { answer } = this
    return html`
      <div
        @dragover=${(event: DragEvent) => this.#dragged(event)}
        @dragleave=${(event: DragEvent) => this.#dragged(event)}
        @drop=${(event: DragEvent) => this.#dropped(event)}
      >
        <p class="how">${say(this.#planned ? 'siteHow' : 'checkNoPlans')}</p>
        <site-field
          .workbench=${this.workbench}
          .site=${this.site}
          .over=${this.over}
          @site=${(event: CustomEvent<Site | null>) => this.#sited(event.detail)}
        ></site-field>
        <project-facts
          .written=${this.written}
          .classes=${this.#classes}
          .when=${this.#when}
          .busy=${this.working}
          @written=${(event: CustomEvent<Written>) => this.#wrote(event.detail)}
          @ask=${() => void this.#run()}
        ></project-facts>
        ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
        <p class="unseen" role="status">${this.#told}</p>
        ${
          answer
            ? html`<finding-list
                .found=${answer.found}
                .layers=${this.workbench.config.layers}
                .stale=${this.#stale(answer)}
                @show=${(event: CustomEvent<Shown | null>) => this.#show(event.detail)}
                @visit=${(event: CustomEvent<FeatureRef>) => this.workbench.visit(event.detail)}
              ></finding-list>`
            : nothing
        }
      </div>
    `
  }

  /** What is read out when a check begins and ends. */
  get #told(): string {
    if (this.working) return say('checkRunning')
    const { answer, problem } = this
    return answer && !problem ? `${say('foundOverall')}${say('colon')}${named(answer.found.verdict)}` : ''
  }

  get #planned() {
    return this.workbench.config.layers.find(({ id }) => id === PLANNED)
  }

  get #classes(): readonly Code[] {
    return this.#planned?.fields.find(({ name }) => name === CLASS)?.codes ?? []
  }

  /** The times of the check are those of the map. */
  get #when(): string {
    const { datetime, asof } = this.state
    const on = say('checkOn', { time: datetime ? typed(datetime) : say('checkToday') })
    return asof ? `${on}${say('comma')}${say('checkKnown', { time: typed(asof) })}` : on
  }

  #stale({ site, written, times }: Answer): boolean {
    const { datetime, asof } = this.state
    return site !== this.site || written !== this.written || times.datetime !== datetime || times.asof !== asof
  }

  #sited(site: Site | null): void {
    this.site = site
    this.problem = null
    reviewOf(this.workbench.store).site = site
    this.#show(null)
  }

  #wrote(written: Written): void {
    this.written = written
    reviewOf(this.workbench.store).written = written
  }

  async #run(): Promise<void> {
    const { site, written } = this
    const { datetime, asof } = this.state
    this.problem = null
    if (this.renderRoot.querySelector<SiteField>('site-field')?.busy) {
      this.problem = say('checkUnfinished')
      return
    }
    if (!site) {
      this.problem = say('checkNoSite')
      return
    }
    this.working = true
    this.#show(null)
    try {
      const times = { datetime, asof }
      const found = await check(site.geometry, factsOf(written), times, this.#abort.signal)
      this.answer = { found, site, written, times }
      reviewOf(this.workbench.store).answer = this.answer
      void this.updateComplete.then(() =>
        this.renderRoot.querySelector('finding-list')?.scrollIntoView({ block: 'start' }),
      )
    } catch (cause) {
      if (this.#abort.signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    } finally {
      this.working = false
    }
  }

  /** Lays this ground on the map and shows where it lies. */
  #show(shown: Shown | null): void {
    const { stage } = this.workbench
    const site = this.answer?.site.geometry
    const areas = shown && site ? shown.areas.map((area) => area ?? site) : []
    stage?.lay(EVIDENCE, shown ? areas.map((area) => evidenceOf(area, shown.verdict)) : [])
    const box = extentOf({ type: 'GeometryCollection', geometries: areas })
    if (box) stage?.reveal(box)
  }

  #dragged(event: DragEvent): void {
    if (!event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    this.over = event.type === 'dragover'
  }

  #dropped(event: DragEvent): void {
    const [file] = event.dataTransfer?.files ?? []
    if (!file) return
    event.preventDefault()
    this.over = false
    this.renderRoot.querySelector<SiteField>('site-field')?.dropped(file)
  }
}

export const open = (workbench: Workbench) => equipped<PlanningPanel>('planning-panel', workbench)

customElements.define('planning-panel', PlanningPanel)

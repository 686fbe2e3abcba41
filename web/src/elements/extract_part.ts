import { css, html, nothing } from 'lit'
import { reviewOf, type Site } from '../compliance_review'
import { ServerProblem } from '../config'
import { extract, extractOf, keepExtract, parcelAt, SURVEY, type Asked, type Concerned, type Subject } from '../extract'
import { EXTRACT, groundOf } from '../extract_overlay'
import { extentOf } from '../extent'
import { say } from '../language'
import type { Message } from '../messages'
import '../messages/extract'
import '../messages/planning'
import type { FeatureRef, Position4490 } from '../model'
import './extract_list'
import { takeNone, takeOne } from '../taking'
import { PanelElement } from './panel_element'
import { partStyle } from './part_style'
import './site_field'
import type { SiteField } from './site_field'
import { theme } from './theme'

type Way = 'parcel' | 'point' | 'area'
const WAYS: readonly (readonly [Way, Message])[] = [
  ['parcel', 'extractParcel'],
  ['point', 'extractPoint'],
  ['area', 'extractArea'],
]

/** 管控查询: a parcel, a point or an area, and what restricts it at the times of the map. */
export class ExtractPart extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    way: { state: true },
    site: { state: true },
    asked: { state: true },
    working: { state: true },
    problem: { state: true },
  }
  declare way: Way | null
  declare site: Site | null
  declare asked: Asked | null
  declare working: boolean
  declare problem: string | null
  #abort = new AbortController()

  constructor() {
    super()
    this.way = null
    this.site = null
    this.asked = null
    this.working = false
    this.problem = null
  }

  static override styles = [
    theme,
    partStyle,
    css`
      .pick {
        margin-top: 10px;
        border-radius: 10px;
        background: var(--accent-soft);
        padding: 10px 14px;
        font-size: 13px;
      }
      site-field {
        display: block;
        margin-top: 12px;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#abort = new AbortController()
    this.site = reviewOf(this.workbench.store).site
    this.asked = extractOf(this.workbench.store)
    if (this.asked) this.#show(this.asked.found.concerned, false)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
    this.#picking(false)
    this.workbench.stage?.lay(EXTRACT, [])
  }

  override render() {
    const { asked, state } = this
    const ways = WAYS.filter(
      ([way]) => way === 'area' || (this.workbench.stage && (way !== 'parcel' || this.#surveyed)),
    )
    const chosen = state.selected?.layer === SURVEY ? state.selected.fid : null
    return html`
      <p class="how">${say('extractHow')}</p>
      <div class="kinds" role="group" aria-label=${say('extractWhence')}>
        ${ways.map(
          ([way, label]) =>
            html`<button id="way-${way}" aria-pressed=${this.way === way} @click=${() => this.#choose(way)}>${say(label)}</button>`,
        )}
      </div>
      ${
        this.way === 'parcel' || this.way === 'point'
          ? html`<div class="pick" role="status">${say('extractPick')}</div>`
          : nothing
      }
      ${
        chosen
          ? html`<div class="actions">
              <button @click=${() => void this.#ask({ bsm: chosen })}>${say('extractChosen', { bsm: chosen })}</button>
            </div>`
          : nothing
      }
      ${this.way === 'area' ? this.#area() : nothing}
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
      <p class="unseen" role="status">${this.#told}</p>
      ${
        asked
          ? html`<extract-list
              .found=${asked.found}
              .stale=${this.#stale(asked)}
              .busy=${this.working}
              @show=${(event: CustomEvent<readonly Concerned[]>) => this.#show(event.detail)}
              @again=${() => void this.#ask(asked.subject)}
              @visit=${(event: CustomEvent<FeatureRef>) => this.workbench.visit(event.detail)}
            ></extract-list>`
          : nothing
      }
    `
  }

  #area() {
    return html`<site-field
        .workbench=${this.workbench}
        .site=${this.site}
        .over=${false}
        @site=${(event: CustomEvent<Site | null>) => this.#sited(event.detail)}
      ></site-field>
      <div class="actions">
        <button class="primary" aria-disabled=${this.working} @click=${() => this.#askArea()}>
          ${say(this.working ? 'extractRunning' : 'extractAsk')}
        </button>
      </div>`
  }

  /** What is read out when a question begins and ends. */
  get #told(): string {
    if (this.working) return say('extractRunning')
    const found = this.asked?.found
    if (!found || this.problem) return ''
    const { concerned, not_concerned: clear, without_data: unknown } = found
    return say('extractDone', { concerned: concerned.length, clear: clear.length, unknown: unknown.length })
  }

  get #surveyed(): boolean {
    return this.workbench.config.layers.some(({ id }) => id === SURVEY)
  }

  #stale({ times }: Asked): boolean {
    const { datetime, asof } = this.state
    return times.datetime !== datetime || times.asof !== asof
  }

  #choose(way: Way): void {
    const next = this.way === way ? null : way
    this.way = next
    this.problem = null
    this.#picking(next === 'parcel' || next === 'point')
  }

  #picking(on: boolean): void {
    if (on) takeOne(this.workbench.stage, (position) => void this.#picked(position), () => this.#giveUp())
    else takeNone(this.workbench.stage)
  }

  #giveUp(): void {
    const { way } = this
    this.#picking(false)
    this.way = null
    this.#back(way)
  }

  /** The keyboard goes back to where the picking began. */
  #back(way: Way | null): void {
    this.renderRoot.querySelector<HTMLElement>(`#way-${way}`)?.focus({ preventScroll: true })
  }

  async #picked(position: Position4490): Promise<void> {
    const { way } = this
    this.#picking(false)
    this.way = null
    this.#back(way)
    if (way === 'point') return this.#ask({ place: { type: 'Point', coordinates: [...position] } })
    const { datetime, asof } = this.state
    await this.#working(async () => {
      const bsm = await parcelAt(position, { datetime, asof }, this.#abort.signal)
      if (bsm === null) this.problem = say('extractNoParcel')
      else await this.#asked({ bsm })
    })
  }

  #sited(site: Site | null): void {
    this.site = site
    this.problem = null
    reviewOf(this.workbench.store).site = site
  }

  #askArea(): void {
    const { site } = this
    if (this.renderRoot.querySelector<SiteField>('site-field')?.busy) this.problem = say('checkUnfinished')
    else if (!site) this.problem = say('extractNoSite')
    else if (!this.working) void this.#ask({ place: site.geometry })
  }

  #ask(subject: Subject): Promise<void> {
    return this.#working(() => this.#asked(subject))
  }

  async #asked(subject: Subject): Promise<void> {
    const { datetime, asof } = this.state
    const times = { datetime, asof }
    const found = await extract(subject, times, this.#abort.signal)
    this.asked = { subject, times, found }
    keepExtract(this.workbench.store, this.asked)
    this.#show(found.concerned)
    await this.updateComplete
    this.renderRoot.querySelector('extract-list')?.scrollIntoView({ block: 'start' })
  }

  async #working(work: () => Promise<void>): Promise<void> {
    this.problem = null
    this.working = true
    try {
      await work()
    } catch (cause) {
      if (this.#abort.signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    } finally {
      this.working = false
    }
  }

  /** Lays the place and the ground of these themes on the map, and shows where they lie. */
  #show(themes: readonly Concerned[], reveal = true): void {
    const { stage } = this.workbench
    const found = this.asked?.found
    if (!found) return
    stage?.lay(EXTRACT, groundOf(found, themes))
    const box = reveal ? extentOf(found.subject.geometry) : null
    if (box) stage?.reveal(box)
  }
}

customElements.define('extract-part', ExtractPart)

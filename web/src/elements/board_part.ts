import { css, html, nothing, type PropertyValues } from 'lit'
import { readable } from '../clock'
import {
  fetchNewest,
  fetchNewestRuns,
  fetchPlaces,
  fetchResponses,
  fetchStages,
  fetchWarnings,
  instantOf,
  NOWHERE,
  told,
  type Level,
  type Newest,
  type Response,
  type Places,
  type Stages,
  type Told,
  type Warnings,
} from '../flood_board'
import type { Forecast } from '../flood_forecasts'
import { lengthText } from '../flood_runs'
import { COLOURS } from '../flood_warnings'
import { named, say } from '../language'
import { ageText, dischargeText, numberText } from '../measured'
import type { Message } from '../messages'
import '../messages/flood_board'
import '../messages/flood_forecasts'
import '../messages/flood_warnings'
import { detailWith } from '../parts'
import { markName } from '../thresholds'
import { WarningMarks } from '../warning_marks'
import { FloodPart } from './flood_part'
import { levelSign, levelStyle } from './level_sign'
import { partStyle } from './part_style'
import { theme } from './theme'
import { undecidedList, undecidedStyle } from './undecided_list'

const LOOK_MS = 10_000

/** 态势: what stands, rises, was forecast, is at work and was rehearsed, at one look; each figure leads to its part. */
export class BoardPart extends FloodPart {
  static override properties = {
    ...FloodPart.properties,
    warnings: { state: true },
    places: { state: true },
    levels: { state: true },
    forecast: { state: true },
    responses: { state: true },
    runs: { state: true },
    read_ms: { state: true },
  }
  /** null: not read yet, as the others. */
  declare warnings: Told<Warnings> | null
  declare levels: Told<Stages> | null
  declare places: Places
  declare forecast: Told<{ readonly newest: Forecast | null }> | null
  declare responses: Told<readonly Response[]> | null
  declare runs: Told<Newest> | null
  /** When it was read last. */
  declare read_ms: number | null
  protected readonly partId = 'board'
  #marks: WarningMarks | null = null
  #looking = 0
  readonly #seen = () => void this.#look()

  constructor() {
    super()
    Object.assign(this, { warnings: null, levels: null, places: NOWHERE, forecast: null, responses: null, runs: null, read_ms: null })
  }

  static override styles = [
    theme,
    partStyle,
    levelStyle,
    undecidedStyle,
    css`
      .figures {
        display: grid;
        grid-template-columns: repeat(12, minmax(0, 1fr));
        gap: 6px;
        margin-bottom: 4px;
      }
      .figure {
        grid-column: span 4;
        display: grid;
        gap: 2px;
        justify-items: start;
        padding: 6px 8px;
        text-align: left;
      }
      .figure.colour {
        grid-column: span 3;
        padding: 6px 4px;
      }
      .figure.colour:lang(en) .level {
        gap: 3px;
        padding: 0 3px;
        font-size: 11px;
      }
      .figure b {
        font-size: 20px;
        line-height: 1.1;
      }
      .figure.none b {
        color: var(--ink-2);
        font-weight: 400;
      }
      .figure .word {
        font-size: 12px;
      }
      .urgent {
        border-color: var(--seal);
        background: var(--seal-soft);
        color: var(--seal);
      }
      .head {
        display: flex;
        gap: 8px;
        align-items: baseline;
        justify-content: space-between;
        margin: 14px 0 2px;
      }
      .head h3 {
        margin: 0;
      }
      .head .age {
        flex: 1;
        color: var(--ink-2);
        font-size: 12px;
      }
      .head button {
        padding: 1px 8px;
        font-size: 12px;
        white-space: nowrap;
      }
      .late {
        color: var(--seal);
        font-weight: 600;
      }
      .quiet {
        flex: none;
        border: 1px solid var(--rule-2);
        border-radius: 5px;
        padding: 0 7px;
        color: var(--ink-2);
        font-size: 12px;
        line-height: 20px;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    const { stage } = this.workbench
    this.#marks = stage && new WarningMarks(stage, (id) => this.turn('warnings', { warning: String(id) }))
    this.#looking = window.setInterval(this.#seen, LOOK_MS)
    document.addEventListener('visibilitychange', this.#seen)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    window.clearInterval(this.#looking)
    document.removeEventListener('visibilitychange', this.#seen)
    this.#marks?.end()
    this.#marks = null
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed)
    if (changed.has('warnings') || changed.has('places')) this.#mark()
  }

  protected override get wanted(): string {
    const { datetime, asof } = this.state
    return JSON.stringify([datetime, asof])
  }

  protected override async read(signal: AbortSignal): Promise<void> {
    Object.assign(this, { warnings: null, levels: null, forecast: null, responses: null, runs: null })
    await Promise.all([this.#readPlaces(signal), this.#readAll(signal)])
    this.read_ms = Date.now()
  }

  async #readPlaces(signal: AbortSignal): Promise<void> {
    const { value } = await told(fetchPlaces(this.#times, signal), signal)
    this.places = value ?? NOWHERE
  }

  async #readAll(signal: AbortSignal): Promise<void> {
    const times = this.#times
    await Promise.all([
      told(fetchWarnings(times, signal), signal).then((warnings) => (this.warnings = warnings)),
      told(fetchStages(times, signal), signal).then((levels) => (this.levels = levels)),
      told(fetchNewest(times, signal).then((newest) => ({ newest })), signal).then((forecast) => (this.forecast = forecast)),
      told(fetchResponses(times, signal), signal).then((responses) => (this.responses = responses)),
      told(fetchNewestRuns(times, signal), signal).then((runs) => (this.runs = runs)),
    ])
  }

  /** All of it anew, as long as somebody looks; the past stays as it was. */
  async #look(): Promise<void> {
    if (document.hidden || this.read_ms === null || instantOf(this.#times) !== null) return
    await this.guarded(async (signal) => {
      await this.#readAll(signal)
      this.read_ms = Date.now()
    })
  }

  get #times() {
    const { datetime, asof } = this.state
    return { datetime, asof }
  }

  get #now_ms(): number {
    return instantOf(this.#times) ?? this.read_ms ?? Date.now()
  }

  #mark(): void {
    const found = this.warnings?.value
    this.#marks?.show({
      standing: found?.standing ?? [],
      cancelled: found?.cancelled ?? [],
      undecided: found?.undecided ?? [],
      places: this.places.places,
      chosen: null,
    })
  }

  override render() {
    const { datetime, asof } = this.state
    const past = datetime ?? asof
    return html`
      ${this.trouble()}
      <p class="how" role="status">
        ${past ? html`${say('situationThen', { time: past.replace('T', ' ') })} ${say('situationThenHow')}` : this.read_ms === null ? say('reading') : say('situationNow', { time: readable(new Date(this.read_ms).toISOString()).slice(11) })}
      </p>
      ${this.#figures()} ${this.#warned()} ${this.#levels()} ${this.#working()} ${this.#forecast()} ${this.#rehearsed()}
    `
  }

  #figures() {
    const standing = this.warnings?.value?.standing
    const above = (this.levels?.value?.stages ?? []).filter(({ reached }) => reached.length).length
    const overdue = (this.responses?.value ?? []).reduce((sum, { activation }) => sum + lateOf(activation.messages) + lateOf(activation.actions), 0)
    const undecided = this.warnings?.value?.undecided.length ?? 0
    return html`<div class="figures" role="group" aria-label=${say('situationFigures')}>
      ${COLOURS.map((colour) => {
        const count = standing?.filter((each) => each.colour === colour).length
        return this.#figure(levelSign(colour), count, false, () => this.turn('warnings', {}), true)
      })}
      ${this.#figure(say('situationAbove'), this.levels?.value ? above : undefined, above > 0, () => this.#scroll('levels'))}
      ${this.#figure(say('situationOverdue'), this.responses?.value ? overdue : undefined, overdue > 0, () => this.#scroll('working'))}
      ${this.#figure(say('situationUndecidedFigure'), this.warnings?.value ? undecided : undefined, false, () => this.turn('warnings', { show: 'undecided' }))}
    </div>`
  }

  #figure(word: unknown, count: number | undefined, urgent: boolean, go: () => void, colour = false) {
    return html`<button class="figure ${colour ? 'colour' : ''} ${urgent ? 'urgent' : ''} ${count ? '' : 'none'}" @click=${go}>
      <b>${count ?? '–'}</b> <span class="word">${word}</span>
    </button>`
  }

  #scroll(id: string): void {
    const section = this.renderRoot.querySelector<HTMLElement>(`#${id}`)
    section?.scrollIntoView({ block: 'start' })
    section?.focus()
  }

  #head(id: string, title: Message, age: string | null, go: () => void) {
    return html`<div class="head">
      <h3 id=${id} tabindex="-1">${say(title)}</h3>
      <span class="age">${age ?? ''}</span>
      <button aria-label=${say('situationAll', { what: say(title) })} @click=${go}>›</button>
    </div>`
  }

  /** What stands in place of a section that is not there. */
  #instead(section: Told<unknown> | null) {
    if (!section) return html`<p class="small" role="status">${say('reading')}</p>`
    return section.problem ? html`<p class="small">${section.problem}</p>` : nothing
  }

  #warned() {
    const found = this.warnings?.value
    const changed = [...(found?.standing ?? []), ...(found?.cancelled ?? [])].map(({ changed_at }) => changed_at).sort().at(-1)
    const { names } = this.places
    return html`${this.#head('warned', 'situationWarnings', changed ? say('situationChanged', { age: ageText(changed, this.#now_ms) }) : null, () => this.turn('warnings', {}))}
      ${this.#instead(this.warnings)}
      ${
        found
          ? html`${found.standing.length ? nothing : html`<p class="small">${say('warnNone')}</p>`}
              <ul aria-label=${say('situationWarnings')}>
                ${found.standing.map(
                  (each) => html`<li class="row">
                    <button @click=${() => this.turn('warnings', { warning: String(each.id) })}>
                      ${levelSign(each.colour)}
                      <span class="what"
                        ><span>${each.station_name ?? each.station}</span>${each.synthetic ? html`<span class="seal">${say('synthetic')}</span>` : html`<span></span>`}
                        <small>${named(each.title)} · ${say('warnSince', { time: readable(each.issued_at) })}${each.stale ? ` · ${say('warnStale')}` : ''}</small></span
                      >
                    </button>
                  </li>`,
                )}
                ${found.cancelled.map(
                  (each) => html`<li class="row">
                    <button @click=${() => this.turn('warnings', { warning: String(each.id) })}>
                      <span class="quiet">× ${say('situationCancelled')}</span>
                      <span class="what"
                        ><span>${each.station_name ?? each.station}</span><span class="small">${ageText(each.changed_at, this.#now_ms)}</span>
                        <small>${named(each.title)} · ${say('situationReason', { reason: each.reason })}</small></span
                      >
                    </button>
                  </li>`,
                )}
              </ul>
              ${
                found.undecided.length
                  ? html`<details>
                      <summary>${say('situationUndecided', { count: found.moreUndecided ? `${found.undecided.length}+` : found.undecided.length })}</summary>
                      ${undecidedList(found.undecided, names)}
                    </details>`
                  : nothing
              }`
          : nothing
      }`
  }

  #levels() {
    const found = this.levels?.value
    const newest = found?.newest_at
    return html`${this.#head('levels', 'situationLevels', newest ? say('situationNewestStage', { age: ageText(newest, this.#now_ms) }) : null, () => this.#go('rivers', 'gauges', {}))}
      ${this.#instead(this.levels)}
      ${
        found
          ? html`${found.stages.length ? nothing : html`<p class="small">${say('situationNoLevels', { count: found.measured })}</p>`}
              <ul aria-label=${say('situationLevels')}>
                ${found.stages.map((each) => this.#level(each))}
              </ul>`
          : nothing
      }`
  }

  #level({ station, name, stage, reached, rise_m_per_h, synthetic }: Level) {
    return html`<li class="row">
      <button @click=${() => this.#go('rivers', 'gauges', { station })}>
        <span class="what"
          ><span>${name} · ${numberText(stage.value ?? 0)} m</span>${synthetic ? html`<span class="seal">${say('synthetic')}</span>` : html`<span></span>`}
          <small
            >${reached.length ? html`<span class="late">${say('situationReached', { marks: reached.map(markName).join(say('comma')) })}</span> · ` : nothing}${riseText(rise_m_per_h)}
            · ${readable(stage.time)}(${ageText(stage.time, this.#now_ms)})</small
          ></span
        >
      </button>
    </li>`
  }

  #working() {
    const found = this.responses?.value
    const newest = found?.map(({ activation }) => activation.activated_at).sort((a, b) => Date.parse(a) - Date.parse(b)).at(-1)
    return html`${this.#head('working', 'situationResponses', newest ? say('situationStarted', { age: ageText(newest, this.#now_ms) }) : null, () => this.turn('plans', {}))}
      ${this.#instead(this.responses)}
      ${found?.length === 0 ? html`<p class="small">${say('situationNoResponses')}</p>` : nothing}
      <ul aria-label=${say('situationResponses')}>
        ${(found ?? []).map(({ title, activation }) => {
          const all = [...activation.messages, ...activation.actions]
          const [messages, actions] = [lateOf(activation.messages), lateOf(activation.actions)]
          return html`<li class="row">
            <button @click=${() => this.turn('plans', { plan: activation.plan, response: String(activation.activation) })}>
              <span class="what"
                ><span>${named({ zh: title.zh, en: title.en ?? '' })}</span><span class="seal">${say(activation.exercise ? 'situationExercise' : 'situationReal')}</span>
                <small class=${messages + actions ? 'late' : nothing}
                  >${say('situationResponse', { done: all.filter(({ state }) => state === 'confirmed').length, all: all.length, messages, actions })}</small
                ></span
              >
            </button>
          </li>`
        })}
      </ul>`
  }

  #forecast() {
    const newest = this.forecast?.value?.newest
    return html`${this.#head('forecast', 'situationForecast', newest ? say('situationBasis', { age: ageText(newest.basis_at, this.#now_ms) }) : null, () => this.turn('forecasts', {}))}
      ${this.#instead(this.forecast)}
      ${this.forecast?.value && !newest ? html`<p class="small">${say('situationNoForecast')}</p>` : nothing}
      ${
        newest
          ? html`<ul aria-label=${say('situationForecast')}>
              <li class="row">
                <button @click=${() => this.turn('forecasts', { forecast: newest.id })}>
                  <span class="what"
                    ><span>${say('situationForecastWords', { station: this.places.names.get(newest.station) ?? newest.station, peak: dischargeText(newest.peak_m3_s) })}</span
                    >${newest.synthetic ? html`<span class="seal">${say('synthetic')}</span>` : html`<span></span>`}
                    <small
                      >${say('situationForecastHow', { grade: newest.grade, lead: lengthText((Date.parse(newest.until) - Date.parse(newest.basis_at)) / 1000) })} ·
                      ${say('castBasis', { time: readable(newest.basis_at) })}</small
                    ></span
                  >
                </button>
              </li>
            </ul>`
          : nothing
      }`
  }

  #rehearsed() {
    const { runs: found, lacking } = this.runs?.value ?? {}
    const newest = found?.[0]?.kept_at
    return html`${this.#head('rehearsed', 'situationRuns', newest ? say('situationKept', { age: ageText(newest, this.#now_ms) }) : null, () => this.turn('runs', {}))}
      ${this.#instead(this.runs)}
      ${found?.length === 0 ? html`<p class="small">${say('situationNoRuns')}</p>` : nothing}
      ${lacking ? html`<p class="small">${named(lacking)}</p>` : nothing}
      <ul aria-label=${say('situationRuns')}>
        ${(found ?? []).map(
          (each) => html`<li class="row">
            <button
              @click=${() => {
                this.turn('runs', { run: each.id })
                this.workbench.stage?.reveal(each.bbox)
              }}
            >
              <span class="what"
                ><span>${each.title}</span>${each['onemap:synthetic'] ? html`<span class="seal">${say('synthetic')}</span>` : html`<span></span>`}
                <small>${readable(each.begins_at)} · ${lengthText(each.duration_s)}</small></span
              >
            </button>
          </li>`,
        )}
      </ul>`
  }

  /** Another panel of the page, at one of its parts. */
  #go(panel: string, part: string, kept: Readonly<Record<string, string | null>>): void {
    this.workbench.store.update({ panel, detail: detailWith(part, kept) })
  }
}

function lateOf(all: readonly { readonly state: string }[]): number {
  return all.filter(({ state }) => state === 'overdue').length
}

function riseText(rise_m_per_h: number | null): string {
  if (rise_m_per_h === null) return say('situationNoRise')
  const rise = Math.abs(rise_m_per_h).toFixed(2)
  if (Number(rise) === 0) return say('situationSteady')
  return say(rise_m_per_h > 0 ? 'situationRise' : 'situationFall', { rise })
}

customElements.define('board-part', BoardPart)

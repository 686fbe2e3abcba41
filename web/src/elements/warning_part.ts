import { html, nothing, type PropertyValues } from 'lit'
import { readable, toInstant } from '../clock'
import { download } from '../download'
import { lengthText } from '../flood_runs'
import { fetchPlaces, fetchWarnings, NOWHERE, type Places, type Warnings } from '../flood_board'
import {
  acknowledge,
  cancel,
  CANCELLING,
  capAddress,
  fetchLedger,
  fetchWarning,
  mayTake,
  type Cancelled,
  type Colour,
  type Turn,
  type Verified,
  type Warning,
  type Whole,
} from '../flood_warnings'
import { NOBODY, whoAmI, type Me } from '../identity'
import { named, say } from '../language'
import { numberText } from '../measured'
import type { Message } from '../messages'
import '../messages/flood_warnings'
import '../messages/floods'
import { WarningMarks } from '../warning_marks'
import { COLOUR_NAMES, wordOf } from '../warning_words'
import { colourStyle } from './colour_style'
import { FloodPart } from './flood_part'
import { partStyle } from './part_style'
import { sectionStyle } from './section_style'
import { theme } from './theme'
import { undecidedList, undecidedStyle } from './undecided_list'

const LOOK_MS = 15_000
const TIERS: Readonly<Record<Turn['tier'], Message>> = { duty: 'warnNeedsDuty', leader: 'warnNeedsLeader', departments: 'warnNeedsDepartment' }

/** 预警: what stands by colour, whose turn it is to take note, CAP messages, and the ledger of what came of it. */
export class WarningPart extends FloodPart {
  static override properties = {
    ...FloodPart.properties,
    told: { state: true },
    places: { state: true },
    whole: { state: true },
    ledger: { state: true },
    me: { state: true },
    sending: { state: true },
  }
  /** null: not read yet. */
  declare told: Warnings | null
  declare places: Places
  declare whole: Whole | null
  declare ledger: readonly Verified[]
  declare me: Me
  declare sending: boolean
  protected readonly partId = 'warnings'
  #marks: WarningMarks | null = null
  #looking = 0

  constructor() {
    super()
    Object.assign(this, { told: null, places: NOWHERE, whole: null, ledger: [], me: NOBODY, sending: false })
  }

  static override styles = [theme, partStyle, sectionStyle, colourStyle, undecidedStyle]

  override connectedCallback(): void {
    super.connectedCallback()
    const { stage } = this.workbench
    this.#marks = stage && new WarningMarks(stage, (id) => this.ask({ warning: String(id) }))
    this.#looking = window.setInterval(() => this.#look(), LOOK_MS)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    window.clearInterval(this.#looking)
    this.#marks?.end()
    this.#marks = null
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed)
    if (changed.has('told') || changed.has('places') || changed.has('state')) this.#mark()
  }

  protected override get wanted(): string {
    const { datetime, asof } = this.state
    return JSON.stringify([this.kept.get('warning'), datetime, asof])
  }

  protected override async read(signal: AbortSignal): Promise<void> {
    const { datetime, asof } = this.state
    const id = Number(this.kept.get('warning') ?? NaN)
    this.whole = null
    const [me, told, places, ledger, whole] = await Promise.all([
      whoAmI(),
      fetchWarnings({ datetime, asof }, signal),
      fetchPlaces({ datetime, asof }, signal),
      fetchLedger(asof, signal),
      Number.isInteger(id) ? fetchWarning(id, asof, signal) : null,
    ])
    Object.assign(this, { me, told, places, ledger, whole })
  }

  /** Warnings come and go by themselves: they are looked for as long as somebody looks at the present. */
  #look(): void {
    const { datetime, asof } = this.state
    if (document.hidden || !this.told || datetime || asof) return
    void this.guarded(async (signal) => {
      this.told = await fetchWarnings({ datetime, asof }, signal)
    })
  }

  #mark(): void {
    const chosen = Number(this.kept.get('warning') ?? NaN)
    const { standing = [], cancelled = [], undecided = [] } = this.told ?? {}
    this.#marks?.show({ standing, cancelled, undecided, places: this.places.places, chosen: Number.isInteger(chosen) ? chosen : null })
  }

  override render() {
    const { told } = this
    const standing = told?.standing
    return html`
      <p class="how">${say('warnHow')}</p>
      ${this.trouble()} ${!told && !this.problem ? html`<p class="how" role="status">${say('reading')}</p>` : nothing}
      ${standing?.length === 0 ? html`<p class="how" role="status">${say('warnNone')}</p>` : nothing}
      <ul aria-label=${say('warnList')}>
        ${(standing ?? []).map((each) => this.#row(each))}
      </ul>
      ${told?.more ? html`<p class="small">${say('warnMore', { count: told.standing.length })}</p>` : nothing}
      ${told ? html`${this.#cancelled(told.cancelled)} ${this.#undecided(told)} ${this.#ledger()}` : nothing}
    `
  }

  #cancelled(cancelled: readonly Cancelled[]) {
    if (!cancelled.length) return nothing
    return html`<h3>${say('warnCancelledOnes')}</h3>
      <ul aria-label=${say('warnCancelledOnes')}>
        ${cancelled.map((each) => this.#row(each, each.reason))}
      </ul>`
  }

  /** What no rule can say anything of, and what it lacks. */
  #undecided({ undecided, moreUndecided }: Warnings) {
    if (!undecided.length) return nothing
    return html`<details ?open=${this.kept.get('show') === 'undecided'}>
      <summary>${say('warnUndecided', { count: moreUndecided ? `${undecided.length}+` : undecided.length })}</summary>
      ${undecidedList(undecided, this.places.names)}
    </details>`
  }

  /** `reason`: why it was taken back. */
  #row(each: Warning, reason: string | null = null) {
    const { id, title, station, station_name, colour, colour_title, issued_at, stale, synthetic, standing } = each
    const open = this.kept.get('warning') === String(id)
    return html`<li class="row">
      <button aria-expanded=${open} @click=${() => this.ask({ warning: open ? null : String(id) })}>
        ${reason === null ? html`<span class="colour ${colour}">${named(colour_title)}</span>` : html`<span class="colour">× ${say('warnCancelled')}</span>`}
        <span class="what"
          ><span>${station_name ?? station}</span>${synthetic ? html`<span class="seal">${say('synthetic')}</span>` : html`<span></span>`}
          <small
            >${named(title)} · ${say('warnSince', { time: readable(issued_at) })}${stale ? ` · ${say('warnStale')}` : ''}${standing === 'unverified' ? ` · ${say('warnUnverified')}` : ''}</small
          ></span
        >
      </button>
      ${open && this.whole?.id === id ? this.#whole(this.whole) : nothing}
    </li>`
  }

  #whole(whole: Whole) {
    const { position, station, source, note } = whole
    return html`<div class="body">
      <p>${named(note)}</p>
      <dl>
        <dt>${say('warnStation')}</dt>
        <dd>${whole.station_name ?? ''} ${station}</dd>
        <dt>${say('warnBasis')}</dt>
        <dd>${source}</dd>
      </dl>
      <div class="actions">
        ${
          position && this.workbench.stage
            ? html`<button @click=${() => this.workbench.stage?.reveal([...position, ...position])}>${say('warnShow')}</button>`
            : nothing
        }
        <button @click=${() => void this.guarded(() => download(capAddress(whole.id)))}>${say('warnCap')}</button>
      </div>
      ${whole.state === 'open' ? html`${this.#waiting(whole)} ${this.#cancelling(whole)}` : nothing} ${this.#chain(whole)} ${this.#steps(whole)}
    </div>`
  }

  #waiting({ id, waiting }: Whole) {
    if (!waiting.length) return html`<p class="small" role="status">${say('warnAllNoted')}</p>`
    const past = this.state.datetime !== null || this.state.asof !== null
    return html`<h3>${say('warnWaiting')}</h3>
      <ul>
        ${waiting.map(
          (each) =>
            html`<li class="small">
              ${whoOf(each)} · ${say('warnDue', { time: readable(each.due_at) })}${each.overdue ? ` · ${say('warnOverdue')}` : ''}${each.escalated ? ` · ${say('warnEscalated')}` : ''}
            </li>`,
        )}
      </ul>
      ${past ? html`<p class="small">${say('warnPast')}</p>` : this.#form(id, waiting)}`
  }

  /** Taking note for each tier whose turn it is; of those that are not one's own it is said why. */
  #form(id: number, waiting: readonly Turn[]) {
    const own = waiting.filter((each) => mayTake(this.me, each))
    return html`${
        own.length
          ? html`<label for="comment">${say('warnComment')}</label>
              <input id="comment" type="text" maxlength="2000" autocomplete="off" />`
          : nothing
      }
      <div class="actions">
        ${waiting.map((each, at) => {
          const barred = !own.includes(each)
          return html`<button
            class=${barred ? nothing : 'primary'}
            aria-disabled=${this.sending || barred}
            aria-describedby=${barred ? `barred-${at}` : nothing}
            @click=${() => void (barred ? undefined : this.#take(id, each))}
          >
            ${say('warnTake', { who: whoOf(each) })}
          </button>`
        })}
      </div>
      ${waiting.map((each, at) => (own.includes(each) ? nothing : html`<p class="small" id=${`barred-${at}`}>${say(TIERS[each.tier], { department: each.department })}</p>`))}
      ${waiting.some(({ tier }) => tier === 'leader') ? html`<p class="small">${say('warnIssueHow')}</p>` : nothing}`
  }

  /** The leader alone takes a warning back, for a reason. */
  #cancelling({ id }: Whole) {
    if (this.state.datetime !== null || this.state.asof !== null) return nothing
    const barred = !mayTake(this.me, CANCELLING)
    return html`<details>
      <summary>${say('warnCancel')}</summary>
      ${
        barred
          ? html`<p class="small" id="cancel-barred">${say('warnNeedsLeader')}</p>
              <div class="actions"><button aria-disabled="true" aria-describedby="cancel-barred">${say('warnCancel')}</button></div>`
          : html`<label for="why">${say('warnCancelWhy')}</label>
              <input id="why" type="text" maxlength="2000" autocomplete="off" />
              <div class="actions"><button aria-disabled=${this.sending} @click=${() => void this.#cancel(id)}>${say('warnCancel')}</button></div>`
      }
    </details>`
  }

  #chain({ acknowledgements }: Whole) {
    if (!acknowledgements.length) return nothing
    return html`<h3>${say('warnChain')}</h3>
      <ul class="chain">
        ${acknowledgements.map(
          (each) => html`<li class="small">${readable(each.recorded_at)} ${wordOf(each.action)} · ${each.subject} ${each.department} ${each.comment}</li>`,
        )}
      </ul>`
  }

  /** Up to the time that is shown. */
  #steps({ steps }: Whole) {
    const { datetime } = this.state
    const until_ms = datetime ? Date.parse(toInstant(datetime)) : Infinity
    return html`<h3>${say('warnSteps')}</h3>
      <ul class="steps">
        ${steps.filter(({ at }) => Date.parse(at) <= until_ms).map(
          ({ action, colour, at, value, comment }) =>
            html`<li class="small">${readable(at)} ${wordOf(action)} <span class="colour ${colour}">${this.#colour(colour)}</span> ${value === null ? '' : numberText(value)} ${comment ?? ''}</li>`,
        )}
      </ul>`
  }

  #ledger() {
    const { ledger } = this
    const heads = ['warnRule', 'warnSpan', 'warnHits', 'warnMisses', 'warnFalse', 'warnUnknown', 'warnLead'] as const
    return html`<h3>${say('warnLedger')}</h3>
      ${
        ledger.length
          ? html`<div class="sheet" tabindex="0" role="region" aria-label=${say('warnLedger')}>
              <table>
                <thead>
                  <tr>${heads.map((each) => html`<th scope="col">${say(each)}</th>`)}</tr>
                </thead>
                <tbody>
                  ${ledger.map(
                    (each) => html`<tr>
                      <td>${named(each.title)} <small>${each.rule}</small> <span class="colour ${each.colour}">${this.#colour(each.colour)}</span></td>
                      <td>${readable(each.start)}–${readable(each.end)}</td>
                      <td>${each.hits}</td>
                      <td>${each.misses}</td>
                      <td>${each.false_alarms}</td>
                      <td>${each.unknown}</td>
                      <td>${each.lead_median_s === null ? '–' : lengthText(each.lead_median_s)}</td>
                    </tr>`,
                  )}
                </tbody>
              </table>
            </div>`
          : html`<p class="small">${say('warnLedgerNone')}</p>`
      }`
  }

  #colour(colour: Colour): string {
    return named({ zh: COLOUR_NAMES[colour], en: colour })
  }

  #take(id: number, turn: Turn): Promise<void> {
    return this.#send('#comment', (comment) => acknowledge(id, turn, this.me, comment))
  }

  async #cancel(id: number): Promise<void> {
    await this.#send('#why', (comment) => cancel(id, comment))
    if (this.problem) return
    const { datetime, asof } = this.state
    await this.guarded(async (signal) => {
      this.told = await fetchWarnings({ datetime, asof }, signal)
    })
  }

  /** What stands in a field goes out; it stays where it is refused. */
  async #send(field: string, sending: (comment: string) => Promise<Whole>): Promise<void> {
    if (this.sending) return
    const typed = this.renderRoot.querySelector<HTMLInputElement>(field)
    this.sending = true
    await this.guarded(async () => {
      this.whole = await sending(typed?.value.trim() ?? '')
      if (typed) typed.value = ''
    })
    this.sending = false
  }
}

function whoOf({ title, department }: Turn): string {
  return department ? `${named(title)} ${department}` : named(title)
}

customElements.define('warning-part', WarningPart)

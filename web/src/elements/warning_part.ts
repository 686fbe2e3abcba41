import { html, nothing } from 'lit'
import { readable, toInstant } from '../clock'
import { download } from '../download'
import { lengthText } from '../flood_runs'
import {
  acknowledge,
  capAddress,
  fetchLedger,
  fetchStanding,
  fetchWarning,
  mayTake,
  type Colour,
  type Turn,
  type Verified,
  type Warning,
  type Whole,
} from '../flood_warnings'
import { NOBODY, whoAmI, type Me } from '../identity'
import { named, say } from '../language'
import { numberText } from '../measured'
import '../messages/flood_warnings'
import '../messages/floods'
import { COLOUR_NAMES, wordOf } from '../warning_words'
import { colourStyle } from './colour_style'
import { FloodPart } from './flood_part'
import { partStyle } from './part_style'
import { sectionStyle } from './section_style'
import { theme } from './theme'

/** 预警: what stands by colour, whose turn it is to take note, CAP messages, and the ledger of what came of it. */
export class WarningPart extends FloodPart {
  static override properties = {
    ...FloodPart.properties,
    standing: { state: true },
    more: { state: true },
    whole: { state: true },
    ledger: { state: true },
    me: { state: true },
    sending: { state: true },
  }
  /** null: not read yet. */
  declare standing: readonly Warning[] | null
  declare more: boolean
  declare whole: Whole | null
  declare ledger: readonly Verified[]
  declare me: Me
  declare sending: boolean
  protected readonly partId = 'warnings'

  constructor() {
    super()
    Object.assign(this, { standing: null, more: false, whole: null, ledger: [], me: NOBODY, sending: false })
  }

  static override styles = [theme, partStyle, sectionStyle, colourStyle]

  protected override get wanted(): string {
    const { datetime, asof } = this.state
    return JSON.stringify([this.kept.get('warning'), datetime, asof])
  }

  protected override async read(signal: AbortSignal): Promise<void> {
    const { datetime, asof } = this.state
    const id = Number(this.kept.get('warning') ?? NaN)
    this.whole = null
    const [me, { warnings, more }, ledger, whole] = await Promise.all([
      whoAmI(),
      fetchStanding({ datetime, asof }, signal),
      fetchLedger(asof, signal),
      Number.isInteger(id) ? fetchWarning(id, asof, signal) : null,
    ])
    Object.assign(this, { me, standing: warnings, more, ledger, whole })
  }

  override render() {
    const { standing } = this
    return html`
      <p class="how">${say('warnHow')}</p>
      ${this.trouble()} ${!standing && !this.problem ? html`<p class="how" role="status">${say('reading')}</p>` : nothing}
      ${standing?.length === 0 ? html`<p class="how" role="status">${say('warnNone')}</p>` : nothing}
      <ul aria-label=${say('warnList')}>
        ${(standing ?? []).map((each) => this.#row(each))}
      </ul>
      ${this.more ? html`<p class="small">${say('warnMore', { count: standing?.length ?? 0 })}</p>` : nothing}
      ${standing ? this.#ledger() : nothing}
    `
  }

  #row(each: Warning) {
    const { id, title, station, station_name, colour, colour_title, issued_at, stale, synthetic, standing } = each
    const open = this.kept.get('warning') === String(id)
    return html`<li class="row">
      <button aria-expanded=${open} @click=${() => this.ask({ warning: open ? null : String(id) })}>
        <span class="colour ${colour}">${named(colour_title)}</span>
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
      ${this.#waiting(whole)} ${this.#chain(whole)} ${this.#steps(whole)}
    </div>`
  }

  #waiting({ id, waiting }: Whole) {
    if (!waiting.length) return html`<p class="small" role="status">${say('warnAllNoted')}</p>`
    const past = this.state.datetime !== null || this.state.asof !== null
    const own = waiting.filter((each) => mayTake(this.me, each))
    return html`<h3>${say('warnWaiting')}</h3>
      <ul>
        ${waiting.map(
          (each) =>
            html`<li class="small">
              ${whoOf(each)} · ${say('warnDue', { time: readable(each.due_at) })}${each.overdue ? ` · ${say('warnOverdue')}` : ''}${each.escalated ? ` · ${say('warnEscalated')}` : ''}
            </li>`,
        )}
      </ul>
      ${past ? html`<p class="small">${say('warnPast')}</p>` : own.length ? this.#form(id, own) : html`<p class="small">${say('warnNotYours')}</p>`}`
  }

  #form(id: number, own: readonly Turn[]) {
    return html`<label for="comment">${say('warnComment')}</label>
      <input id="comment" type="text" maxlength="2000" autocomplete="off" />
      <div class="actions">
        ${own.map(
          (each) =>
            html`<button class="primary" aria-disabled=${this.sending} @click=${() => void this.#take(id, each)}>${say('warnTake', { who: whoOf(each) })}</button>`,
        )}
      </div>`
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
                      <td>${each.rule} <span class="colour ${each.colour}">${this.#colour(each.colour)}</span></td>
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

  async #take(id: number, turn: Turn): Promise<void> {
    if (this.sending) return
    const field = this.renderRoot.querySelector<HTMLInputElement>('#comment')
    this.sending = true
    await this.guarded(async () => {
      this.whole = await acknowledge(id, turn, this.me, field?.value.trim() ?? '')
      if (field) field.value = ''
    })
    this.sending = false
  }
}

function whoOf({ title, department }: Turn): string {
  return department ? `${named(title)} ${department}` : named(title)
}

customElements.define('warning-part', WarningPart)

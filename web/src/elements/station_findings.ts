import { css, html, nothing, type PropertyValues } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { readable } from '../clock'
import { ServerProblem } from '../config'
import {
  answerFinding,
  fetchFindings,
  FINDING_STATES,
  type Finding,
  type FindingAction,
  type FindingState,
} from '../findings'
import { say } from '../language'
import { numberText, testNames, unitOf, valueOf } from '../measured'
import type { Message } from '../messages'
import '../messages/findings'
import '../messages/monitoring'
import { FLAGS, type Limits, type Station, type Stream } from '../monitoring'
import type { Position4490 } from '../model'
import { detailWith } from '../parts'
import { instantOf } from '../series'
import { markOf, STATIONS } from '../station_overlay'
import type { StationWatch } from '../station_watch'
import { PanelElement } from './panel_element'
import { partStyle } from './part_style'
import './receipt_book'
import type { Step } from './receipt_book'
import { stateSign, stateStyle } from './state_sign'
import { theme } from './theme'

const PAGE = 30
const AROUND_MS = 36 * 3600 * 1000
const NAMES: Readonly<Record<FindingState | 'noted', Message>> = {
  raised: 'findingRaised',
  acknowledged: 'findingAcknowledged',
  handled: 'findingHandled',
  closed: 'findingClosed',
  noted: 'findingNoted',
}
const STEPS: Readonly<Record<FindingAction, Message>> = {
  acknowledged: 'findingDoAcknowledge',
  handled: 'findingDoHandle',
  closed: 'findingDoClose',
  noted: 'findingDoNote',
}

/** 质控告警: the values that failed a test, the newest first, each with its rule; new ones come by themselves. */
export class StationFindings extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    watch: { attribute: false },
    findings: { state: true },
    more: { state: true },
    problem: { state: true },
    heard: { state: true },
    wanted: { state: true },
    opened: { state: true },
  }
  declare watch: StationWatch
  declare findings: readonly Finding[] | null
  declare more: boolean
  declare problem: string | null
  /** What is read out when a new one comes. */
  declare heard: string
  declare wanted: FindingState | null
  /** Key of the finding whose receipts are shown. */
  declare opened: string | null
  #abort = new AbortController()
  /** When something had been written last as they were read. */
  #news: number | undefined
  #stop: () => void = () => undefined

  constructor() {
    super()
    this.findings = null
    this.more = false
    this.problem = null
    this.heard = ''
    this.wanted = null
    this.opened = null
  }

  static override styles = [
    theme,
    partStyle,
    stateStyle,
    css`
      .row {
        padding: 8px 0;
        font-size: 13px;
      }
      .head {
        display: flex;
        gap: 8px;
        align-items: baseline;
      }
      .head > :nth-child(2) {
        flex: 1;
        min-width: 0;
        overflow-wrap: anywhere;
      }
      strong {
        font-weight: 600;
      }
      .handling {
        flex: none;
        border: 1px solid currentcolor;
        border-radius: 8px;
        padding: 0 6px;
        color: var(--ink-2);
        font-size: 12px;
      }
      .handling.raised {
        color: var(--seal);
      }
      .row .actions {
        margin-top: 4px;
      }
      .row .actions button {
        padding: 1px 8px;
        font-size: 12px;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#abort = new AbortController()
    this.#stop = this.watch.subscribe(() => this.#look())
    this.#look()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#stop()
    this.#abort.abort()
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed)
    if (!changed.has('findings')) return
    const marks = (this.findings ?? []).flatMap((each) => {
      const { station, stream } = this.#of(each)
      return station?.position ? [mark(station.position, each, stream)] : []
    })
    this.workbench.stage?.lay(STATIONS, marks)
  }

  override render() {
    const { findings } = this
    return html`
      <p class="how">${say('alarmHow')}</p>
      <label for="handling">${say('findingState')}</label>
      <select id="handling" @change=${(event: Event) => this.#want((event.target as HTMLSelectElement).value)}>
        <option value="" ?selected=${this.wanted === null}>${say('findingAll')}</option>
        ${FINDING_STATES.map(
          (each) => html`<option value=${each} ?selected=${each === this.wanted}>${say(NAMES[each])}</option>`,
        )}
      </select>
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
      <p class="unseen" role="status">${this.heard}</p>
      ${findings === null ? html`<p class="how">${say('reading')}</p>` : nothing}
      ${findings?.length === 0 ? html`<p class="how">${say('alarmNone')}</p>` : nothing}
      <ul>
        ${findings && repeat(findings, keyOf, (each) => this.#row(each))}
      </ul>
      ${
        this.more
          ? html`<div class="actions">
              <button @click=${() => void this.#read(this.findings?.at(-1))}>${say('alarmMore')}</button>
            </div>`
          : nothing
      }
    `
  }

  #row(finding: Finding) {
    const { station, stream } = this.#of(finding)
    const property = stream && this.watch.properties.get(stream.property)
    const rule = testNames(finding.tests)
    const opened = this.opened === keyOf(finding)
    return html`<li class="row">
      <div class="head">
        ${stateSign(stateOfFinding(finding))}
        <span>${station?.name ?? finding.thing} · ${property?.name ?? ''}</span>
        <strong>${valueOf(finding.value, stream?.unit ?? null)}</strong>
        <span class="handling ${finding.state}">${say(NAMES[finding.state])}</span>
      </div>
      <p class="small">
        ${readable(finding.time)} · ${say('alarmRule', { rule, version: finding.version })}${limitText(finding, property?.rules?.gross_range, stream)}
      </p>
      <div class="actions">
        <button aria-expanded=${opened} @click=${() => (this.opened = opened ? null : keyOf(finding))}>
          ${say('findingAnswer')}
        </button>
        <button @click=${() => this.#chart(finding)}>${say('stationChart')}</button>
        ${
          station?.position && this.workbench.stage
            ? html`<button @click=${() => this.#show(station.position)}>${say('stationShow')}</button>`
            : nothing
        }
      </div>
      ${
        opened
          ? html`<receipt-book
              .receipts=${finding.answers.map((each) => ({ ...each, title: say(NAMES[each.action]) }))}
              .steps=${stepsOf(finding)}
              .barred=${say('findingMayNot')}
              @answered=${() => void this.#read()}
            ></receipt-book>`
          : nothing
      }
    </li>`
  }

  #want(text: string): void {
    this.wanted = FINDING_STATES.find((each) => each === text) ?? null
    this.findings = null
    this.opened = null
    void this.#read()
  }

  #of({ datastream, thing }: Finding): { station: Station | undefined; stream: Stream | undefined } {
    const station = this.watch.stations?.find((each) => each.thing === thing)
    return { station, stream: station?.datastreams.find(({ id }) => id === datastream) }
  }

  #show(position: Position4490 | null): void {
    if (position) this.workbench.stage?.reveal([...position, ...position])
  }

  /** The chart around the finding. */
  #chart({ datastream, time }: Finding): void {
    const at_ms = Date.parse(time)
    const kept = { d: String(datastream), from: instantOf(at_ms - AROUND_MS), to: instantOf(at_ms + AROUND_MS) }
    this.workbench.store.update({ detail: detailWith('series', kept) })
  }

  /** Read anew as often as something was written. */
  #look(): void {
    if (this.watch.stations === null || this.watch.news === this.#news) return
    this.#news = this.watch.news
    void this.#read()
  }

  /** The first page, or the one below a finding. */
  async #read(before?: Finding): Promise<void> {
    const { signal } = this.#abort
    try {
      const page = await fetchFindings({ before, state: this.wanted, limit: PAGE }, signal)
      const known = this.findings
      this.findings = before ? [...(known ?? []), ...page.findings] : page.findings
      this.more = page.more
      this.problem = null
      const first = page.findings[0]
      if (known?.length && first?.state === 'raised' && !before && keyOf(first) !== keyOf(known[0])) {
        this.heard = say('alarmNew', { name: this.#of(first).station?.name ?? '' })
      }
    } catch (cause) {
      if (signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    }
  }
}

function keyOf(finding: Finding | undefined): string {
  return finding ? `${finding.time}/${finding.datastream}` : ''
}

function stateOfFinding({ tests, flag }: Finding) {
  if (tests.includes('gross_range')) return 'exceeding'
  return flag === FLAGS.fail ? 'failed' : 'suspect'
}

function mark(position: Position4490, finding: Finding, stream: Stream | undefined) {
  return markOf(position, stateOfFinding(finding), valueOf(finding.value, stream?.unit ?? null), false, 1)
}

/** The limits that were exceeded, as they are declared. */
function limitText({ tests }: Finding, limits: Limits | undefined, stream: Stream | undefined): string {
  if (!limits || !tests.includes('gross_range')) return ''
  const { fail_low, fail_high, suspect_low = fail_low, suspect_high = fail_high } = limits
  const told = (value: number | undefined) => (value === undefined ? '∞' : numberText(value))
  const low = suspect_low === undefined ? '−∞' : numberText(suspect_low)
  return ` · ${say('limitBetween', { low, high: told(suspect_high) })} ${unitOf(stream?.unit ?? null)}`
}

function stepsOf(finding: Finding): readonly Step[] {
  return finding.steps.map((action) => ({
    action,
    title: say(action === 'acknowledged' && finding.state === 'handled' ? 'findingDoReturn' : STEPS[action]),
    bare: action === 'acknowledged',
    write: (note, by, signal) => answerFinding(finding, action, note, by, signal),
  }))
}

customElements.define('station-findings', StationFindings)

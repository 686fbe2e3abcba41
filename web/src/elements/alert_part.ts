import { css, html, nothing } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { ALERTS, list, markOf, PAGE, placeOf, STATES, type Alert, type Wanted, type Whole } from '../alerts'
import { ServerProblem } from '../config'
import { extentOf } from '../extent'
import { LEVELS } from '../indicators'
import { named, say } from '../language'
import type { Message } from '../messages'
import '../messages/alerts'
import type { Pixel } from '../stage'
import type { Title } from '../title'
import './alert_card'
import { STATE_NAMES } from './alert_card'
import { LEVEL_COLORS, levelName, levelSign, levelStyle } from './level_sign'
import { PanelElement } from './panel_element'
import { partStyle } from './part_style'
import { theme } from './theme'

const NOT_KNOWN = 401
const LOOK_MS = 15_000

/** 预警: what monitoring has raised, by level, state and limit; each with its place, receipts and answer. */
export class AlertPart extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    wanted: { state: true },
    alerts: { state: true },
    following: { state: true },
    codes: { state: true },
    opened: { state: true },
    reading: { state: true },
    problem: { state: true },
  }
  declare wanted: Wanted
  declare alerts: readonly Alert[] | null
  /** Where the next page begins; null where there is none. */
  declare following: number | null
  /** Limits that have had an alert, with their titles. */
  declare codes: ReadonlyMap<string, Title>
  declare opened: number | null
  declare reading: boolean
  declare problem: string | null
  #abort = new AbortController()
  #looking = 0

  constructor() {
    super()
    this.wanted = { level: '', state: '', code: '' }
    this.alerts = null
    this.following = null
    this.codes = new Map()
    this.opened = null
    this.reading = false
    this.problem = null
  }

  static override styles = [
    theme,
    partStyle,
    levelStyle,
    css`
      .filters {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: 0 12px;
      }
      .filters > :last-child {
        grid-column: 1 / -1;
      }
      .filters > * {
        min-width: 0;
      }
      .count {
        margin: 10px 0 2px;
        color: var(--ink-2);
        font-size: 12px;
      }
      .state {
        font-size: 12px;
        font-weight: 400;
        white-space: nowrap;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#abort = new AbortController()
    this.workbench.stage?.offer({
      near: (pixel, reach_px, choose) => this.#near(pixel, reach_px, choose),
      inside: () => undefined,
    })
    void this.#read(null)
    this.#looking = window.setInterval(() => this.#look(), LOOK_MS)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    window.clearInterval(this.#looking)
    this.#abort.abort()
    this.workbench.stage?.offer(null)
    this.workbench.stage?.lay(ALERTS, [])
  }

  override render() {
    const { alerts } = this
    return html`
      <p class="how">${say('alertHow')}</p>
      <div class="filters">
        ${this.#filter('level', 'alertLevel', LEVELS.map((each) => [each, levelName(each)]))}
        ${this.#filter('state', 'alertState', STATES.map((each) => [each, say(STATE_NAMES[each])]))}
        ${this.#filter('code', 'alertCode', [...this.codes].map(([code, title]) => [code, `${named(title)} ${code}`]))}
      </div>
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
      <p class="count" role="status">${this.reading ? say('reading') : alerts ? this.#count(alerts) : ''}</p>
      <ul>${alerts && repeat(alerts, ({ id }) => id, (each) => this.#row(each))}</ul>
      <div class="actions">
        ${
          this.following === null
            ? nothing
            : html`<button @click=${() => void this.#read(this.following)}>${say('alertMore')}</button>`
        }
        <button @click=${() => void this.#read(null)}>${say('alertRefresh')}</button>
      </div>
    `
  }

  #count(alerts: readonly Alert[]): string {
    if (!alerts.length) return say('alertNone')
    return `${say('alertCount', { count: alerts.length })}${this.following === null ? '' : '+'}`
  }

  #filter(name: keyof Wanted, label: Message, choices: readonly (readonly [value: string, words: string])[]) {
    return html`<div>
      <label for=${name}>${say(label)}</label>
      <select id=${name} @change=${(event: Event) => this.#want(name, (event.target as HTMLSelectElement).value)}>
        <option value="" ?selected=${!this.wanted[name]}>${say('alertAll')}</option>
        ${choices.map(
          ([value, words]) => html`<option value=${value} ?selected=${value === this.wanted[name]}>${words}</option>`,
        )}
      </select>
    </div>`
  }

  #row(alert: Alert) {
    const open = this.opened === alert.id
    return html`<li class="row">
      <button id="alert-${alert.id}" aria-expanded=${open} @click=${() => this.#open(open ? null : alert)}>
        ${levelSign(alert.level)}
        <span class="what">
          <span>${capital(alert.title)}</span>
          <span class="state">${say(STATE_NAMES[alert.state])}</span>
        </span>
      </button>
      <alert-card
        ?hidden=${!open}
        .alert=${alert}
        .open=${open}
        @read=${(event: CustomEvent<Whole>) => this.#showWhole(event.detail)}
        @answered=${() => void this.#read(null, alert.id)}
      ></alert-card>
    </li>`
  }

  #want(name: keyof Wanted, value: string): void {
    this.wanted = { ...this.wanted, [name]: value }
    void this.#read(null)
  }

  /** Alerts come by themselves: they are looked for while nothing is open, nor being read. */
  #look(): void {
    const shown = this.alerts?.length ?? 0
    if (this.opened === null && !this.reading && shown <= PAGE && !document.hidden) void this.#read(null, null, true)
  }

  /** The first page, or the one that follows; `opened` stays open. A quiet look is not told. */
  async #read(before: number | null, opened: number | null = null, quiet = false): Promise<void> {
    this.#abort.abort()
    this.#abort = new AbortController()
    const { signal } = this.#abort
    this.problem = null
    this.reading = !quiet
    try {
      const page = await list(this.wanted, before, signal)
      this.alerts = before === null ? page.alerts : [...(this.alerts ?? []), ...page.alerts]
      this.following = page.before
      this.codes = new Map([...this.codes, ...page.alerts.map(({ code, title }) => [code, title] as const)])
      if (before === null) this.opened = page.alerts.some(({ id }) => id === opened) ? opened : null
      if (this.opened === null) this.#marks()
    } catch (cause) {
      if (signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.status === NOT_KNOWN ? say('alertWho') : cause.words
    }
    this.reading = false
  }

  #open(alert: Alert | null): void {
    this.opened = alert?.id ?? null
    if (!alert) this.#marks()
  }

  /** Whether a mark is within this reach; `choose` opens its alert. */
  #near([x, y]: Pixel, reach_px: number, choose: boolean): boolean {
    const { stage } = this.workbench
    if (!stage || this.opened !== null) return false
    const found = this.alerts?.find((each) => {
      const at = placeOf(each)
      if (!at) return false
      const [left, top] = stage.pixel(at)
      return Math.hypot(left - x, top - y) <= reach_px
    })
    if (found && choose) {
      this.#open(found)
      this.renderRoot.querySelector(`#alert-${found.id}`)?.scrollIntoView({ block: 'nearest' })
    }
    return found !== undefined
  }

  /** Where each alert of the list lies. */
  #marks(): void {
    const marks = [...(this.alerts ?? [])].reverse().flatMap((each) => markOf(each, LEVEL_COLORS[each.level]))
    this.workbench.stage?.lay(ALERTS, marks)
  }

  /** What changed when this alert was raised, in place of the marks. */
  #showWhole({ id, changed, level }: Whole): void {
    if (this.opened !== id) return
    const { stage } = this.workbench
    if (!changed) return this.#marks()
    const parts = changed.type === 'GeometryCollection' ? changed.geometries : [changed]
    const properties = { color: LEVEL_COLORS[level] }
    stage?.lay(ALERTS, parts.map((geometry) => ({ type: 'Feature', properties, geometry })))
    const box = extentOf(changed)
    if (box) stage?.reveal(box)
  }
}

function capital(title: Title): string {
  const text = named(title)
  return text.charAt(0).toUpperCase() + text.slice(1)
}

customElements.define('alert-part', AlertPart)

import { css, html, nothing } from 'lit'
import { brief, LEAVES, type Exposed } from '../evacuation'
import { say } from '../language'
import { numberText } from '../measured'
import type { Message } from '../messages'
import '../messages/evacuation'
import { partStyle } from './part_style'
import { sectionStyle } from './section_style'
import { Spoken } from './spoken'
import { theme } from './theme'

const PAGE = 50
type Column = 'text' | 'village' | 'people' | 'depth_m' | 'arrival_s' | 'hazard' | 'leave_by_s' | 'shelters' | 'fate'
const COLUMNS: readonly (readonly [Column, Message])[] = [
  ['text', 'evacAddress'],
  ['leave_by_s', 'evacLast'],
  ['arrival_s', 'evacArrival'],
  ['depth_m', 'evacDepth'],
  ['hazard', 'evacHazard'],
  ['people', 'evacPeople'],
  ['shelters', 'evacShelter'],
  ['fate', 'evacFate'],
  ['village', 'evacWhere'],
]

/** 受影响地址清单, fifty at a time, sorted by any column. Fires `choose` with one. */
export class ExposedList extends Spoken {
  static override properties = {
    exposed: { attribute: false },
    begins_at: { attribute: false },
    chosen: { attribute: false },
    by: { state: true },
    down: { state: true },
    stuck: { state: true },
    page: { state: true },
  }
  declare exposed: readonly Exposed[]
  /** Of the run, null where that is not known: then seconds are told. */
  declare begins_at: string | null
  declare chosen: string | null
  declare by: Column
  declare down: boolean
  /** Only those who cannot leave. */
  declare stuck: boolean
  declare page: number
  #sorted: readonly Exposed[] = []
  #sorted_of = ''
  #sorted_from: readonly Exposed[] = []

  constructor() {
    super()
    Object.assign(this, { exposed: [], begins_at: null, chosen: null, by: 'leave_by_s', down: false, stuck: false, page: 0 })
  }

  static override styles = [
    theme,
    partStyle,
    sectionStyle,
    css`
      .sheet {
        max-height: 420px;
      }
      th {
        position: sticky;
        top: 0;
        z-index: 1;
        background: var(--card);
        white-space: nowrap;
      }
      th button {
        border: 0;
        background: none;
        padding: 2px 0;
        color: inherit;
        font-size: 12px;
        font-weight: 600;
      }
      td {
        vertical-align: top;
        white-space: nowrap;
      }
      td.text {
        min-width: 150px;
        white-space: normal;
        overflow-wrap: anywhere;
      }
      td.text button {
        border: 0;
        background: none;
        padding: 0;
        color: var(--accent);
        text-align: left;
      }
      tr[aria-current] td {
        background: var(--accent-soft);
      }
      .stuck {
        color: var(--seal);
        font-weight: 600;
      }
      .line {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        align-items: center;
        margin-top: 6px;
      }
      .line .small {
        flex: 1;
      }
    `,
  ]

  override render() {
    const rows = this.#rows()
    const from = this.page * PAGE
    const shown = rows.slice(from, from + PAGE)
    return html`
      <label class="check">
        <input
          type="checkbox"
          .checked=${this.stuck}
          @change=${(event: Event) => Object.assign(this, { stuck: (event.target as HTMLInputElement).checked, page: 0 })}
        />
        <span>${say('evacOnlyStuck')}</span>
      </label>
      <div class="sheet" tabindex="0" role="region" aria-label=${say('evacList')}>
        <table>
          <thead>
            <tr>${COLUMNS.map((each) => this.#head(...each))}</tr>
          </thead>
          <tbody>
            ${shown.map((each) => this.#row(each))}
          </tbody>
        </table>
      </div>
      <div class="line">
        <span class="small" role="status">${rows.length ? say('evacPage', { from: from + 1, to: from + shown.length, count: numberText(rows.length) }) : say('evacNone')}</span>
        ${
          rows.length > PAGE
            ? html`<button ?disabled=${from === 0} @click=${() => this.#turn(-1)}>${say('evacEarlier')}</button>
                <button ?disabled=${from + PAGE >= rows.length} @click=${() => this.#turn(1)}>${say('evacLater')}</button>`
            : nothing
        }
      </div>
    `
  }

  /** Shows the page that one stands on. */
  goTo(id: string): void {
    this.stuck = false
    const at = this.#rows().findIndex((each) => each.id === id)
    if (at >= 0) this.page = Math.floor(at / PAGE)
  }

  #head(column: Column, title: Message) {
    const sorted = this.by === column
    return html`<th scope="col" aria-sort=${sorted ? (this.down ? 'descending' : 'ascending') : nothing}>
      <button aria-label=${say('evacSorted', { column: say(title) })} @click=${() => this.#sort(column)}>${say(title)}${sorted ? (this.down ? ' ▾' : ' ▴') : ''}</button>
    </th>`
  }

  #row(each: Exposed) {
    const stuck = each.fate !== LEAVES
    return html`<tr aria-current=${each.id === this.chosen ? 'true' : nothing}>
      <td class="text">
        <button aria-label=${say('evacLocate', { address: each.text })} @click=${() => this.dispatchEvent(new CustomEvent<Exposed>('choose', { detail: each }))}>${each.text}</button>
      </td>
      <td>${each.leave_by_s === null ? say(stuck ? 'evacNever' : 'evacOpen') : brief(this.begins_at, each.leave_by_s)}</td>
      <td>${brief(this.begins_at, each.arrival_s)}</td>
      <td>${numberText(each.depth_m)} m</td>
      <td>${each.hazard ?? ''}</td>
      <td>${numberText(each.people)}</td>
      <td>${each.shelters}</td>
      <td class=${stuck ? 'stuck' : ''}>${each.fate}</td>
      <td>${each.village}</td>
    </tr>`
  }

  #rows(): readonly Exposed[] {
    const key = `${this.by} ${this.down} ${this.stuck}`
    if (key === this.#sorted_of && this.#sorted_from === this.exposed) return this.#sorted
    const { by, down } = this
    const kept = this.stuck ? this.exposed.filter(({ fate }) => fate !== LEAVES) : [...this.exposed]
    const words = new Intl.Collator('zh-CN', { numeric: true })
    kept.sort((a, b) => {
      const [x, y] = [a[by], b[by]]
      // What is not known stands last, whichever way.
      if (x === null || y === null) return Number(x === null) - Number(y === null)
      const found = typeof x === 'number' && typeof y === 'number' ? x - y : words.compare(String(x), String(y))
      return down ? -found : found
    })
    this.#sorted = kept
    this.#sorted_of = key
    this.#sorted_from = this.exposed
    return kept
  }

  #sort(column: Column): void {
    this.down = this.by === column ? !this.down : column === 'depth_m' || column === 'people' || column === 'hazard'
    this.by = column
    this.page = 0
  }

  #turn(pages: number): void {
    this.page += pages
    this.renderRoot.querySelector('.sheet')?.scrollTo(0, 0)
  }
}

customElements.define('exposed-list', ExposedList)

import { css, html, nothing } from 'lit'
import { readable } from '../clock'
import { brief, type Shelter, type Summary } from '../evacuation'
import { instantAt, lengthText } from '../flood_runs'
import { named, say } from '../language'
import { numberText } from '../measured'
import type { Message } from '../messages'
import '../messages/evacuation'
import { partStyle } from './part_style'
import { sectionStyle } from './section_style'
import { fact, sheet } from './sheet'
import { Spoken } from './spoken'
import { theme } from './theme'

/** Of roads that are not said to be bridges. */
const UNMARKED_SHOWN = 12

/** 转移成果: who cannot be sheltered and why, totals, classes, villages, shelters with their load, who goes where. */
export class EvacuationFacts extends Spoken {
  static override properties = { summary: { attribute: false }, begins_at: { attribute: false } }
  declare summary: Summary
  /** Of the run; null where that is not known. */
  declare begins_at: string | null

  static override styles = [
    theme,
    partStyle,
    sectionStyle,
    css`
      .stuck {
        border: 2px solid var(--seal);
        border-radius: 10px;
        background: var(--seal-soft);
        padding: 8px 14px 10px;
      }
      .stuck.none {
        border-color: #22663a;
        background: #eef7f0;
      }
      .stuck h3 {
        margin-top: 0;
        color: var(--seal);
        font-size: 14px;
      }
      .stuck.none h3 {
        color: #22663a;
      }
      .stuck th {
        color: var(--ink);
      }
      th,
      td {
        white-space: nowrap;
      }
      .stuck td {
        white-space: normal;
      }
      .classes li {
        display: grid;
        grid-template-columns: 18px 30px 1fr auto;
        gap: 6px;
        align-items: center;
        padding: 2px 0;
        font-size: 13px;
      }
      svg.dot {
        margin: 0;
        background: none;
        width: 14px;
        height: 14px;
      }
      meter {
        width: 100%;
        height: 10px;
      }
      .shelters li {
        border-top: 1px solid var(--rule);
        padding: 5px 0;
        font-size: 13px;
      }
      .shelters p {
        display: flex;
        gap: 8px;
        justify-content: space-between;
      }
    `,
  ]

  override render() {
    const { summary } = this
    const { total, assets } = summary
    return html`
      ${this.#stuck()}
      <h3>${say('evacTotals')}</h3>
      <dl class="total">
        ${fact('evacExposed', numberText(total.addresses))} ${fact('evacPeople', numberText(total.people))}
        ${total.deepest_m === null ? nothing : fact('evacDeepest', `${numberText(total.deepest_m)} m`)}
        ${total.first_arrival_s === null ? nothing : fact('evacFirst', this.#instant(total.first_arrival_s))}
        ${total.leave_by_s === null ? nothing : fact('evacLeaveBy', this.#instant(total.leave_by_s))}
        ${fact('evacCutBefore', numberText(total.cut_off_before_water))} ${fact('evacGap', this.#gap())}
      </dl>
      <p class="small">${say(summary.people_from === 'assumed' ? 'evacPeopleAssumed' : 'evacPeopleLinks')}</p>
      ${this.#classes()} ${this.#villages()}
      <h3>${say('evacShelters')}</h3>
      <ul class="shelters" aria-label=${say('evacShelters')}>
        ${summary.shelters.map((each) => shelter(each))}
      </ul>
      ${this.#goes()} ${this.#bridges()}
      ${
        assets.length
          ? html`<details>
              <summary>${say('evacAssets')}</summary>
              ${sheet(say('evacAssets'), [say('evacAssets'), say('evacCount'), say('evacSum'), say('evacFirst')], assets.filter(({ count }) => count).map(({ layer, count, sum, first_arrival_s }) => [
                layer,
                numberText(count),
                sum === undefined ? '' : numberText(sum),
                brief(this.begins_at, first_arrival_s),
              ]))}
            </details>`
          : nothing
      }
    `
  }

  /** First of all: who has nowhere to go. */
  #stuck() {
    const { unassigned } = this.summary
    const sum = (of: (each: (typeof unassigned)[number]) => number) => numberText(unassigned.reduce((found, each) => found + of(each), 0))
    if (!unassigned.length) return html`<section class="stuck none"><h3>✓ ${say('evacStuck')}${say('colon')}0</h3><p>${say('evacStuckNone')}</p></section>`
    const rows = [...unassigned].sort((a, b) => b.people - a.people)
    return html`<section class="stuck">
      <h3>! ${say('evacStuck')}</h3>
      <p>${say('evacStuckCount', { people: sum(({ people }) => people), addresses: sum(({ addresses }) => addresses) })}</p>
      ${sheet(say('evacStuck'), [say('evacWhere'), say('evacWhy'), say('evacPeople'), say('evacAddresses')], rows.map(({ name, village, told, people, addresses }) => [
        name ?? village,
        named(told),
        numberText(people),
        numberText(addresses),
      ]))}
    </section>`
  }

  #classes() {
    const { total, limits } = this.summary
    if (!total.hazard.length) return nothing
    const known = new Map(limits.classes.map((each) => [each.code, each]))
    return html`<h3>${say('evacClasses')}</h3>
      <ul class="classes" aria-label=${say('evacClasses')}>
        ${total.hazard.map(({ code, addresses }) => {
          const found = known.get(code)
          return html`<li>
            <svg class="dot" viewBox="0 0 14 14" aria-hidden="true"><circle cx="7" cy="7" r="6" fill=${found?.color ?? 'none'} stroke="#5f6d73"></circle></svg><b>${code}</b><span>${found ? named(found.title) : ''}</span
            ><span>${numberText(addresses)}</span>
          </li>`
        })}
      </ul>
      ${limits.verified ? nothing : html`<p class="small">${say('evacUnchecked', { source: limits.source })}</p>`}`
  }

  #villages() {
    const rows = [...this.summary.villages].sort((a, b) => (a.leave_by_s ?? Infinity) - (b.leave_by_s ?? Infinity))
    if (!rows.length) return nothing
    const head: readonly Message[] = ['evacWhere', 'evacPeople', 'evacAddresses', 'evacLeaveBy', 'evacFirst', 'evacDeepest']
    return html`<h3>${say('evacVillages')}</h3>
      ${sheet(say('evacVillages'), head.map((each) => say(each)), rows.map(({ id, name, people, addresses, leave_by_s, first_arrival_s, deepest_m }) => [
        name ?? id,
        numberText(people),
        numberText(addresses),
        brief(this.begins_at, leave_by_s),
        brief(this.begins_at, first_arrival_s),
        deepest_m === null ? '' : `${numberText(deepest_m)} m`,
      ]))}`
  }

  #goes() {
    const { assignments } = this.summary
    if (!assignments.length) return nothing
    const head: readonly Message[] = ['evacWhere', 'evacShelter', 'evacPeople', 'evacJourney']
    return html`<details>
      <summary>${say('evacGoes')}</summary>
      ${sheet(say('evacGoes'), head.map((each) => say(each)), assignments.map(({ name, village, shelter_name, shelter: id, people, journey_s }) => [
        name ?? village,
        shelter_name ?? id,
        numberText(people),
        journey_s === null ? '' : lengthText(journey_s),
      ]))}
    </details>`
  }

  #bridges() {
    const { bridges = [], unmarked_crossings: unmarked = [] } = this.summary
    if (!bridges.length && !unmarked.length) return nothing
    const head: readonly Message[] = ['evacBridges', 'evacLowChord', 'evacLevel', 'evacFate']
    const metres = (value: number | null) => (value === null ? '—' : numberText(value))
    const first = unmarked.slice(0, UNMARKED_SHOWN).join(say('comma')) + (unmarked.length > UNMARKED_SHOWN ? '…' : '')
    return html`<h3>${say('evacBridges')}</h3>
      ${
        bridges.length
          ? sheet(say('evacBridges'), head.map((each) => say(each)), bridges.map(({ road, name, low_chord_m, level_m, told }) => [
              name ?? road,
              metres(low_chord_m),
              metres(level_m),
              named(told),
            ]))
          : nothing
      }
      ${unmarked.length ? html`<p class="small">${say('evacUnmarked', { count: unmarked.length, roads: first })}</p>` : nothing}`
  }

  #gap(): string {
    const { optimality_gap_person_s: gap } = this.summary
    return gap === 0 ? say('evacBest') : say('evacGapWords', { value: numberText(gap) })
  }

  #instant(seconds: number): string {
    return this.begins_at === null ? lengthText(seconds) : `${readable(instantAt({ begins_at: this.begins_at }, seconds))}(${lengthText(seconds)})`
  }
}

function shelter({ id, name, capacity, assigned, unused }: Shelter) {
  return html`<li>
    <p><span>${name ?? id}</span><span>${numberText(assigned)} / ${capacity === null ? say('evacNoCapacity') : numberText(capacity)}</span></p>
    ${capacity ? html`<meter min="0" max=${capacity} value=${assigned} aria-label="${name ?? id} ${say('evacLoad')}"></meter>` : nothing}
    ${unused ? html`<p class="small">${say('evacUnused', { why: named(unused) })}</p>` : nothing}
  </li>`
}

customElements.define('evacuation-facts', EvacuationFacts)

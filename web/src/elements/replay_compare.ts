import { css, html, nothing, type TemplateResult } from 'lit'
import { readable } from '../clock'
import type { Known, Measured, Response } from '../flood_known'
import { named, say } from '../language'
import { numberText, unitOf } from '../measured'
import type { Message } from '../messages'
import '../messages/flood_replay'
import '../messages/monitoring'
import { colourStyle } from './colour_style'
import { partStyle } from './part_style'
import { sign } from './replay_axis'
import { sectionStyle } from './section_style'
import { Spoken } from './spoken'
import { theme } from './theme'

type Cell = TemplateResult | string

/** 当时所知与今日所知: the same instant side by side, with what differs marked. */
export class ReplayCompare extends Spoken {
  static override properties = {
    then: { attribute: false },
    now: { attribute: false },
    station: { attribute: false },
  }
  declare then: Known
  declare now: Known
  declare station: string

  static override styles = [
    theme,
    partStyle,
    sectionStyle,
    colourStyle,
    css`
      table {
        table-layout: fixed;
      }
      th:first-child {
        width: 24%;
      }
      th,
      td {
        padding: 4px 6px 4px 0;
        vertical-align: top;
        overflow-wrap: anywhere;
      }
      th small {
        display: block;
        font-weight: 400;
      }
      .differs td:last-child {
        background: var(--warn-soft);
      }
      em {
        display: block;
        font-style: normal;
        color: var(--warn);
      }
      td p {
        margin: 0 0 2px;
      }
    `,
  ]

  override render() {
    const { then, now, station } = this
    return html`
      <table>
        <caption class="unseen">${say('backBoth')}</caption>
        <thead>
          <tr>
            <th scope="col">${say('backWhat')}</th>
            <th scope="col">${say('backThen')}<small>${say('backAsof', { time: readable(then.asof) })}</small></th>
            <th scope="col">${say('backNow')}<small>${say('backAsof', { time: readable(now.asof) })}</small></th>
          </tr>
        </thead>
        <tbody>
          ${this.#values(station)} ${this.#row('backForecasts', forecasts)} ${this.#row('backWarnings', warnings)}
          ${this.#row('backResponses', responses)} ${this.#row('backRuns', runs)}
        </tbody>
      </table>
      ${then.more || now.more ? html`<p class="small">${say('backMore')}</p>` : nothing} ${this.#others()}
    `
  }

  #row(title: Message, of: (known: Known) => readonly string[] | null, words = of) {
    const [then, now] = [of(this.then), of(this.now)]
    return this.#line(say(title), cell(title, words(this.then), this.then), cell(title, words(this.now), this.now), then?.join() !== now?.join())
  }

  #line(title: string, then: Cell, now: Cell, differs: boolean) {
    return html`<tr class=${differs ? 'differs' : ''}>
      <th scope="row">${title}</th>
      <td>${then}</td>
      <td>${now}${differs ? html`<em>${say('backDiffers')}</em>` : nothing}</td>
    </tr>`
  }

  /** Every element of one station. */
  #values(station: string) {
    const [then, now] = [this.then, this.now].map(({ observations }) => observations?.find((each) => each.station === station))
    const elements = new Map([...(then?.values ?? []), ...(now?.values ?? [])].map((each) => [each.element, each]))
    if (!elements.size) {
      const none = this.now.observations ? say('backNone') : say('backWithheld')
      return this.#line(then?.name ?? now?.name ?? station, none, none, false)
    }
    return [...elements.values()].map(({ element, title, unit }) => {
      const cells = [valueIn(then, element), valueIn(now, element)]
      return this.#line(`${named(title)} (${unitOf(unit)})`, cells[0] ?? '', cells[1] ?? '', cells[0] !== cells[1])
    })
  }

  /** The first element of every other station that said something. */
  #others() {
    const { then, now } = this
    const before = new Map((then.observations ?? []).map((each) => [each.station, each]))
    const told = (now.observations ?? []).filter(({ station, values }) => station !== this.station && values.length)
    if (!told.length) return nothing
    return html`<details>
      <summary>${say('backOthers')} (${told.length})</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">${say('backStation')}</th>
            <th scope="col">${say('backThen')}</th>
            <th scope="col">${say('backNow')}</th>
          </tr>
        </thead>
        <tbody>
          ${told.map((each) => {
            const element = each.values[0]?.element ?? ''
            const cells = [valueIn(before.get(each.station), element), valueIn(each, element)]
            return this.#line(each.name, cells[0] ?? '', cells[1] ?? '', cells[0] !== cells[1])
          })}
        </tbody>
      </table>
    </details>`
  }
}

function valueIn(measured: Measured | undefined, element: string): string {
  const found = measured?.values.find((each) => each.element === element)
  if (!found) return say('backNone')
  const value = found.value === null ? say('stationNoValue') : `${numberText(found.value)} ${unitOf(found.unit)}`
  return `${value} · ${readable(found.time)}`
}

function forecasts({ forecasts: all }: Known): readonly string[] | null {
  return all?.map(({ grade, basis_at, lead_h, peak }) =>
    say('backForecastWords', { grade, time: readable(basis_at), hours: lead_h, peak: numberText(peak.median_m3_s) }),
  ) ?? null
}

/** With the colour first, as a word by itself. */
function warnings({ warnings: all }: Known): readonly string[] | null {
  return all?.map(({ colour, station, station_name }) => `${colour} ${station_name ?? station}`) ?? null
}

function responses({ responses: all }: Known): readonly string[] | null {
  return all?.map((each) => say('backResponseWords', { title: named(each.title), ...counted(each) })) ?? null
}

function runs({ runs: all }: Known): readonly string[] | null {
  return all ? (all.length ? [say('backRunCount', { count: all.length })] : []) : null
}

function counted({ messages, actions }: Response) {
  const items = [...messages, ...actions]
  const of = (state: string) => items.filter((each) => each.state === state).length
  return { done: of('confirmed'), late: of('overdue'), due: of('due') }
}

function cell(title: Message, words: readonly string[] | null, known: Known): Cell {
  if (!words) return say('backWithheld')
  if (!words.length) return say('backNone')
  if (title !== 'backWarnings') return html`${words.map((each) => html`<p>${each}</p>`)}`
  return html`${(known.warnings ?? []).map(
    ({ colour, station, station_name }) => html`<p>${sign(colour)} ${station_name ?? station}</p>`,
  )}`
}

customElements.define('replay-compare', ReplayCompare)

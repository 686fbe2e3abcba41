import { css, html, nothing, svg } from 'lit'
import { say } from '../language'
import { numberText } from '../measured'
import type { Message } from '../messages'
import '../messages/scenario'
import type { Course } from '../scenario_course'
import { numberOf, wrongWords, type Wrong } from '../scenario_typed'
import { scenarioStyle } from './scenario_style'
import { Spoken } from './spoken'
import { theme } from './theme'

const WIDTH = 100
const HEIGHT = 30

/** 过程: one number, or a small table of hours and values with its line. Fires `course`. */
export class CourseField extends Spoken {
  static override properties = {
    course: { attribute: false },
    heading: { attribute: false },
    hours: { attribute: false },
    fault: { attribute: false },
  }
  declare course: Course
  declare heading: Message
  /** How long the scenario lasts, as typed: a table that is begun covers it. */
  declare hours: string
  declare fault: Wrong | null

  constructor() {
    super()
    this.fault = null
    this.hours = ''
  }

  static override styles = [
    theme,
    scenarioStyle,
    css`
      :host {
        margin-top: 10px;
      }
      .head {
        display: flex;
        gap: 8px;
        align-items: center;
        justify-content: space-between;
      }
      .head .name {
        margin: 0;
      }
      table {
        width: 100%;
        border-collapse: collapse;
        font-size: 12px;
      }
      th {
        color: var(--ink-2);
        font-weight: 500;
        text-align: left;
      }
      td {
        padding: 2px 6px 2px 0;
      }
      td:last-child {
        width: 30px;
        padding: 0;
      }
      td input[type='text'] {
        padding: 2px 8px;
        font-size: 13px;
      }
      svg {
        display: block;
        width: 100%;
        height: 44px;
        margin: 6px 0 2px;
        border-radius: 6px;
        background: var(--paper);
      }
      .steady {
        margin-top: 4px;
      }
    `,
  ]

  override render() {
    const { course, heading } = this
    return html`<div class="head">
        <span class="name" id="name">${say(heading)}</span>
        <div class="kinds" role="group" aria-labelledby="name">
          <button aria-pressed=${course.steady} @click=${() => this.#change({ steady: true })}>${say('scenSteady')}</button>
          <button aria-pressed=${!course.steady} @click=${() => this.#tabled()}>${say('scenTable')}</button>
        </div>
      </div>
      ${course.steady ? this.#steady() : this.#table()}
      ${this.fault ? html`<p class="fault" id="fault">${wrongWords(this.fault)}</p>` : nothing}`
  }

  #steady() {
    return html`<input
      class="steady"
      type="text"
      inputmode="decimal"
      autocomplete="off"
      aria-labelledby="name"
      aria-invalid=${this.fault !== null}
      aria-describedby=${this.fault ? 'fault' : nothing}
      .value=${this.course.value}
      @input=${(event: Event) => this.#change({ value: (event.target as HTMLInputElement).value })}
    />`
  }

  #table() {
    const { rows } = this.course
    return html`<p class="small">${say('scenTableHow')}</p>
      ${this.#line()}
      <table @paste=${(event: ClipboardEvent) => this.#paste(event)}>
        <thead>
          <tr>
            <th scope="col">${say('scenHour')}</th>
            <th scope="col">${say(this.heading)}</th>
            <td></td>
          </tr>
        </thead>
        <tbody>
          ${rows.map((_, at) => html`<tr>${this.#cell(at, 0)}${this.#cell(at, 1)}<td>${this.#drop(at)}</td></tr>`)}
        </tbody>
      </table>
      <div class="line"><button @click=${() => this.#change({ rows: [...rows, ['', '']] })}>${say('scenMore')}</button></div>`
  }

  #cell(at: number, column: 0 | 1) {
    const what = say(column ? this.heading : 'scenHour')
    return html`<td>
      <input
        type="text"
        inputmode="decimal"
        autocomplete="off"
        data-at=${at}
        aria-label=${say('scenRow', { number: at + 1, what })}
        aria-invalid=${this.fault !== null && Boolean(this.course.rows[at]?.[column].trim()) && numberOf(this.course.rows[at]?.[column] ?? '') === null}
        .value=${this.course.rows[at]?.[column] ?? ''}
        @input=${(event: Event) => this.#write(at, column, (event.target as HTMLInputElement).value)}
      />
    </td>`
  }

  #drop(at: number) {
    if (this.course.rows.length < 2) return nothing
    return html`<button class="plain" aria-label=${say('scenDropRow', { number: at + 1 })} @click=${() => this.#change({ rows: this.course.rows.filter((_, place) => place !== at) })}>×</button>`
  }

  /** What is written, as a line. */
  #line() {
    const points = pointsOf(this.course)
    const [first, last] = [points[0], points.at(-1)]
    if (!first || !last || first[0] === last[0]) return nothing
    const values = points.map(([, value]) => value)
    const [low, high] = [Math.min(0, ...values), Math.max(...values)]
    const x = (hour: number) => (WIDTH * (hour - first[0])) / (last[0] - first[0])
    const y = (value: number) => HEIGHT - 2 - ((HEIGHT - 4) * (value - low)) / (high - low || 1)
    return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${courseWords(this.course)}>
      ${svg`<polyline points=${points.map(([hour, value]) => `${x(hour)},${y(value)}`).join(' ')} fill="none" stroke="#0b5c8a" stroke-width="2" vector-effect="non-scaling-stroke"></polyline>`}
    </svg>`
  }

  /** A table goes on from the number: the same from the beginning to the end. */
  #tabled(): void {
    const { rows, value } = this.course
    const begun = rows.some(([, each]) => each.trim())
    this.#change({ steady: false, ...(begun ? {} : { rows: [['0', value], [this.hours, value]] as const }) })
  }

  #write(at: number, column: 0 | 1, text: string): void {
    const rows = this.course.rows.map((row, place): readonly [string, string] => {
      if (place !== at) return row
      return column ? [row[0], text] : [text, row[1]]
    })
    this.#change({ rows })
  }

  /** Two columns of a spreadsheet take the place of the rows from here on. */
  #paste(event: ClipboardEvent): void {
    const lines = (event.clipboardData?.getData('text') ?? '').split(/\r?\n/).filter((line) => line.trim())
    const pasted = lines.map((line) => line.trim().split(/[\t,;\s]+/)).flatMap(([hour, value]): (readonly [string, string])[] => (hour && value ? [[hour, value]] : []))
    if (!pasted.length || pasted.length !== lines.length) return
    event.preventDefault()
    const at = Number((event.target as HTMLElement).dataset.at ?? 0)
    this.#change({ rows: [...this.course.rows.slice(0, at), ...pasted] })
  }

  #change(change: Partial<Course>): void {
    this.dispatchEvent(new CustomEvent<Course>('course', { detail: { ...this.course, ...change } }))
  }
}

function pointsOf({ rows }: Course): readonly (readonly [hour: number, value: number])[] {
  return rows.flatMap(([hour, value]) => {
    const [at, found] = [numberOf(hour), numberOf(value)]
    return at === null || found === null ? [] : [[at, found] as const]
  })
}

/** A course in few words. */
export function courseWords(course: Course): string {
  if (course.steady) return course.value
  const values = pointsOf(course).map(([, value]) => value)
  if (!values.length) return ''
  const told = { low: numberText(Math.min(...values)), high: numberText(Math.max(...values)), count: values.length }
  return say('scenCourseWords', told)
}

customElements.define('course-field', CourseField)

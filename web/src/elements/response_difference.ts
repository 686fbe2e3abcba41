import { css, html, nothing } from 'lit'
import { say } from '../language'
import type { Message } from '../messages'
import '../messages/response_plans'
import { FIELDS, HEAD } from '../response_fields'
import { SECTIONS, type Difference, type Item, type Section } from '../response_plans'
import { partStyle } from './part_style'
import { valueWords } from './response_words'
import { sheetStyle } from './sheet'
import { Spoken } from './spoken'
import { theme } from './theme'

const TITLES: Readonly<Record<Section, Message>> = {
  triggers: 'respTriggers',
  posts: 'respPosts',
  actions: 'respActions',
  messages: 'respMessages',
}
const NAMES: Readonly<Record<string, Message>> = {
  title: 'respTitleZh',
  text: 'respTextZh',
  all: 'respConditions',
  ...Object.fromEntries([...HEAD, ...Object.values(FIELDS).flat()].map(({ name, label }) => [name, label])),
}

/** Two versions side by side 版本对比: items added, removed, changed field by field. */
export class ResponseDifference extends Spoken {
  static override properties = { difference: { attribute: false } }
  declare difference: Difference

  static override styles = [
    theme,
    partStyle,
    sheetStyle,
    css`
      .sheet {
        max-width: 100%;
      }
      caption {
        padding: 6px 0 2px;
        font-size: 13px;
        font-weight: 600;
        text-align: left;
      }
      th,
      td {
        min-width: 64px;
        overflow-wrap: anywhere;
      }
      .old {
        background: var(--seal-soft);
      }
      .new {
        background: var(--accent-soft);
      }
      .mark {
        display: block;
        font-weight: 600;
      }
    `,
  ]

  override render() {
    const { difference } = this
    if (difference.same) return html`<p role="status">${say('respSame')}</p>`
    const { evacuation } = difference
    return html`<div class="sheet" tabindex="0" role="region" aria-label=${say('respDifference')}>
        ${Object.keys(difference.head).length ? this.#table('respHead', this.#fields('', difference.head)) : nothing}
        ${SECTIONS.map((each) => this.#section(each))}
      </div>
      ${
        evacuation.moved.length || evacuation.joined.length || evacuation.left.length
          ? html`<p class="small">${say('respPeople', { before: evacuation.people_before, after: evacuation.people_after, moved: evacuation.people_moved })}</p>`
          : nothing
      }`
  }

  #section(section: Section) {
    const { added, removed, changed } = this.difference[section]
    if (!added.length && !removed.length && !changed.length) return nothing
    return this.#table(TITLES[section], [
      ...changed.flatMap(({ id, fields }) => this.#fields(id, fields)),
      ...added.map((each) => this.#whole(each, 'respAdded')),
      ...removed.map((each) => this.#whole(each, 'respRemoved')),
    ])
  }

  #table(title: Message, rows: readonly unknown[]) {
    const { from, to } = this.difference
    return html`<table>
      <caption>
        ${say(title)}
      </caption>
      <thead>
        <tr>
          <th scope="col">${say('respItem')}</th>
          <th scope="col">${say('respFieldHead')}</th>
          <th scope="col">${say('respVersion', { version: from })}</th>
          <th scope="col">${say('respVersion', { version: to })}</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>`
  }

  #fields(id: string, fields: Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>) {
    return Object.entries(fields).map(
      ([name, { from, to }]) => html`<tr>
        <td>${id} <span class="mark">${say('respChanged')}</span></td>
        <td>${fieldName(name)}</td>
        <td class="old">${valueWords(from)}</td>
        <td class="new">${valueWords(to)}</td>
      </tr>`,
    )
  }

  #whole(item: Item, how: 'respAdded' | 'respRemoved') {
    const said = Object.entries(item)
      .filter(([name]) => name !== 'id')
      .map(([name, value]) => html`<div>${fieldName(name)}${say('colon')}${valueWords(value)}</div>`)
    return html`<tr>
      <td>${item.id} <span class="mark">${say(how)}</span></td>
      <td></td>
      <td class=${how === 'respRemoved' ? 'old' : nothing}>${how === 'respRemoved' ? said : '–'}</td>
      <td class=${how === 'respAdded' ? 'new' : nothing}>${how === 'respAdded' ? said : '–'}</td>
    </tr>`
  }
}

/** As the form calls it, without what is said of leaving it out. */
function fieldName(name: string): string {
  const message = NAMES[name]
  return message ? say(message).replace(/\s*[((].*[))]$/, '') : name
}

customElements.define('response-difference', ResponseDifference)

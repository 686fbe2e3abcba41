import { css, html, nothing } from 'lit'
import { named, say } from '../language'
import '../messages/response_plans'
import type { Content, Words } from '../response_plans'
import { partStyle } from './part_style'
import { channelName, conditionWords } from './response_words'
import { Spoken } from './spoken'
import { theme } from './theme'

/** What a version of a plan says 预案内容. */
export class ResponseContent extends Spoken {
  static override properties = { content: { attribute: false } }
  declare content: Content

  static override styles = [
    theme,
    partStyle,
    css`
      li {
        border-top: 1px solid var(--rule);
        padding: 4px 0;
        font-size: 13px;
        overflow-wrap: anywhere;
      }
      li:first-child {
        border-top: 0;
      }
      li b {
        font-weight: 600;
      }
      li p {
        color: var(--ink-2);
        font-size: 12px;
      }
      .text {
        color: var(--ink);
      }
    `,
  ]

  override render() {
    const { scope, basis, triggers, posts, actions, messages, evacuation } = this.content
    const post = (id: string) => words(posts.find((each) => each.id === id)?.title ?? { zh: id })
    return html`
      ${scope ? html`<p class="small">${scope}</p>` : nothing} ${basis ? html`<p class="small">${basis}</p>` : nothing}
      <h3>${say('respTriggers')}</h3>
      <ul>
        ${triggers.map(
          ({ id, title, all }) => html`<li>
            <b>${id}</b> ${words(title)}
            <p>${all.map(conditionWords).join(` ${say('respAnd')} `)}</p>
          </li>`,
        )}
      </ul>
      <h3>${say('respPosts')}</h3>
      <ul>
        ${posts.map(({ id, title, department }) => html`<li><b>${id}</b> ${words(title)} · ${department}</li>`)}
      </ul>
      <h3>${say('respActions')}</h3>
      <ul>
        ${actions.map(
          (each) => html`<li>
            <b>${each.id}</b> ${words(each.title)}
            <p>${post(each.post)} · ${say('respAfter', { minutes: each.due_min })}${each.detail ? ` · ${each.detail}` : ''}</p>
          </li>`,
        )}
      </ul>
      <h3>${say('respMessages')}</h3>
      <ul>
        ${messages.map(
          (each) => html`<li>
            <b>${each.id}</b> ${post(each.from)} → ${each.to}
            <p>${channelName(each.channel)} · ${say('respAfter', { minutes: each.due_min })}</p>
            <p class="text">${words(each.text)}</p>
          </li>`,
        )}
      </ul>
      ${
        evacuation
          ? html`<h3>${say('respEvacuation')}</h3>
              <p class="small">
                ${say('respEvacuated', {
                  people: evacuation.assignments.reduce((sum, { people }) => sum + people, 0),
                  units: evacuation.assignments.length,
                  job: evacuation.job,
                })}
              </p>`
          : nothing
      }
    `
  }
}

function words({ zh, en }: Words): string {
  return named({ zh, en: en ?? '' })
}

customElements.define('response-content', ResponseContent)

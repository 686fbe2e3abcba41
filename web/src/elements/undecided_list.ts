import { css, html } from 'lit'
import { readable } from '../clock'
import type { Undecided } from '../flood_warnings'
import { named, say } from '../language'
import '../messages/flood_warnings'

export const undecidedStyle = css`
  .undecided {
    margin-top: 8px;
    font-size: 13px;
  }
  .undecided + .undecided {
    border-top: 1px solid var(--rule);
    padding-top: 8px;
  }
  .undecided small {
    color: var(--ink-2);
  }
  .undecided ul {
    margin: 2px 0;
    padding-left: 16px;
    list-style: disc;
  }
`

/** What rules cannot say anything of 无法判定: by rule and what is lacking, with the stations of which that holds. */
export function undecidedList(undecided: readonly Undecided[], names: ReadonlyMap<string, string>) {
  const groups = new Map<string, Undecided[]>()
  for (const each of undecided) {
    const key = JSON.stringify([each.rule, each.missing])
    groups.set(key, [...(groups.get(key) ?? []), each])
  }
  return html`<ul aria-label=${say('warnUndecidedOnes')}>
    ${[...groups.values()].map((group) => undecidedGroup(group, names))}
  </ul>`
}

function undecidedGroup(group: readonly Undecided[], names: ReadonlyMap<string, string>) {
  const [first] = group
  if (!first) return null
  const stations = group.map(({ station }) => names.get(station) ?? station)
  const recorded = group.map(({ recorded_at }) => recorded_at).sort().at(-1) ?? ''
  return html`<li class="undecided">
    <p><b>? ${named(first.title)}</b> <small>${first.rule}</small></p>
    <p class="small" lang="zh-CN">${say('warnUndecidedAt', { count: stations.length, stations: stations.join(say('comma')) })}</p>
    <ul>
      ${first.missing.map((each) => html`<li class="small">${named(each)}</li>`)}
    </ul>
    <p class="small">${say('warnJudged', { time: readable(recorded) })}</p>
  </li>`
}

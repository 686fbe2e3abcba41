import { css, html, nothing, svg } from 'lit'
import { readable, toWallTime } from '../clock'
import { address } from '../config'
import type { Version } from '../feed'
import { say } from '../language'
import '../messages/card'
import type { Times } from '../model'
import { Spoken } from './spoken'
import { theme } from './theme'

const WIDTH = 100
const ROW_PX = 12

/** All that was ever believed of a feature, on a line of valid time. Fires `times` with a version's instants. */
export class VersionLine extends Spoken {
  static override properties = { versions: { attribute: false }, times: { attribute: false } }
  declare versions: readonly Version[]
  /** Where the page's clocks stand. */
  declare times: Times

  static override styles = [
    theme,
    css`
      :host {
        display: block;
      }
      h3 {
        margin: 16px 0 6px;
        font-size: 13px;
        font-weight: 600;
      }
      h3 .number,
      .about,
      .ends {
        color: var(--ink-3);
        font-size: 12px;
        font-weight: 400;
        font-variant-numeric: tabular-nums;
      }
      .line {
        display: block;
        width: 100%;
        border-bottom: 1px solid var(--rule-2);
        background: var(--paper);
      }
      .ends {
        display: flex;
        justify-content: space-between;
        margin-bottom: 10px;
      }
      .bar {
        fill: var(--ink-3);
        opacity: 0.45;
      }
      .bar.believed {
        fill: var(--accent);
        opacity: 1;
      }
      .bar.seen {
        fill: var(--seal);
        opacity: 1;
      }
      .now {
        stroke: var(--seal);
        stroke-width: 1;
        vector-effect: non-scaling-stroke;
      }
      .versions {
        border-left: 2px solid var(--rule);
        padding-left: 14px;
        margin-left: 4px;
      }
      li {
        position: relative;
        padding: 2px 0 10px;
        font-size: 13px;
        font-variant-numeric: tabular-nums;
      }
      li::before {
        content: '';
        position: absolute;
        top: 7px;
        left: -21px;
        width: 12px;
        height: 12px;
        box-sizing: border-box;
        border: 2px solid var(--ink-3);
        border-radius: 50%;
        background: var(--card);
      }
      .believed::before {
        border-color: var(--accent);
        background: var(--accent);
      }
      .seen::before {
        border-color: var(--seal);
        background: var(--seal);
      }
      button {
        padding: 0;
        border: 0;
        background: none;
        color: var(--accent);
        text-align: left;
        text-decoration: underline;
        text-underline-offset: 3px;
      }
      .seen button {
        color: var(--seal);
        font-weight: 600;
      }
    `,
  ]

  override render() {
    const latestFirst = [...this.versions].sort(
      (a, b) => b.recorded_from.localeCompare(a.recorded_from) || from(b).localeCompare(from(a)),
    )
    return html`
      <h3>${say('history')} <span class="number">${say('versionCount', { count: latestFirst.length })}</span></h3>
      ${this.#line(latestFirst)}
      <ol class="versions" aria-label=${say('history')}>
        ${latestFirst.map((version) => this.#version(version))}
      </ol>
    `
  }

  /** One bar a version, from where it was true to where it ended; who reads the list misses nothing. */
  #line(versions: readonly Version[]) {
    const begin = Math.min(...versions.map((each) => Date.parse(from(each))))
    const end = Math.max(Date.now(), ...versions.map((each) => Date.parse(to(each) ?? from(each))))
    const span = Math.max(1, end - begin)
    const x = (instant: number) => Math.min(WIDTH, Math.max(0, ((instant - begin) / span) * WIDTH))
    const height = versions.length * ROW_PX + 6
    const at = this.times.datetime ? Date.parse(`${this.times.datetime}+08:00`) : Date.now()
    return html`
      <svg
        class="line"
        height=${height}
        viewBox="0 0 ${WIDTH} ${height}"
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        ${versions.map((version, row) => {
          const left = x(Date.parse(from(version)))
          const right = x(Date.parse(to(version) ?? new Date(end).toISOString()))
          return svg`<rect class="bar ${this.#kind(version)}" x=${left} y=${row * ROW_PX + 5}
            width=${Math.max(0.8, right - left)} height="6" rx="1"></rect>`
        })}
        ${svg`<path class="now" d="M${x(at)} 0V${height}"></path>`}
      </svg>
      <p class="ends"><span>${readable(new Date(begin).toISOString()).slice(0, 10)}</span><span>${
        end - Date.now() > 60_000 ? readable(new Date(end).toISOString()).slice(0, 10) : say('today')
      }</span></p>
    `
  }

  #version(version: Version) {
    const ended = to(version)
    const kind = this.#kind(version)
    return html`
      <li class=${kind}>
        <button
          title=${say('seeThatTime')}
          aria-current=${kind.includes('seen') ? 'true' : nothing}
          @click=${() => this.dispatchEvent(new CustomEvent('times', { detail: timesOf(version) }))}
        >
          ${readable(from(version))} — ${ended ? readable(ended) : say('untilNow')}
        </button>
        <p lang="zh-CN">${version.reason}</p>
        <p class="about" lang="zh-CN">${version.author} · ${version.department}</p>
        <p class="about">
          ${say('recordedOn', { time: readable(version.recorded_from) })}${
            version.recorded_to
              ? `${say('comma')}${say('correctedOn', { time: readable(version.recorded_to) })}`
              : ''
          }
          · ${say('changeset')} ${changesetLink(version.opened_by)}
        </p>
      </li>
    `
  }

  #kind(version: Version): string {
    const believed = version.recorded_to === null ? 'believed' : ''
    return `${believed} ${isSeen(version, this.times) ? 'seen' : ''}`
  }
}

function from({ properties }: Version): string {
  return String(properties?.valid_from)
}

function to({ properties }: Version): string | null {
  return typeof properties?.valid_to === 'string' ? properties.valid_to : null
}

/** Whether this is the version that the map shows at these times. */
function isSeen(version: Version, { datetime, asof }: Times): boolean {
  const at = datetime ? Date.parse(`${datetime}+08:00`) : Date.now()
  const known = asof ? Date.parse(`${asof}+08:00`) : Date.now()
  const ended = to(version)
  return (
    Date.parse(from(version)) <= at &&
    (ended === null || Date.parse(ended) > at) &&
    Date.parse(version.recorded_from) <= known &&
    (version.recorded_to === null || Date.parse(version.recorded_to) > known)
  )
}

/** The clocks at which a version is what the map shows; a version that holds now needs none. */
function timesOf(version: Version): Times {
  const superseded = version.recorded_to !== null
  const began = from(version)
  return {
    datetime: to(version) === null && Date.parse(began) <= Date.now() ? null : toWallTime(began),
    // Wall times here stop at seconds: the next full one lies after the recording.
    asof: superseded ? toWallTime(nextSecond(version.recorded_from)) : null,
  }
}

function nextSecond(instant: string): string {
  return new Date(Math.floor(Date.parse(instant) / 1000) * 1000 + 1000).toISOString()
}

/** The changeset in the ledger, as a page. */
export function changesetLink(id: unknown) {
  if (typeof id !== 'number') return '—'
  return html`<a href=${address(`changesets/${id}`).href} target="_blank" rel="noopener">${id}</a>`
}

customElements.define('version-line', VersionLine)

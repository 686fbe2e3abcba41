import type { Feature } from 'geojson'
import { css, html, LitElement, nothing } from 'lit'
import { readable, toWallTime } from '../clock'
import { address } from '../config'
import type { Version } from '../feed'
import { codeOf, valueText } from '../format'
import type { Layer, Times } from '../model'
import { swatch, swatchStyles } from './swatch'
import { theme } from './theme'

/** What a card shows: one feature, or why there is none. */
export interface Shown {
  readonly layer: Layer
  readonly fid: string
  /** undefined: on its way; null: not there at these times. */
  readonly feature: Feature | null | undefined
  readonly versions: readonly Version[] | null
  readonly problem: string | null
}

/** One feature's attributes and history. Fires `close`, `step` (±1) and `times`. */
export class FeatureCard extends LitElement {
  static override properties = {
    shown: { attribute: false },
    place: { attribute: false },
    total: { attribute: false },
  }
  declare shown: Shown
  /** Place among the features under the click, from 1. */
  declare place: number
  declare total: number

  static override styles = [
    theme,
    swatchStyles,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 0;
      }
      header {
        display: flex;
        align-items: flex-start;
        gap: 8px;
        border-bottom: 1px solid var(--rule);
        padding: 14px 10px 12px 18px;
      }
      .kind {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0 7px;
        color: var(--ink-2);
        font-size: 12px;
      }
      .step {
        color: var(--ink-2);
        font-size: 12px;
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      h2 {
        margin-top: 3px;
        font: 600 20px/1.3 var(--serif);
        overflow-wrap: anywhere;
      }
      .name {
        flex: 1;
        min-width: 0;
      }
      .fid {
        color: var(--ink-3);
        font-size: 12px;
        font-variant-numeric: tabular-nums;
        overflow-wrap: anywhere;
      }
      .body {
        overflow-y: auto;
        padding: 4px 18px 16px;
      }
      dl {
        display: grid;
        grid-template-columns: minmax(6.5em, 36%) 1fr;
      }
      dt,
      dd {
        border-bottom: 1px solid var(--rule);
        padding: 6px 0;
      }
      dt {
        padding-right: 10px;
        color: var(--ink-2);
        line-height: 1.35;
      }
      dt .en {
        display: block;
      }
      dd {
        overflow-wrap: anywhere;
        font-variant-numeric: tabular-nums;
      }
      h3 {
        margin: 16px 0 6px;
        font-size: 13px;
        font-weight: 600;
      }
      .none {
        padding: 18px 0 6px;
        color: var(--ink-2);
      }
      .versions {
        border-left: 2px solid var(--rule);
        padding-left: 14px;
      }
      .versions li {
        position: relative;
        padding: 2px 0 8px;
        font-size: 13px;
        font-variant-numeric: tabular-nums;
      }
      .versions li::before {
        content: '';
        position: absolute;
        top: 8px;
        left: -20px;
        width: 10px;
        height: 10px;
        border: 2px solid var(--card);
        border-radius: 50%;
        background: var(--ink-3);
      }
      .versions .believed::before {
        background: var(--accent);
      }
      .versions button {
        padding: 0;
        border: 0;
        background: none;
        color: var(--accent);
        text-decoration: underline;
        text-underline-offset: 3px;
      }
      .about {
        color: var(--ink-3);
        font-size: 12px;
      }
    `,
  ]

  override render() {
    const { layer, fid, feature, problem } = this.shown
    const stamped = layer.synthetic && !layer.title.zh.includes('合成数据')
    return html`
      <header>
        <div class="name">
          <p class="kind">
            ${swatch(layer.legend)} ${layer.title.zh} <span class="en">${layer.title.en}</span>
            ${stamped ? html`<span class="seal">合成数据</span>` : nothing}
          </p>
          <h2 tabindex="-1">${this.#name()}</h2>
          <p class="fid">${fid}</p>
        </div>
        ${this.total > 1 ? this.#stepper() : nothing}
        <button class="plain" aria-label="关闭 close" @click=${() => this.#fire('close')}>✕</button>
      </header>
      <div class="body">
        ${problem ? html`<p class="none" role="alert">${problem}</p>` : nothing}
        ${feature === undefined && !problem ? html`<p class="none">正在读取 <span class="en">Loading</span></p>` : nothing}
        ${feature === null ? this.#absent() : nothing} ${feature ? this.#attributes(feature) : nothing}
        ${this.#history()}
      </div>
    `
  }

  /** Puts the keyboard's focus on the card's heading. */
  focusHeading(): void {
    this.renderRoot.querySelector<HTMLElement>('h2')?.focus({ preventScroll: true })
  }

  #name(): string {
    const { layer, fid, feature } = this.shown
    const label = layer.legend.label ?? layer.fields.find((each) => each.name === 'name')?.name
    const value: unknown = label && feature?.properties?.[label]
    return typeof value === 'string' && value ? value : fid
  }

  #stepper() {
    return html`
      <span class="step">
        <button class="plain" aria-label="上一个要素 previous feature" @click=${() => this.#step(-1)}>‹</button>
        ${this.place}/${this.total}
        <button class="plain" aria-label="下一个要素 next feature" @click=${() => this.#step(1)}>›</button>
      </span>
    `
  }

  #absent() {
    return html`<p class="none">
      在所选时间没有此要素。<br /><span class="en">This feature does not exist at the chosen times.</span>
    </p>`
  }

  #attributes(feature: Feature) {
    const { layer } = this.shown
    const values = feature.properties ?? {}
    const from: unknown = values.valid_from
    const to: unknown = values.valid_to
    return html`
      <dl>
        ${layer.fields.map((field) => {
          const code = codeOf(field, values[field.name])
          return html`
            <dt>${field.title.zh} <span class="en">${field.title.en}</span></dt>
            <dd>
              ${valueText(field, values[field.name])}
              ${code ? html` <span class="en">${code}</span>` : nothing}
            </dd>
          `
        })}
        <dt>有效期 <span class="en">Valid</span></dt>
        <dd>
          ${typeof from === 'string' ? readable(from) : '—'} 起<br />
          ${typeof to === 'string' ? html`${readable(to)} 止` : html`<span class="en">至今 until now</span>`}
        </dd>
        <dt>变更集 <span class="en">Changeset</span></dt>
        <dd>${changesetLink(values.changeset)}</dd>
      </dl>
    `
  }

  #history() {
    const { versions } = this.shown
    if (!versions?.length) return nothing
    return html`
      <h3>历史 <span class="en">History · ${versions.length}</span></h3>
      <ol class="versions">
        ${versions.map((version) => this.#version(version))}
      </ol>
    `
  }

  #version(version: Version) {
    const { from, to } = validity(version)
    return html`
      <li class=${version.recorded_to === null ? 'believed' : ''}>
        <button
          title="看当时的图 see the map of that time"
          @click=${() => this.#fire('times', timesOf(version))}
        >
          ${readable(from)} — ${to ? readable(to) : '今'}
        </button>
        <p>${version.reason} <span class="about">${version.author},${version.department}</span></p>
        <p class="about">
          ${readable(version.recorded_from)} 入库${
            version.recorded_to ? `,${readable(version.recorded_to)} 被更正` : ''
          }
          · 变更集 ${changesetLink(version.opened_by)}
        </p>
      </li>
    `
  }

  #step(by: 1 | -1): void {
    this.#fire('step', by)
  }

  #fire(name: string, detail: unknown = null): void {
    this.dispatchEvent(new CustomEvent(name, { detail }))
  }
}

function validity(version: Version): { from: string; to: string | null } {
  const { valid_from, valid_to } = version.properties ?? {}
  return { from: String(valid_from), to: typeof valid_to === 'string' ? valid_to : null }
}

/** The clocks at which a version is what the map shows; a version that holds now needs none. */
function timesOf(version: Version): Times {
  const { from, to } = validity(version)
  const superseded = version.recorded_to !== null
  return {
    datetime: to === null && Date.parse(from) <= Date.now() ? null : toWallTime(from),
    // Wall times here stop at seconds: the next full one lies after the recording.
    asof: superseded ? toWallTime(nextSecond(version.recorded_from)) : null,
  }
}

function nextSecond(instant: string): string {
  return new Date(Math.floor(Date.parse(instant) / 1000) * 1000 + 1000).toISOString()
}

function changesetLink(id: unknown) {
  if (typeof id !== 'number') return '—'
  return html`<a href=${address(`changesets/${id}`).href} target="_blank" rel="noopener">${id}</a>`
}

customElements.define('feature-card', FeatureCard)

import { css, html, nothing, type PropertyValues } from 'lit'
import { readable } from '../clock'
import { ServerProblem } from '../config'
import { lessOf, pastValues, type Board, type Compared, type Definition, type Past, type Value } from '../indicators'
import { language, named, say } from '../language'
import type { Message } from '../messages'
import '../messages/indicators'
import type { Layer } from '../model'
import { decimalText } from '../quantities'
import { levelName, levelSign, levelStyle } from './level_sign'
import { partStyle } from './part_style'
import { sheetStyle } from './sheet'
import { Spoken } from './spoken'
import { theme } from './theme'

const DIRECTIONS: Readonly<Record<Definition['direction'], readonly [sign: string, words: Message]>> = {
  more: ['↑', 'boardMore'],
  less: ['↓', 'boardLess'],
  within: ['↔', 'boardWithin'],
}
const VERDICTS: Readonly<Record<Compared['verdict'], readonly [sign: string, words: Message]>> = {
  一致: ['✓', 'boardAgrees'],
  不一致: ['✕', 'boardDiffers'],
  无法判定: ['?', 'boardUndecided'],
}

/** The values of a board, beside those of a second date; on demand what each rests on and its history. */
export class IndicatorList extends Spoken {
  static override properties = {
    now: { attribute: false },
    then: { attribute: false },
    definitions: { attribute: false },
    layers: { attribute: false },
    stale: { attribute: false },
    opened: { state: true },
    past: { state: true },
    problem: { state: true },
  }
  declare now: Board
  declare then: Board | null
  declare definitions: readonly Definition[]
  declare layers: readonly Layer[]
  declare stale: boolean
  declare opened: string | null
  /** Kept values of the opened indicator; null while they are read. */
  declare past: readonly Past[] | null
  declare problem: string | null
  #abort = new AbortController()

  constructor() {
    super()
    this.then = null
    this.definitions = []
    this.layers = []
    this.stale = false
    this.opened = null
    this.past = null
    this.problem = null
  }

  static override styles = [
    theme,
    partStyle,
    sheetStyle,
    levelStyle,
    css`
      :host {
        margin-top: 16px;
        border-top: 1px solid var(--rule);
        padding-top: 12px;
      }
      .of {
        font-size: 14px;
        font-weight: 600;
      }
      .value {
        font-size: 15px;
        font-weight: 600;
        text-align: right;
        white-space: nowrap;
      }
      .value small {
        color: var(--ink-2);
        font-size: 12px;
        font-weight: 400;
      }
      .lacking {
        border: 1px dashed #5b3fa0;
        border-radius: 5px;
        background: #f7f4fc;
        padding: 0 7px;
        color: #5b3fa0;
        font-size: 13px;
      }
      .marks {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 10px;
        align-items: center;
        grid-column: 1 / -1;
        color: var(--ink-2);
        font-size: 12px;
        font-weight: 400;
      }
      .change {
        font-weight: 600;
      }
      .parts {
        overflow-wrap: anywhere;
      }
    `,
  ]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('now')) this.opened = null
  }

  override render() {
    const { now, then } = this
    const region = now.region.id === 'city' ? say('boardCity') : now.region.title
    return html`
      ${this.stale ? html`<p class="warn" role="alert">${say('boardStale')}</p>` : nothing}
      <p class="of">${say('boardOn', { region, time: readable(now.datetime) })}</p>
      ${now.declared.length ? this.#declared() : nothing}
      <ul>
        ${now.values.map((value) => this.#row(value, then?.values.find(({ code }) => code === value.code)))}
      </ul>
    `
  }

  #row(value: Value, before: Value | undefined) {
    const open = this.opened === value.code
    const [sign, words] = DIRECTIONS[value.direction]
    return html`<li class="row" data-code=${value.code}>
      <button id="value-${value.code}" aria-expanded=${open} @click=${() => this.#open(open ? null : value)}>
        <span class="what">
          <span>${titleOf(value)} <small>${value.code}</small></span>
          ${figure(value)}
          <span class="marks">
            <span><span aria-hidden="true">${sign}</span> ${say(words)}</span>
            ${value.binding ? html`<span>${say('boardBinding')}</span>` : nothing}
            ${value.verified ? nothing : html`<span class="seal">${say('boardUnverified')}</span>`}
            ${value.level ? levelSign(value.level) : nothing}
            ${value.no_data ? html`<span>${named(value.no_data)}</span>` : nothing}
            ${before ? this.#beside(value, before) : nothing}
          </span>
        </span>
      </button>
      ${open ? this.#grounds(value) : nothing}
    </li>`
  }

  /** The value of the second date, and what changed between the two. */
  #beside(value: Value, before: Value) {
    const time = this.then ? readable(this.then.datetime) : ''
    const shown = before.value === null ? say('boardNoData') : `${decimalText(before.value)} ${before.unit}`
    return html`<span>${say('boardThen', { time, value: shown })}</span> ${change(value, before)}`
  }

  #grounds(value: Value) {
    const definition = this.definitions.find(({ code }) => code === value.code)
    const states = value.inputs.layers ?? []
    return html`<div class="body">
      <dl>
        <dt>${say('boardStandard')}</dt>
        <dd lang="zh-CN">${value.standard} ${value.clause}</dd>
        <dt>${say('boardFormula')}</dt>
        <dd class="digest">${value.formula}</dd>
        <dt>${say('boardThresholds')}</dt>
        <dd>
          ${
            definition?.thresholds.length
              ? definition.thresholds.map(
                  ({ level, value: at }) => html`<span class="threshold">${levelName(level)} ${decimalText(at)} ${value.unit}</span> `,
                )
              : say('boardNoThresholds')
          }
        </dd>
        ${
          value.exact === null
            ? nothing
            : html`<dt>${say('boardExact')}</dt>
                <dd>${decimalText(value.exact)} ${value.unit}</dd>`
        }
        ${Object.entries(value.parts).map(
          ([name, part]) => html`<dt>${say('boardParts')}</dt>
            <dd class="parts"><span class="digest">${name}</span> = ${part === null ? say('boardNoData') : decimalText(part)}</dd>`,
        )}
        <dt>${say('boardInputs')}</dt>
        <dd>
          ${states.map(
            ({ layer, changeset, chain_hash: hash }) => html`<div>
              ${say('boardChangeset', { layer: this.#layer(layer), changeset })}
              <span class="digest">${hash}</span>
            </div>`,
          )}
        </dd>
        <dt>${say('boardDefinition')}</dt>
        <dd class="digest">${value.inputs.definition_sha256}</dd>
        <dt>${say('boardDigest')}</dt>
        <dd class="digest">${value.inputs_sha256}</dd>
      </dl>
      <p class="name">${say('boardHistory')}</p>
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : this.#past()}
    </div>`
  }

  #past() {
    if (this.past === null) return html`<p class="small" role="status">${say('reading')}</p>`
    if (!this.past.length) return html`<p class="small">${say('boardNoHistory')}</p>`
    return html`<table>
      ${this.past.map(
        ({ datetime, value, unit, no_data: lacking, same_definition: same }) => html`<tr>
          <th scope="row">${readable(datetime)}</th>
          <td class="number">
            ${value === null ? html`<span class="lacking">${say('boardNoData')}</span>` : `${decimalText(value)} ${unit}`}
          </td>
          <td>${lacking ? named(lacking) : nothing} ${same ? nothing : say('boardOtherDefinition')}</td>
        </tr>`,
      )}
    </table>`
  }

  #declared() {
    return html`<h3>${say('boardCompared')}</h3>
      <div class="sheet" tabindex="0" role="region" aria-label=${say('boardCompared')}>
        <table class="declared">
          <thead>
            <tr>
              <th scope="col">${say('boardVerdict')}</th>
              <th scope="col" class="number">${say('boardDeclaredValue')}</th>
              <th scope="col" class="number">${say('boardRecomputed')}</th>
              <th scope="col" class="number">${say('boardDifference')}</th>
            </tr>
          </thead>
          <tbody>
            ${this.now.declared.map((each) => {
              const [sign, words] = VERDICTS[each.verdict]
              return html`<tr>
                <th scope="row">
                  <span aria-hidden="true">${sign}</span> ${each.code} ${say(words)}
                  ${each.verdict === '无法判定' ? html`<br /><small>${language() === 'zh' ? each.reason_zh : each.reason_en}</small>` : nothing}
                </th>
                <td class="number">${decimalText(each.declared)}</td>
                <td class="number">${each.recomputed === null ? say('boardNoData') : decimalText(each.recomputed)}</td>
                <td class="number">${each.difference === null ? '–' : decimalText(each.difference)}</td>
              </tr>`
            })}
          </tbody>
        </table>
      </div>`
  }

  #layer(id: string): string {
    const layer = this.layers.find((each) => each.id === id)
    return layer ? named(layer.title) : id
  }

  #open(value: Value | null): void {
    this.opened = value?.code ?? null
    this.past = null
    this.problem = null
    if (value) void this.#history(value.code)
  }

  /** Kept values of regions that have a name; a drawn one has none. */
  async #history(code: string): Promise<void> {
    const region = this.now.region.id.split('/').at(-1) ?? ''
    if (region === 'polygon') {
      this.past = []
      return
    }
    this.#abort.abort()
    this.#abort = new AbortController()
    const { signal } = this.#abort
    try {
      const past = await pastValues(code, region, signal)
      if (this.opened === code) this.past = past
    } catch (cause) {
      if (signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    }
  }
}

function titleOf(value: Value): string {
  const text = language() === 'zh' ? value.title_zh : value.title_en
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** A value with its unit; no data are told as such, never as 0. */
function figure({ value, unit }: Value) {
  return value === null
    ? html`<span class="value"><span class="lacking">${say('boardNoData')}</span></span>`
    : html`<span class="value">${decimalText(value)} <small>${unit}</small></span>`
}

/** What changed since the second date, and whether for the better. */
function change(value: Value, before: Value) {
  if (value.value === null || before.value === null) return nothing
  const difference = lessOf(before.value, value.value)
  const up = !difference.startsWith('-')
  const same = !/[1-9]/.test(difference)
  const better = same || value.direction === 'within' ? null : up === (value.direction === 'more')
  const shown = same ? say('boardSame') : say('boardChange', { change: `${up ? '+' : ''}${decimalText(difference)}` })
  return html`<span class="change">${shown}${better === null ? nothing : html` (${say(better ? 'boardBetter' : 'boardWorse')})`}</span>`
}

customElements.define('indicator-list', IndicatorList)

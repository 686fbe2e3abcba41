import { css, html, nothing } from 'lit'
import { called, isCoarse, standing, within, type Answer, type Candidate, type Part } from '../addresses'
import { named, say } from '../language'
import { POINT_LEVELS } from '../messages/address'
import '../messages/address'
import type { Config } from '../model'
import { rowStyle } from './row_style'
import { Spoken } from './spoken'
import { theme } from './theme'

/** What a text says, element by element, and the places it may mean. Fires `choose` with the id of one. */
export class AddressAnswer extends Spoken {
  static override properties = {
    config: { attribute: false },
    text: { attribute: false },
    answer: { attribute: false },
    chosen: { attribute: false },
  }
  declare config: Config
  declare text: string
  declare answer: Answer
  /** Id of the place that is shown. */
  declare chosen: string | null

  static override styles = [
    theme,
    rowStyle,
    css`
      :host {
        display: block;
        border-bottom: 1px solid var(--rule);
        padding: 10px 16px 12px;
      }
      .asked {
        font-weight: 600;
        overflow-wrap: anywhere;
      }
      .chips {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
        margin: 8px 0;
      }
      .chips li {
        border: 1px solid var(--accent);
        border-radius: 8px;
        background: var(--accent-soft);
        padding: 2px 8px 3px;
        line-height: 1.3;
      }
      .chips .of {
        display: block;
        color: var(--ink-2);
        font-size: 11px;
      }
      .chips .inferred {
        border: 1px dashed var(--ink-3);
        background: none;
        color: var(--ink-2);
      }
      .chips .missing {
        border-color: var(--warn);
        background: var(--warn-soft);
        color: var(--warn);
      }
      .chips .conflict {
        border-color: var(--seal);
        background: var(--seal-soft);
        color: var(--seal);
      }
      .chips .missing .of,
      .chips .conflict .of {
        color: inherit;
      }
      .conflicts {
        margin: 6px 0;
        color: var(--seal);
        font-size: 13px;
      }
      .note {
        color: var(--ink-2);
        font-size: 12px;
      }
      .coarser {
        margin-top: 4px;
        color: var(--warn);
        font-size: 13px;
      }
      h3 {
        margin: 10px 0 4px;
        color: var(--ink-2);
        font-size: 12px;
        font-weight: 400;
      }
      .rows {
        margin: 0 -8px;
      }
      .rows button {
        align-items: baseline;
      }
      .rows .where {
        display: block;
        color: var(--ink-3);
        font-size: 12px;
        font-weight: 400;
      }
      .rows .of {
        flex: none;
        max-width: none;
        white-space: nowrap;
      }
    `,
  ]

  override render() {
    const { parsed, candidates } = this.answer
    const conflicts = new Set([...parsed.conflicts, ...(candidates[0]?.properties.conflicts ?? [])].map(named))
    const shown = candidates.find(({ properties: { id } }) => id === this.chosen)
    return html`
      <p class="asked" lang="zh-CN">${this.text}</p>
      <ul class="chips" aria-label=${say('addressRead')}>
        ${parsed.parts.map((part) => this.#chip(part))}
      </ul>
      ${[...conflicts].map((words) => html`<p class="conflicts" role="alert">${words}</p>`)}
      ${parsed.notes.length ? html`<p class="note">${say('left', { notes: parsed.notes.join(say('comma')) })}</p>` : nothing}
      <p class="note">${say('readToday')}</p>
      ${shown ? this.#coarser(shown) : nothing}
      ${candidates.length ? this.#candidates(candidates) : html`<p class="conflicts" role="alert">${say('noSuchAddress')}</p>`}
    `
  }

  #chip(part: Part) {
    const stands = standing(part, this.answer)
    const { fields } = this.config.layers.find(({ id }) => id === 'components') ?? { fields: [] }
    const codes = fields.find(({ name }) => name === 'element')?.codes ?? []
    const element = codes.find(({ value }) => value === String(part.rank))
    const words = [element && named(element.title), stands === 'found' ? null : say(stands)]
    return html`<li class=${stands}>
      <span class="of">${words.filter(Boolean).join(' · ')}</span>
      <span lang="zh-CN">${part.name}</span>
    </li>`
  }

  #coarser(shown: Candidate) {
    const { point_level, accuracy_m } = shown.properties
    if (!shown.geometry) return html`<p class="coarser">${say('noPosition')}</p>`
    if (!isCoarse(shown, this.answer)) return nothing
    const level = named(POINT_LEVELS[point_level] ?? { zh: '', en: '' })
    return html`<p class="coarser">
      ${accuracy_m === null ? say('coarserOnly', { level }) : say('coarser', { level, metres: Math.round(accuracy_m) })}
    </p>`
  }

  #candidates(candidates: readonly Candidate[]) {
    const title = say('candidates', { count: candidates.length })
    return html`
      <h3>${title}</h3>
      <ul class="rows" aria-label=${title}>
        ${candidates.map((each) => this.#candidate(each))}
      </ul>
    `
  }

  #candidate(candidate: Candidate) {
    const { id, confidence, decision, current } = candidate.properties
    return html`<li>
      <button
        aria-current=${id === this.chosen ? 'true' : nothing}
        @click=${() => this.dispatchEvent(new CustomEvent('choose', { detail: id }))}
      >
        <span lang="zh-CN">
          ${called(candidate)}${current ? nothing : html` <span class="en">${say('noLonger')}</span>`}
          <span class="where">${within(candidate)}</span>
        </span>
        <span class="of">
          ${say('confidence', { percent: confidence < 0.01 ? '<1' : Math.round(confidence * 100) })}<br />${say(decision)}
        </span>
      </button>
    </li>`
  }
}

customElements.define('address-answer', AddressAnswer)

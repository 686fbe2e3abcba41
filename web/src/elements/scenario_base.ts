import { css, html, nothing } from 'lit'
import { lengthText } from '../flood_runs'
import { say } from '../language'
import type { Message } from '../messages'
import '../messages/scenario'
import { changesOf, draftOf, KINDS, type Draft, type Item } from '../scenario'
import type { Inputs, Wrong } from '../scenario_typed'
import { courseWords } from './course_field'
import { groundWords } from './scenario_ground'
import { itemWords } from './scenario_items'
import { scenarioStyle } from './scenario_style'
import { Spoken } from './spoken'
import { theme } from './theme'
import { typedField } from './typed_field'

/** A line of what is different: what, as it was, as it is. */
interface Line {
  readonly what: string
  readonly before: string
  readonly after: string
}

/** 底版: the kept run that the scenario began from, how it is run, and what differs from it. Fires `draft` with a change. */
export class ScenarioBase extends Spoken {
  static override properties = { draft: { attribute: false }, inputs: { attribute: false }, fault: { attribute: false } }
  declare draft: Draft
  declare inputs: Inputs
  /** Of how much later releases come. */
  declare fault: Wrong | null

  constructor() {
    super()
    this.fault = null
  }

  static override styles = [
    theme,
    scenarioStyle,
    css`
      :host {
        margin: 4px 0 12px;
        border: 1px solid var(--rule-2);
        border-radius: 10px;
        background: var(--paper);
        padding: 10px 14px 12px;
      }
      .kinds {
        margin-top: 6px;
      }
      dl {
        grid-template-columns: 1fr;
        gap: 0;
        font-size: 13px;
      }
      dt {
        margin-top: 4px;
      }
      del {
        color: var(--ink-2);
      }
      ins {
        text-decoration: none;
        font-weight: 600;
      }
    `,
  ]

  override render() {
    const { base, replay, later } = this.draft
    if (!base) return nothing
    return html`
      <strong>${say('scenBase', { title: base.title })}</strong>
      <div class="kinds" role="group" aria-label=${say('scenWay')}>
        <button aria-pressed=${replay} @click=${() => this.#fire({ replay: true })}>${say('scenReplay')}</button>
        <button aria-pressed=${!replay} @click=${() => this.#fire({ replay: false })}>${say('scenNew')}</button>
      </div>
      ${
        replay
          ? html`<p class="small">${say('scenReplayHow')}</p>
              ${typedField({ id: 'later', title: 'scenLater', value: later, fault: this.fault, mode: 'decimal' }, (text) => this.#fire({ later: text }))}`
          : nothing
      }
      ${this.#changes(base.inputs)}
    `
  }

  #changes(before: Inputs) {
    const lines = linesOf(before, this.inputs)
    return html`<h3>${say('scenChanges')}</h3>
      ${lines.length ? nothing : html`<p class="small">${say('scenNoChange')}</p>`}
      <dl>
        ${lines.map(({ what, before: was, after: is }) => html`<dt>${what}</dt><dd><del>${was}</del> → <ins>${is}</ins></dd>`)}
      </dl>`
  }

  #fire(change: Partial<Draft>): void {
    this.dispatchEvent(new CustomEvent<Partial<Draft>>('draft', { detail: change }))
  }
}

/** What differs of two scenarios, item by item. */
function linesOf(was: Inputs, is: Inputs): readonly Line[] {
  const changed = changesOf(was, is)
  const [before, after] = [draftOf(was), draftOf(is)]
  const none = say('scenLeftOut')
  const plain: readonly (readonly [name: string, title: Message, told: (draft: Draft) => string])[] = [
    ['title', 'scenTitle', ({ title }) => title],
    ['duration_s', 'scenHours', ({ hours }) => lengthText(Number(hours) * 3600)],
    ['river_depth_m', 'scenDepth', ({ depth }) => depth],
    ['rain_mm_h', 'scenRainMm', ({ rain }) => (rain ? courseWords(rain) : '')],
    ['tide_m', 'scenTideM', ({ tide }) => (tide ? courseWords(tide) : '')],
    ['roughness', 'scenRoughness', ({ ground }) => groundWords(ground).roughness],
    ['infiltration', 'scenLoss', ({ ground }) => groundWords(ground).infiltration],
    ['scheme', 'scenScheme', ({ ground }) => groundWords(ground).scheme],
  ]
  const lines: Line[] = plain.flatMap(([name, title, told]): Line[] => (name in changed ? [{ what: say(title), before: told(before) || none, after: told(after) || none }] : []))
  const named = (items: readonly Item[], id: string) => items.find((each) => each.id === id)
  const ids = KINDS.filter((kind) => kind in changed).flatMap((kind) => [
    ...new Set([...before.items, ...after.items].filter((each) => each.kind === kind).map(({ id }) => id)),
  ])
  for (const id of ids) {
    const [old, now] = [named(before.items, id), named(after.items, id)]
    if (JSON.stringify(old) === JSON.stringify(now)) continue
    const words = [old ? itemWords(old) : say('scenAdded'), now ? itemWords(now) : say('scenRemoved')] as const
    lines.push({ what: id, before: words[0], after: words[0] === words[1] ? say('scenAltered') : words[1] })
  }
  return lines
}

customElements.define('scenario-base', ScenarioBase)

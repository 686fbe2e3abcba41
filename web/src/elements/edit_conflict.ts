import { css, html, nothing, svg } from 'lit'
import { contrasted, CONTRAST, STROKES, type Part } from '../contrast'
import { resolved, rowsOf, proposed, type Choice, type Chosen, type Row } from '../edit_merge'
import type { Draft, Held } from '../draft'
import { faultOf, valueOf, type EditField } from '../edit_fields'
import { valueText } from '../format'
import { named, say } from '../language'
import '../messages/editing'
import type { Stage } from '../stage'
import { inputOf } from './edit_control'
import { editStyle } from './edit_style'
import { Spoken } from './spoken'
import { theme } from './theme'

const SIDES = { mine: 'sideMine', theirs: 'sideTheirs', both: 'sideBoth' } as const

/** Base, mine and theirs, field by field and on the map. Fires `resolve` with the draft that comes of the choices. */
export class EditConflict extends Spoken {
  static override properties = {
    draft: { attribute: false },
    theirs: { attribute: false },
    fields: { attribute: false },
    stage: { attribute: false },
    chosen: { state: true },
    wanting: { state: true },
  }
  declare draft: Draft
  declare theirs: Held
  declare fields: readonly EditField[]
  declare stage: Stage | null
  declare chosen: ReadonlyMap<string, Chosen>
  /** Fields that were not chosen when the choice was to be taken. */
  declare wanting: readonly string[]

  constructor() {
    super()
    this.chosen = new Map()
    this.wanting = []
  }

  static override styles = [
    theme,
    editStyle,
    css`
      .row {
        margin-top: 12px;
        border: 1px solid var(--rule-2);
        border-radius: 10px;
        padding: 8px 12px 10px;
      }
      .row.both {
        border-color: var(--seal);
      }
      .row legend {
        padding: 0 4px;
        color: var(--ink);
        font-weight: 600;
      }
      .side {
        margin-left: 6px;
        color: var(--ink-2);
        font-size: 12px;
        font-weight: 400;
      }
      .both .side {
        color: var(--seal);
      }
      .of-base {
        color: var(--ink-2);
        font-size: 13px;
      }
      .value {
        overflow-wrap: anywhere;
      }
      .who {
        flex: none;
        min-width: 3.5em;
        color: var(--ink-2);
        font-size: 13px;
      }
      .key {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 16px;
        margin-top: 8px;
        font-size: 12px;
      }
      .key span {
        display: flex;
        align-items: center;
        gap: 6px;
      }
    `,
  ]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.stage?.lay(CONTRAST, [])
  }

  override willUpdate(changed: Map<string, unknown>): void {
    // A third version is another question.
    if (changed.has('theirs')) this.chosen = new Map()
  }

  override updated(): void {
    const drawn = this.#rows().some((row) => !row.field && row.side !== 'same')
    const base = this.draft.base?.feature.geometry ?? null
    const mine = this.draft.reshaped ? this.draft.geometry : null
    const theirs = this.theirs.feature.geometry ?? null
    this.stage?.lay(CONTRAST, contrasted(drawn ? { base, theirs, mine } : {}))
  }

  override render() {
    const rows = this.#rows()
    const differing = rows.filter(({ side }) => side !== 'same')
    return html`
      ${differing.map((row) => this.#row(row))}
      <p class="hint">${say('sideSame', { count: rows.length - differing.length })}</p>
      ${
        this.wanting.length
          ? html`<p class="told bad" role="alert">${say('editUnchosen', { count: this.wanting.length })}</p>`
          : nothing
      }
      <div class="actions">
        <button class="do" @click=${() => this.#resolve()}>${say(this.draft.action === 'remove' ? 'editStillRemove' : 'editMerge')}</button>
      </div>
    `
  }

  #rows(): readonly Row[] {
    return rowsOf(this.draft, this.theirs, this.fields)
  }

  #row(row: Row) {
    const { field, side, name } = row
    if (side === 'same') return nothing
    const title = field ? named(field.title) : say('editGeometry')
    if (this.draft.action === 'remove') return this.#told(row, title)
    const choice = this.chosen.get(name)?.choice ?? proposed(row)
    return html`
      <fieldset class="row ${side}" id="row-${name}">
        <legend>${title}<span class="side">${say(SIDES[side])}</span></legend>
        ${field ? html`<p class="of-base">${say('editBase')} ${this.#value(field, row.base)}</p>` : key()}
        ${this.#option(row, 'theirs', choice, field ? this.#value(field, row.theirs) : say('editOnMap'))}
        ${this.#option(row, 'mine', choice, field ? this.#value(field, row.mine) : say('editOnMap'))}
        ${field ? this.#another(row, field, choice) : nothing}
      </fieldset>
    `
  }

  /** Before a removal there is nothing to choose, only to see. */
  #told({ field, base, theirs }: Row, title: string) {
    return html`<div class="row">
      <p><b>${title}</b><span class="side">${say('sideTheirs')}</span></p>
      ${
        field
          ? html`<p class="of-base">${say('editBase')} ${this.#value(field, base)}</p>
              <p class="value"><span class="who">${say('editTheirs')}</span> ${this.#value(field, theirs)}</p>`
          : key()
      }
    </div>`
  }

  #option(row: Row, choice: 'mine' | 'theirs', chosen: Choice | null, value: unknown) {
    return html`<label class="choice">
      <input
        type="radio"
        name=${row.name}
        .checked=${chosen === choice}
        @change=${() => this.#choose(row.name, { choice, text: '' })}
      />
      <span class="who">${say(choice === 'mine' ? 'editMine' : 'editTheirs')}</span>
      <span class="value">${value}</span>
    </label>`
  }

  #another(row: Row, field: EditField, choice: Choice | null) {
    const label = say('editAnotherFor', { title: named(field.title) })
    const text = this.chosen.get(row.name)?.text ?? row.mine
    const take = (said: string) => this.#choose(row.name, { choice: 'other', text: said })
    const fault = choice === 'other' ? faultOf(field, text) : null
    return html`
      <div class="line">
        <label class="choice">
          <input type="radio" name=${row.name} .checked=${choice === 'other'} @change=${() => take(text)} />
          <span class="who">${say('editAnother')}</span>
        </label>
        ${choice === 'other' ? inputOf({ field, text, fault, changed: true, typed: take }, `other-${row.name}`, label) : nothing}
      </div>
      ${fault ? html`<p id="fault-${field.name}" class="fault" role="alert">${named(fault)}</p>` : nothing}
    `
  }

  #value(field: EditField, text: string) {
    const value = valueOf(field, text)
    if (value === null) return html`<span class="absent">${say('editEmpty')}</span>`
    return value === undefined ? text : valueText(field, value)
  }

  #choose(name: string, chosen: Chosen): void {
    this.chosen = new Map([...this.chosen, [name, chosen]])
    this.wanting = this.wanting.filter((each) => each !== name)
  }

  #resolve(): void {
    const rows = this.#rows()
    const open = rows.filter((row) => {
      const chosen = this.chosen.get(row.name)
      if (chosen?.choice === 'other' && row.field) return faultOf(row.field, chosen.text) !== null
      return chosen === undefined && row.side === 'both'
    })
    this.wanting = open.map(({ name }) => name)
    if (open[0]) {
      this.renderRoot.querySelector<HTMLElement>(`#${CSS.escape(`row-${open[0].name}`)} input`)?.focus()
      return
    }
    const detail = resolved(this.draft, this.theirs, rows, this.chosen)
    this.dispatchEvent(new CustomEvent('resolve', { detail }))
  }
}

/** The lines of the three shapes on the map. */
function key() {
  const titles: Readonly<Record<Part, string>> = {
    base: say('editBase'),
    theirs: say('editTheirs'),
    mine: say('editMine'),
  }
  return html`<p class="key">
    ${(Object.keys(STROKES) as Part[]).map((part) => {
      const { color, width_px, dashes } = STROKES[part]
      const pattern = dashes?.map((each) => each * width_px).join(' ')
      return html`<span>
        <svg width="34" height="8" viewBox="0 0 34 8" aria-hidden="true">
          ${svg`<path d="M1 4h32" stroke=${color} stroke-width=${width_px} stroke-dasharray=${pattern ?? nothing} fill="none"></path>`}
        </svg>
        ${titles[part]}
      </span>`
    })}
  </p>`
}

customElements.define('edit-conflict', EditConflict)

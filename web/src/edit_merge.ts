/** Two edits of one feature side by side 冲突: what each did to each field, and what is to stand. */
import type { Geometry } from 'geojson'
import { baseValue, sameGeometry, typedText, withTyped } from './edit_change'
import type { Draft, Held } from './draft'
import { textOf, type EditField } from './edit_fields'

/** `same`: nobody changed it, or both to the same; `both`: to different values. */
export type Side = 'same' | 'mine' | 'theirs' | 'both'

export interface Row {
  readonly name: string
  /** null: the geometry. */
  readonly field: EditField | null
  readonly side: Side
  /** As texts of the form; of the geometry empty. */
  readonly base: string
  readonly mine: string
  readonly theirs: string
}

export type Choice = 'mine' | 'theirs' | 'other'

/** What was chosen for a row: a side, or another value. */
export interface Chosen {
  readonly choice: Choice
  readonly text: string
}

export function rowsOf(draft: Draft, theirs: Held, fields: readonly EditField[]): readonly Row[] {
  const rows = fields.map((field): Row => {
    const base = textOf(field, baseValue(draft, field.name))
    const held = textOf(field, theirs.feature.properties?.[field.name])
    const mine = typedText(draft, field)
    return { name: field.name, field, side: sideOf(base, mine, held), base, mine, theirs: held }
  })
  const drawn = shapeSide(draft, theirs)
  return drawn === null ? rows : [...rows, { name: 'geometry', field: null, side: drawn, base: '', mine: '', theirs: '' }]
}

/** What stands unless the planner chooses otherwise; null: only the planner can tell. */
export function proposed({ side }: Row): Choice | null {
  if (side === 'both') return null
  return side === 'mine' ? 'mine' : 'theirs'
}

/** The draft upon what the others wrote, with what was chosen. */
export function resolved(
  draft: Draft,
  theirs: Held,
  rows: readonly Row[],
  chosen: ReadonlyMap<string, Chosen>,
): Draft {
  const held = theirs.feature.geometry ?? null
  let next: Draft = { ...draft, base: theirs, theirs: null, typed: {}, reshaped: false, geometry: held }
  for (const row of rows) {
    const choice = chosen.get(row.name)?.choice ?? proposed(row)
    if (row.field) {
      const text = choice === 'mine' ? row.mine : choice === 'other' ? (chosen.get(row.name)?.text ?? '') : row.theirs
      next = withTyped(next, row.field, text)
    } else if (choice === 'mine' && !sameGeometry(draft.geometry, held)) {
      next = { ...next, geometry: draft.geometry, reshaped: true }
    }
  }
  return next
}

function sideOf(base: string, mine: string, theirs: string): Side {
  if (mine === theirs) return 'same'
  if (mine === base) return 'theirs'
  return theirs === base ? 'mine' : 'both'
}

/** null where nobody has any. */
function shapeSide(draft: Draft, theirs: Held): Side | null {
  const base = draft.base?.feature.geometry ?? null
  const held: Geometry | null = theirs.feature.geometry ?? null
  if (!base && !held && !draft.geometry) return null
  const theirsMoved = !sameGeometry(base, held)
  if (!draft.reshaped) return theirsMoved ? 'theirs' : 'same'
  if (sameGeometry(draft.geometry, held)) return 'same'
  return theirsMoved ? 'both' : 'mine'
}

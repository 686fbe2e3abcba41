/** What a draft comes to: the feature as it would become, and how that differs from what it is based on. */
import type { Feature, Geometry, Position } from 'geojson'
import { fromTyped, toInstant } from './clock'
import type { Draft } from './draft'
import { faultOf, textOf, valueOf, type EditField, type Fault } from './edit_fields'

/** A member that changes; the geometry is named `geometry`. */
export interface Change {
  readonly name: string
  readonly field: EditField | null
  readonly before: unknown
  readonly after: unknown
}

/** As the field stands in the form. */
export function typedText(draft: Draft, field: EditField): string {
  return draft.typed[field.name] ?? textOf(field, baseValue(draft, field.name))
}

export function baseValue({ base }: Draft, name: string): unknown {
  return base?.feature.properties?.[name] ?? null
}

/** The draft with something typed; what reads as in the base is no change. */
export function withTyped(draft: Draft, field: EditField, text: string): Draft {
  const typed = Object.fromEntries(Object.entries(draft.typed).filter(([name]) => name !== field.name))
  const same = text === textOf(field, baseValue(draft, field.name))
  return { ...draft, typed: same ? typed : { ...typed, [field.name]: text } }
}

export function withGeometry(draft: Draft, geometry: Geometry | null): Draft {
  const held = draft.base?.feature.geometry ?? null
  return { ...draft, geometry, reshaped: JSON.stringify(geometry) !== JSON.stringify(held) }
}

/** What the draft says anew; undefined values were not understood. */
export function saidValues(draft: Draft, fields: readonly EditField[]): Record<string, unknown> {
  return Object.fromEntries(
    fields
      .filter(({ name }) => name in draft.typed)
      .map((field) => [field.name, valueOf(field, draft.typed[field.name] ?? '')]),
  )
}

export function changesOf(draft: Draft, fields: readonly EditField[]): readonly Change[] {
  const said = saidValues(draft, fields)
  const changes: Change[] = fields
    .filter(({ name }) => name in said)
    .map((field) => ({ name: field.name, field, before: baseValue(draft, field.name), after: said[field.name] }))
  if (!draft.reshaped) return changes
  return [...changes, { name: 'geometry', field: null, before: draft.base?.feature.geometry ?? null, after: draft.geometry }]
}

/** What is wrong with it before it is sent. */
export function faultsOf(draft: Draft, fields: readonly EditField[], wantsGeometry: boolean): readonly Fault[] {
  if (draft.action === 'remove') return timeFaults(draft)
  const judged = fields.filter(({ name }) => draft.action === 'create' || name in draft.typed)
  const faults = judged.flatMap((field) => faultOf(field, typedText(draft, field)) ?? [])
  const shapeless = wantsGeometry && draft.geometry === null && (draft.action === 'create' || draft.reshaped)
  const drawn: Fault[] = shapeless ? [{ where: 'geometry', zh: '请在图上画出几何', en: 'draw the geometry on the map' }] : []
  return [...faults, ...drawn, ...timeFaults(draft)]
}

function timeFaults(draft: Draft): readonly Fault[] {
  if (draft.since !== 'then' || fromTyped(draft.from)) return []
  const zh = '请写成 2026-06-30 或 2026-06-30 08:00'
  return [{ where: 'properties.valid_from', zh, en: 'write 2026-06-30 or 2026-06-30 08:00' }]
}

/** Since when it is true, for the platform; null: from now on. */
export function validFrom(draft: Draft): string | null {
  if (draft.since === 'always') return String(baseValue(draft, 'valid_from') ?? '') || null
  const wall = draft.since === 'then' ? fromTyped(draft.from) : null
  return wall === null ? null : toInstant(wall)
}

/** Both hold the same version. */
export function sameVersion(one: Feature, other: Feature): boolean {
  const named = ({ properties }: Feature) => `${properties?.changeset}|${properties?.valid_from}`
  return named(one) === named(other)
}

/** The platform holds what the draft says: every field it names, and the geometry. */
export function holds(held: Feature, draft: Draft, fields: readonly EditField[]): boolean {
  const said = saidValues(draft, fields)
  const values = fields.every(({ name, type }) => {
    if (!(name in said)) return draft.action !== 'create' || (held.properties?.[name] ?? null) === null
    return sameValue(type, said[name], held.properties?.[name] ?? null)
  })
  return values && (!draft.reshaped || sameGeometry(draft.geometry, held.geometry))
}

function sameValue(type: string, said: unknown, held: unknown): boolean {
  if (type === 'instant' && said !== null && held !== null) return Date.parse(String(said)) === Date.parse(String(held))
  return type === 'text' && typeof said === 'string' ? said.normalize() === held : said === held
}

/** The same lines and rings, wherever a ring begins and whichever way it turns: the platform has an order of its own. */
export function sameGeometry(one: Geometry | null, other: Geometry | null): boolean {
  return partsOf(one) === partsOf(other)
}

const DIGITS = 8

function partsOf(geometry: Geometry | null): string {
  if (!geometry || geometry.type === 'GeometryCollection') return JSON.stringify(geometry)
  const areal = geometry.type.endsWith('Polygon')
  const parts: string[] = []
  const walk = (part: unknown): void => {
    if (!Array.isArray(part) || !part.length) return
    const [first] = part as unknown[]
    if (typeof first === 'number') parts.push(placeOf(part as Position))
    else if (Array.isArray(first) && typeof first[0] === 'number' && !geometry.type.endsWith('Point')) {
      const places = (part as Position[]).map(placeOf)
      parts.push((areal ? ringOf(places) : places).join(' '))
    } else for (const each of part) walk(each)
  }
  walk(geometry.coordinates)
  return [geometry.type, ...parts.sort()].join('|')
}

/** From its least place on, towards the lesser neighbour. */
function ringOf(closed: readonly string[]): readonly string[] {
  const open = closed.slice(0, -1)
  const least = open.reduce((best, place, at) => (place < (open[best] ?? '') ? at : best), 0)
  const turned = [...open.slice(least), ...open.slice(0, least)]
  const [start = '', ...rest] = turned
  return (rest[0] ?? '') <= (rest.at(-1) ?? '') ? turned : [start, ...rest.reverse()]
}

function placeOf(position: Position): string {
  return position.slice(0, 2).map((each) => each.toFixed(DIGITS)).join(',')
}

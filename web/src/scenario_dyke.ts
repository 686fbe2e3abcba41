/** A dyke that the terrain lacks 堤防: its line and crest as typed, a vertex a row. */
import type { Message } from './messages'
import './messages/scenario'
import type { Position4490 } from './model'
import { numberOf, writtenOf, type Inputs } from './scenario_typed'

/** A decimetre. */
const DEGREES = 6

interface Vertex {
  readonly place: Position4490
  readonly crest_m: number | null
}

/** The vertices of rows of longitude, latitude and, where each has its own, the crest; null where a row is none. */
export function verticesOf(text: string): readonly Vertex[] | null {
  const rows = text.split('\n').filter((row) => row.trim())
  const found = rows.map((row): Vertex | null => {
    const figures = row.trim().split(/[\s,;,]+/).map(numberOf)
    const [lon, lat, crest_m = null] = figures
    if (typeof lon !== 'number' || typeof lat !== 'number' || figures.length > 3 || (figures.length === 3 && crest_m === null)) return null
    return Math.abs(lon) <= 180 && Math.abs(lat) <= 90 ? { place: [lon, lat], crest_m } : null
  })
  return found.every((each): each is Vertex => each !== null) ? found : null
}

/** The line with one vertex more at its end. */
export function longer(text: string, [lon, lat]: Position4490): string {
  const row = `${lon.toFixed(DEGREES)}, ${lat.toFixed(DEGREES)}`
  return text.trim() ? `${text.trimEnd()}\n${row}` : row
}

/** The line without its last vertex. */
export function shorter(text: string): string {
  return text.trimEnd().split('\n').slice(0, -1).join('\n')
}

/** Line and crest of a dyke of a scenario, as typed. */
export function dykeTyped({ line, crest_m }: Inputs): Readonly<Record<string, string>> {
  const crests = Array.isArray(crest_m) ? (crest_m as readonly number[]) : null
  const rows = ((line as readonly Position4490[] | undefined) ?? []).map((place, at) => [...place, ...(crests ? [crests[at]] : [])].join(', '))
  return { line: rows.join('\n'), crest_m: crests ? '' : writtenOf(crest_m, 1) }
}

/** What they mean; what is wrong is told of `line` or `crest_m`. */
export function dykeInputs(typed: Readonly<Record<string, string>>, wrong: (name: string, message: Message) => void): Inputs {
  const vertices = verticesOf(typed.line ?? '')
  const line = (vertices ?? []).map(({ place }) => place)
  const own = (vertices ?? []).flatMap(({ crest_m }) => (crest_m === null ? [] : [crest_m]))
  const crest_m = numberOf(typed.crest_m ?? '')
  if (vertices === null) wrong('line', 'scenDykeRow')
  else if (line.length < 2) wrong('line', 'scenDykeShort')
  else if (own.length === line.length) return { line, crest_m: own }
  else if (own.length) wrong('line', 'scenDykeSome')
  else if (crest_m === null) wrong('crest_m', typed.crest_m?.trim() ? 'scenNoNumber' : 'scenMissing')
  else return { line, crest_m }
  return {}
}

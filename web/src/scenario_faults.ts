/** Where in a scenario as it is typed a fault lies 情景中的错处: its place in the draft, and what that is called. */
import { say } from './language'
import type { Message } from './messages'
import './messages/scenario'
import { COURSES, FIGURES, KINDS, type Draft, type Fault } from './scenario'
import { groundTitle } from './scenario_ground'
import { manyTitle } from './scenario_many'
import type { Wrong } from './scenario_typed'

const FIELDS: Readonly<Record<string, string>> = {
  ...{ title: 'title', area: 'area', cell_m: 'cell', duration_s: 'hours', begins_at: 'begins' },
  ...{ river_depth_m: 'depth', tide_m: 'tide', rain_mm_h: 'rain', releases_later_s: 'later' },
  ...{ terrain: 'ground/surface', roughness: 'ground/roughness', infiltration: 'ground/loss', scheme: 'ground/scheme' },
  ...{ members: 'many/members', seed: 'many/seed', method: 'many/method', varied: 'many/varied' },
}
/** Inputs whose members have fields of their own. */
const PARTED: readonly string[] = ['roughness', 'infiltration', 'varied']

/** The place in the draft that a pointer into the inputs means; null where there is none. */
export function placeOfPointer({ items }: Draft, pointer: string): string | null {
  const steps = pointer.replace(/^\/inputs\/(changes\/)?/, '').split('/')
  const [name = '', number = '', member] = steps
  const kind = KINDS.find((each) => each === name)
  if (!kind) {
    const field = FIELDS[name]
    return field && number && PARTED.includes(name) ? `${field.split('/')[0] ?? ''}/${number}` : (field ?? null)
  }
  const mine = items.flatMap((each, place) => (each.kind === kind ? [place] : []))
  const place = mine[Number(number || 0)]
  if (place === undefined) return null
  const [series] = COURSES[kind] ?? []
  return `items/${place}/${member === series ? 'course' : (member ?? 'id')}`
}

/** The item whose name a refusal says; -1 where none is. */
export function itemNamed({ items }: Draft, words: string): number {
  return items.findIndex(({ id }) => id.trim() && words.includes(id.trim()))
}

/** What a place in the draft is called. */
export function nameOfPlace({ items }: Draft, at: string): string {
  const [first = '', number = '', member = ''] = at.split('/')
  const titles: Readonly<Record<string, Message>> = {
    ...{ title: 'scenTitle', begins: 'scenBegins', hours: 'scenHours', cell: 'scenCell', area: 'scenArea' },
    ...{ depth: 'scenDepth', rain: 'scenRain', tide: 'scenTide', later: 'scenLater', ground: 'scenGround', many: 'scenManyShort' },
  } as const
  const figure = first === 'ground' ? groundTitle(number) : first === 'many' ? manyTitle(number) : undefined
  if (figure) return `${say(titles[first] ?? figure)} · ${say(figure)}`
  const item = first === 'items' ? items[Number(number)] : undefined
  if (!item) return titles[first] ? say(titles[first]) : first
  const [, series] = member === 'course' ? (COURSES[item.kind] ?? []) : []
  const title = member === 'at' ? 'scenPlace' : (series ?? FIGURES[item.kind].find(({ name }) => name === member)?.title)
  return title ? `${item.id} ${say(title)}` : item.id
}

/** What is wrong below a name, by the rest of the place. */
export function below(faults: readonly Fault[], name: string): Readonly<Record<string, Wrong>> {
  return Object.fromEntries(faults.filter(({ at }) => at.startsWith(`${name}/`)).map(({ at, message }) => [at.slice(name.length + 1), message]))
}

/**
 * A scenario as it is typed 情景草稿, and the inputs of `flood-scenario` that it means.
 *
 * What the editor has no field for (laws of erosion, spans of reports) is carried along as it was.
 * An inflow is written down here, or taken from where its hydrograph is kept.
 */
import { fromTyped, toInstant, toWallTime, typed as asTyped } from './clock'
import type { Message } from './messages'
import './messages/scenario'
import type { Bounds4490, Position4490 } from './model'
import { chainageOf } from './rivers'
import { courseOf, fromOf, seriesOf, STEADY, takenOf, type Course, type Taken } from './scenario_course'
import { dykeInputs, dykeTyped } from './scenario_dyke'
import { GROUND_INPUTS, groundInputs, groundOf, SAMPLE_GROUND, type Ground } from './scenario_ground'
import { manyInputs, MEMBERS, type Many } from './scenario_many'
import { clean, numberOf, scaled, without, writtenOf, type Inputs, type Wrong } from './scenario_typed'

export const KINDS = ['inflows', 'breaches', 'gates', 'pumps', 'dykes', 'points'] as const
export type Kind = (typeof KINDS)[number]

/** Where something is, as typed: a chainage of a route, or longitude and latitude. */
export interface Spot {
  readonly by: 'chainage' | 'point'
  readonly route: string
  readonly chainage: string
  readonly bank: '' | 'left' | 'right'
  readonly lon: string
  readonly lat: string
  /** Where it was clicked; nothing but its mark depends on this. */
  readonly near: Position4490 | null
  readonly rest: Inputs
}

export interface Item {
  readonly kind: Kind
  readonly id: string
  readonly at: Spot
  /** Of a pump that lifts to another place. */
  readonly to: Spot | null
  readonly typed: Readonly<Record<string, string>>
  readonly course: Course | null
  /** Of an inflow that is not written down here. */
  readonly from: Taken | null
  readonly rest: Inputs
}

/** The kept run that this began from. */
export interface Base {
  readonly run: string
  readonly title: string
  /** With what the editor writes of its inputs unchanged. */
  readonly inputs: Inputs
}

export interface Draft {
  readonly title: string
  readonly begins: string
  readonly hours: string
  readonly cell: string
  /** West, south, east, north. */
  readonly area: readonly [string, string, string, string]
  readonly depth: string
  readonly tide: Course | null
  readonly rain: Course | null
  readonly items: readonly Item[]
  readonly ground: Ground
  /** Of an ensemble of floods in place of one. */
  readonly many: Many | null
  readonly rest: Inputs
  readonly base: Base | null
  /** The base is run once more and compared; else this is a scenario of its own. */
  readonly replay: boolean
  /** Hours by which all releases of a replay come later. */
  readonly later: string
}

export interface Figure {
  readonly name: string
  readonly title: Message
  /** What one of the typed unit is in that of the input. */
  readonly factor: number
  readonly needed: boolean
}

const figure = (name: string, title: Message, needed = false, factor = 1): Figure => ({ name, title, factor, needed })
export const FIGURES: Readonly<Record<Kind, readonly Figure[]>> = {
  inflows: [],
  breaches: [
    figure('width_m', 'scenWidth', true),
    figure('start_s', 'scenStart', false, 60),
    figure('grows_s', 'scenGrows', false, 60),
    figure('sill_m', 'scenBreachSill'),
  ],
  gates: [figure('width_m', 'scenGateWidth', true), figure('sill_m', 'scenSill', true)],
  pumps: [figure('start_m', 'scenPumpStart', true), figure('stop_m', 'scenPumpStop', true)],
  dykes: [],
  points: [],
}
/** The series of a kind: name of the input, what it is called. */
export const COURSES: Readonly<Partial<Record<Kind, readonly [name: string, title: Message]>>> = {
  inflows: ['discharge_m3_s', 'scenDischarge'],
  gates: ['opening_m', 'scenOpening'],
  pumps: ['capacity_m3_s', 'scenCapacity'],
}
export const KIND_NAMES: Readonly<Record<Kind, Message>> = {
  inflows: 'scenInflow',
  breaches: 'scenBreach',
  gates: 'scenGate',
  pumps: 'scenPump',
  dykes: 'scenDyke',
  points: 'scenPoint',
}
/** What the platform calls those without a name. */
const UNNAMED: Readonly<Record<Kind, string>> = { inflows: '入流', breaches: '溃口', gates: '闸', pumps: '泵', dykes: '堤', points: '测点' }
/** Of a replay these stay as they were. */
export const FIXED: readonly string[] = ['area', 'cell_m', 'terrain', 'begins_at', 'asof']
/** What the editor has fields for. */
const OWN: readonly string[] = ['title', 'begins_at', 'duration_s', 'cell_m', 'area', 'river_depth_m', 'tide_m', 'rain_mm_h', ...KINDS, ...GROUND_INPUTS]
const HOUR_S = 3600
/** Digits of a degree: a decimetre. */
const DEGREES = 6

export const NOWHERE: Spot = { by: 'chainage', route: '', chainage: '', bank: '', lon: '', lat: '', near: null, rest: {} }
export const EMPTY: Draft = {
  title: '',
  begins: '',
  hours: '6',
  cell: '20',
  area: ['', '', '', ''],
  depth: '',
  tide: null,
  rain: null,
  items: [],
  ground: SAMPLE_GROUND,
  many: null,
  rest: {},
  base: null,
  replay: false,
  later: '',
}

/** Something of a kind that has no figures yet, with a name that none of these has. */
export function itemOf(kind: Kind, items: readonly Item[]): Item {
  const taken = new Set(items.map(({ id }) => id))
  let number = 1 + items.filter((each) => each.kind === kind).length
  while (taken.has(`${UNNAMED[kind]}${number}`)) number++
  const typed = kind === 'breaches' ? { start_s: '0', grows_s: '30' } : {}
  return { kind, id: `${UNNAMED[kind]}${number}`, at: NOWHERE, to: null, typed, course: COURSES[kind] ? STEADY : null, from: null, rest: {} }
}

/** A scenario as the inputs of a kept run have it. */
export function draftOf(inputs: Inputs): Draft {
  const area = (inputs.area as readonly number[] | undefined) ?? []
  const [west = '', south = '', east = '', north = ''] = area.map(String)
  return {
    ...EMPTY,
    title: String(inputs.title ?? ''),
    begins: typeof inputs.begins_at === 'string' ? asTyped(toWallTime(inputs.begins_at)) : '',
    hours: writtenOf(inputs.duration_s, HOUR_S),
    cell: writtenOf(inputs.cell_m, 1),
    area: [west, south, east, north],
    depth: writtenOf(inputs.river_depth_m, 1),
    tide: courseOf(inputs.tide_m),
    rain: courseOf(inputs.rain_mm_h),
    items: KINDS.flatMap((kind) => ((inputs[kind] as readonly Inputs[] | undefined) ?? []).map((each, at) => read(kind, each, at))),
    ground: groundOf(inputs),
    rest: without(inputs, OWN),
  }
}

function read(kind: Kind, given: Inputs, at: number): Item {
  const figures = FIGURES[kind]
  const [series] = COURSES[kind] ?? []
  if (kind === 'dykes') {
    const typed = dykeTyped(given)
    return { kind, id: String(given.id ?? `${UNNAMED[kind]}${at + 1}`), at: NOWHERE, to: null, typed, course: null, from: null, rest: without(given, ['id', 'line', 'crest_m']) }
  }
  const own = ['id', 'at', 'to', ...(series ? [series] : []), ...figures.map(({ name }) => name), ...(kind === 'inflows' ? ['source', 'from'] : [])]
  const typed = Object.fromEntries(figures.filter(({ name }) => given[name] !== undefined).map(({ name, factor }) => [name, writtenOf(given[name], factor)]))
  if (typeof given.source === 'string') typed.source = given.source
  return {
    kind,
    id: String(given.id ?? `${UNNAMED[kind]}${at + 1}`),
    at: spotOf(given.at as Inputs),
    to: given.to ? spotOf(given.to as Inputs) : null,
    typed,
    course: series ? courseOf(given[series]) : null,
    from: given.from ? takenOf(given.from as Inputs) : null,
    rest: without(given, own),
  }
}

function spotOf(given: Inputs): Spot {
  const rest = without(given, ['point', 'route', 'chainage', 'bank'])
  const [lon, lat] = (given.point as readonly number[] | undefined) ?? []
  if (lon !== undefined && lat !== undefined) return pointSpot([lon, lat], rest)
  const bank = given.bank === 'left' || given.bank === 'right' ? given.bank : ''
  return { ...NOWHERE, route: String(given.route ?? ''), chainage: String(given.chainage ?? ''), bank, rest }
}

export function pointSpot([lon, lat]: Position4490, rest: Inputs = {}): Spot {
  return { ...NOWHERE, by: 'point', lon: String(lon), lat: String(lat), rest }
}

/** Something that is missing or cannot be read, and where: `title`, `area`, `items/2/width_m`. */
export interface Fault {
  readonly at: string
  readonly message: Wrong
}

export interface Written {
  readonly inputs: Inputs
  readonly faults: readonly Fault[]
}

/** What a draft means, with everything about it that cannot be sent. */
export function written(draft: Draft): Written {
  const faults: Fault[] = []
  const wrong = (at: string, message: Wrong) => void faults.push({ at, message })
  const many = draft.base && draft.replay ? null : draft.many
  const number = (text: string, at: string, factor = 1, needed = true): number | undefined => {
    const value = numberOf(text)
    if (value === null) return void ((needed || text.trim()) && wrong(at, text.trim() ? 'scenNoNumber' : 'scenMissing'))
    return scaled(value, factor)
  }
  const course = (given: Course | null, at: string): unknown => seriesOf(given, (message) => wrong(at, message))
  const spot = (given: Spot, at: string): unknown => {
    if (given.by === 'point') {
      const [lon, lat] = [numberOf(given.lon), numberOf(given.lat)]
      return lon === null || lat === null ? wrong(at, 'scenNowhere') : { point: [lon, lat], ...given.rest }
    }
    if (!given.route || !given.chainage.trim()) return wrong(at, 'scenNowhere')
    if (chainageOf(given.chainage) === null) return wrong(at, 'scenNoChainage')
    return { route: given.route, chainage: given.chainage.trim(), ...(given.bank ? { bank: given.bank } : {}), ...given.rest }
  }
  const item = ({ kind, id, at, to, typed, course: series, from, rest }: Item, place: number): Inputs => {
    const here = `items/${place}`
    const names = draft.items.map((each) => each.id.trim())
    if (!id.trim()) wrong(`${here}/id`, 'scenMissing')
    else if (names.indexOf(id.trim()) !== place) wrong(`${here}/id`, 'scenTwice')
    if (kind === 'dykes') return { id: id.trim(), ...dykeInputs(typed, (name, message) => wrong(`${here}/${name}`, message)), ...rest }
    const [name] = COURSES[kind] ?? []
    const figures = FIGURES[kind].filter(({ name }) => !(name === 'grows_s' && rest.erosion))
    return clean({
      id: id.trim(),
      at: spot(at, `${here}/at`),
      to: to ? spot(to, `${here}/to`) : undefined,
      ...Object.fromEntries(figures.map(({ name, factor, needed }) => [name, number(typed[name] ?? '', `${here}/${name}`, factor, needed)])),
      ...(name && !from ? { [name]: course(series, `${here}/course`) } : {}),
      from: from ? fromOf(from, many !== null, (message) => wrong(`${here}/from`, message)) : undefined,
      source: typed.source?.trim() || undefined,
      ...rest,
    })
  }
  const items = draft.items.map((each, place) => ({ kind: each.kind, made: item(each, place) }))
  const wall = draft.begins.trim() ? fromTyped(draft.begins) : null
  if (draft.begins.trim() && wall === null) wrong('begins', 'wrongTime')
  if (!draft.title.trim()) wrong('title', 'scenMissing')
  const area = draft.area.map(numberOf)
  const [west, south, east, north] = area
  if (area.includes(null) || !(Number(west) < Number(east) && Number(south) < Number(north))) wrong('area', 'scenNoArea')
  const inputs = clean({
    title: draft.title.trim(),
    area,
    cell_m: number(draft.cell, 'cell'),
    duration_s: number(draft.hours, 'hours', HOUR_S),
    begins_at: wall === null ? undefined : toInstant(wall),
    river_depth_m: number(draft.depth, 'depth', 1, false),
    tide_m: course(draft.tide, 'tide'),
    rain_mm_h: course(draft.rain, 'rain'),
    ...Object.fromEntries(
      KINDS.map((kind) => [kind, items.filter((each) => each.kind === kind).map(({ made }) => made)] as const).filter(([, made]) => made.length),
    ),
    ...groundInputs(draft.ground, (name, message) => wrong(`ground/${name}`, message)),
    ...(many ? manyInputs(many, takesMembers(draft.items), (name, message) => wrong(`many/${name}`, message)) : {}),
    ...draft.rest,
  })
  if (draft.later.trim()) number(draft.later, 'later')
  return { inputs, faults }
}

/** Whether an inflow takes all members of a forecast. */
function takesMembers(items: readonly Item[]): boolean {
  return items.some(({ from }) => from?.by === 'forecast' && from.course === MEMBERS)
}

/** The process that runs a scenario. */
export function processOf({ base, replay, many }: Draft): 'flood-scenario' | 'flood-replay' | 'flood-ensemble' {
  if (base && replay) return 'flood-replay'
  return many ? 'flood-ensemble' : 'flood-scenario'
}

/** The draft of a kept run, which it may be compared with. */
export function basedOn(run: string, inputs: Inputs): Draft {
  const draft = draftOf(inputs)
  return { ...draft, base: { run, title: draft.title, inputs: written(draft).inputs }, replay: true }
}

/** The inputs of `flood-replay`: what is different, and by how much all releases come later. */
export function replayOf({ base, later }: Draft, inputs: Inputs): Inputs | null {
  if (!base) return null
  const hours = numberOf(later)
  return { run: base.run, changes: changesOf(base.inputs, inputs), ...(hours ? { releases_later_s: scaled(hours, HOUR_S) } : {}) }
}

/** Inputs that differ; null where one is left out. */
export function changesOf(before: Inputs, after: Inputs): Inputs {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => !FIXED.includes(name))
  const different = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
  return Object.fromEntries(different.map((name) => [name, after[name] ?? null]))
}

export function boxOf({ area }: Draft): Bounds4490 | null {
  const [west, south, east, north] = area.map(numberOf)
  if (typeof west !== 'number' || typeof south !== 'number' || typeof east !== 'number' || typeof north !== 'number') return null
  return west < east && south < north ? [west, south, east, north] : null
}

export function areaOf(box: Bounds4490): Draft['area'] {
  const [west = '', south = '', east = '', north = ''] = box.map((each) => each.toFixed(DEGREES))
  return [west, south, east, north]
}

/** The fields of a response plan as they are typed 预案表单: what each is, and what they make together. */
import type { Message } from './messages'
import './messages/response_plans'
import type { Fields, PlanDraft, Typed } from './response_draft'
import { CHANNELS, LEVELS, SECTIONS, type Section } from './response_plans'

export interface Field {
  /** As the content has it; `title/zh` for the Chinese of a title. */
  readonly name: string
  readonly label: Message
  readonly needed: boolean
  readonly kind: 'text' | 'long' | 'number' | 'post' | readonly string[]
}

const ID: Field = { name: 'id', label: 'respId', needed: true, kind: 'text' }
const TITLE: readonly Field[] = [
  { name: 'title/zh', label: 'respTitleZh', needed: true, kind: 'text' },
  { name: 'title/en', label: 'respTitleEn', needed: false, kind: 'text' },
]
const DUE: Field = { name: 'due_min', label: 'respDueMin', needed: true, kind: 'number' }

export const HEAD: readonly Field[] = [
  ...TITLE,
  { name: 'scope', label: 'respScope', needed: false, kind: 'text' },
  { name: 'basis', label: 'respBasis', needed: false, kind: 'text' },
]

export const FIELDS: Readonly<Record<Section, readonly Field[]>> = {
  triggers: [ID, ...TITLE],
  posts: [ID, ...TITLE, { name: 'department', label: 'respDepartment', needed: true, kind: 'text' }],
  actions: [
    ID,
    DUE,
    ...TITLE,
    { name: 'post', label: 'respPost', needed: true, kind: 'post' },
    { name: 'detail', label: 'respDetail', needed: false, kind: 'text' },
  ],
  messages: [
    ID,
    DUE,
    { name: 'from', label: 'respFrom', needed: true, kind: 'post' },
    { name: 'to', label: 'respTo', needed: true, kind: 'text' },
    { name: 'channel', label: 'respChannel', needed: true, kind: CHANNELS },
    { name: 'text/zh', label: 'respTextZh', needed: true, kind: 'long' },
    { name: 'text/en', label: 'respTextEn', needed: false, kind: 'long' },
  ],
}

/** What new items of each section are called by. */
export const LETTERS: Readonly<Record<Section, string>> = { triggers: 'T', posts: 'P', actions: 'A', messages: 'M' }
/** Sections that a plan cannot do without. */
const NEEDED: readonly Section[] = ['triggers', 'posts', 'actions']

export const CONDITIONS = ['warning', 'stage', 'forecast', 'order'] as const
const STATION: Field = { name: 'station', label: 'respStation', needed: true, kind: 'text' }
const AGAINST: Readonly<Record<string, readonly Field[]>> = {
  threshold: [{ name: 'threshold', label: 'respThreshold', needed: true, kind: 'text' }],
  stage: [
    { name: 'stage_m', label: 'respStage', needed: true, kind: 'number' },
    { name: 'datum', label: 'respDatum', needed: true, kind: 'text' },
  ],
  flow: [{ name: 'flow_m3_s', label: 'respFlow', needed: true, kind: 'number' }],
}

/** What a condition as it is typed consists of, beside its kind. */
export function conditionFields({ kind, by }: Fields): readonly Field[] {
  if (kind === 'warning') {
    return [
      { name: 'level', label: 'respLevel', needed: true, kind: LEVELS },
      { name: 'place', label: 'respPlace', needed: false, kind: 'text' },
    ]
  }
  if (kind === 'order') return []
  const choices = kind === 'stage' ? ['threshold', 'stage'] : ['threshold', 'stage', 'flow']
  const against = choices.includes(by ?? '') ? (by ?? '') : 'threshold'
  return [
    STATION,
    { name: 'by', label: 'respBy', needed: true, kind: choices },
    ...(AGAINST[against] ?? []),
    ...(kind === 'forecast'
      ? ([
          { name: 'probability', label: 'respProbability', needed: false, kind: 'number' },
          { name: 'within_h', label: 'respWithin', needed: false, kind: 'number' },
        ] as const)
      : []),
  ]
}

/** What the draft says, as the platform takes it, and where something is plainly wrong, by place. */
export function contentOf({ head, items }: PlanDraft): {
  readonly content: Readonly<Record<string, unknown>>
  readonly faults: ReadonlyMap<string, Message>
} {
  const faults = new Map<string, Message>()
  const content: Record<string, unknown> = {
    ...filled(HEAD, head, '', faults),
    ...(head.data_nature ? { data_nature: head.data_nature } : {}),
  }
  for (const section of SECTIONS) {
    if (!items[section].length && NEEDED.includes(section)) faults.set(section, 'respNone')
    content[section] = items[section].map((each, at) => itemOf(section, each, `${section}/${at}/`, faults))
  }
  if (!head.reason?.trim()) faults.set('reason', 'respNeeded')
  return { content, faults }
}

function itemOf(section: Section, { fields, all }: Typed, place: string, faults: Map<string, Message>): unknown {
  const item = filled(FIELDS[section], fields, place, faults)
  if (section !== 'triggers') return item
  if (!all?.length) faults.set(`${place}all`, 'respNoCondition')
  const conditions = (all ?? []).map((each, at) => {
    const { by, ...said } = filled(conditionFields(each), each, `${place}all/${at}/`, faults)
    return { kind: each.kind, ...said }
  })
  return { ...item, all: conditions }
}

/** Values of fields: numbers as numbers, what is empty left out, `title/zh` inside `title`. */
function filled(
  fields: readonly Field[],
  typed: Fields,
  place: string,
  faults: Map<string, Message>,
): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const { name, kind, needed } of fields) {
    const text = (typed[name] ?? '').trim()
    if (!text) {
      if (needed && name !== 'by') faults.set(place + name, 'respNeeded')
      continue
    }
    if (kind === 'number' && !Number.isFinite(Number(text))) faults.set(place + name, 'respNumber')
    const [whole = '', part] = name.split('/')
    const value = kind === 'number' ? Number(text) : text
    values[whole] = part ? { ...(values[whole] as object | undefined), [part]: value } : value
  }
  return values
}

/** Where on the form a fault lies that the platform names by its place in what was sent. */
export function placeOf(pointer: string | null): string | null {
  if (pointer === null) return null
  return pointer.replace(/^\/inputs(?=\/)/, '').replace(/^\/content(?=\/)/, '').replace(/^\//, '')
}


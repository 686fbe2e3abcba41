/**
 * A version of a response plan that is being written 起草中的预案.
 *
 * It outlives the panel, a lost connection and a reload; it ends with the tab, with signing out, or when it is
 * handed in or given up. Fields are as they were typed.
 */
import type { Content, Section, Words } from './response_plans'

const KEPT_AS = 'onemap.plan-draft'

export type Fields = Readonly<Record<string, string>>

export interface Typed {
  readonly fields: Fields
  /** Of a trigger. */
  readonly all?: readonly Fields[]
}

export interface PlanDraft {
  /** Who began it; somebody else does not go on with it. */
  readonly subject: string
  /** Empty where a new plan is begun. */
  readonly plan: string
  /** The version it started from; null: a new plan. */
  readonly base: number | null
  readonly head: Fields
  readonly items: Readonly<Record<Section, readonly Typed[]>>
}

/** What was left unfinished by somebody; null where nothing was. */
export function planDraft(subject: string): PlanDraft | null {
  try {
    const found = JSON.parse(sessionStorage.getItem(KEPT_AS) ?? 'null') as PlanDraft | null
    return found?.subject === subject ? found : null
  } catch {
    return null
  }
}

/** Keeps it; false where the browser keeps nothing. */
export function keepPlanDraft(draft: PlanDraft): boolean {
  try {
    sessionStorage.setItem(KEPT_AS, JSON.stringify(draft))
    return true
  } catch {
    return false
  }
}

export function discardPlanDraft(): void {
  try {
    sessionStorage.removeItem(KEPT_AS)
  } catch {
    // Nothing was kept.
  }
}

/** A beginning: empty, or what a version says. */
export function begunPlan(subject: string, plan: string, base: number | null, content: Content | null): PlanDraft {
  const said: Content = content ?? { title: { zh: '' }, triggers: [], posts: [], actions: [], messages: [] }
  return {
    subject,
    plan,
    base,
    head: {
      ...worded('title', said.title),
      scope: said.scope ?? '',
      basis: said.basis ?? '',
      data_nature: said.data_nature ?? '',
      evacuation: said.evacuation?.job ?? '',
      reason: '',
    },
    items: {
      triggers: said.triggers.map(({ id, title, all }) => ({
        fields: { id, ...worded('title', title) },
        all: all.map((each) => ({ ...texts(each), by: byOf(each) })),
      })),
      posts: said.posts.map(({ title, ...rest }) => ({ fields: { ...texts(rest), ...worded('title', title) } })),
      actions: said.actions.map(({ title, ...rest }) => ({ fields: { ...texts(rest), ...worded('title', title) } })),
      messages: said.messages.map(({ text, ...rest }) => ({ fields: { ...texts(rest), ...worded('text', text) } })),
    },
  }
}

/** What a condition compares: a threshold, a stage in a datum, or a flow. */
function byOf(condition: Readonly<Record<string, unknown>>): string {
  if ('flow_m3_s' in condition) return 'flow'
  return 'stage_m' in condition ? 'stage' : 'threshold'
}

function worded(name: string, { zh, en }: Words): Fields {
  return { [`${name}/zh`]: zh, [`${name}/en`]: en ?? '' }
}

function texts(values: Readonly<Record<string, unknown>>): Fields {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]))
}

/** An id that no item has, beginning like those of its kind. */
export function freshId(letter: string, taken: readonly Typed[]): string {
  const ids = new Set(taken.map(({ fields }) => fields.id))
  let number = taken.length + 1
  while (ids.has(`${letter}${number}`)) number++
  return `${letter}${number}`
}

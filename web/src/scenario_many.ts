/** Many floods in place of one 集合推演: how many, from which seed, by which method, between which bounds. */
import type { Message } from './messages'
import './messages/scenario'
import { clean, numberOf, scaled, type Inputs } from './scenario_typed'

export const MEMBERS = 'members'
export const METHODS = ['quick', 'solver'] as const
export type Method = (typeof METHODS)[number]

interface Varied {
  readonly name: string
  readonly title: Message
  /** What one of the typed unit is in that of the input. */
  readonly factor: number
}

export const VARIED: readonly Varied[] = [
  { name: 'discharge_factor', title: 'scenVaryDischarge', factor: 1 },
  { name: 'breach_width_factor', title: 'scenVaryWidth', factor: 1 },
  { name: 'breach_later_s', title: 'scenVaryLater', factor: 60 },
  { name: 'roughness_factor', title: 'scenVaryRoughness', factor: 1 },
]

/** As typed. */
export interface Many {
  readonly members: string
  readonly seed: string
  readonly method: Method
  readonly bounds: Readonly<Record<string, readonly [low: string, high: string]>>
}

/** What a figure of an ensemble is called. */
export function manyTitle(name: string): Message | undefined {
  if (name === 'members') return 'scenManyCount'
  return name === 'seed' ? 'scenManySeed' : VARIED.find((each) => each.name === name)?.title
}

export const SOME: Many = { members: '50', seed: '1', method: 'quick', bounds: {} }

/** What `flood-ensemble` takes besides the scenario; `forecast`: an inflow takes all members of a forecast. */
export function manyInputs({ members, seed, method, bounds }: Many, forecast: boolean, wrong: (name: string, message: Message) => void): Inputs {
  const whole = (text: string, name: string, least: number): number | undefined => {
    const value = numberOf(text)
    if (value !== null && Number.isInteger(value) && value >= least) return value
    return void wrong(name, text.trim() ? 'scenNoWhole' : 'scenMissing')
  }
  const varied: Record<string, readonly number[]> = {}
  const typed = VARIED.filter(({ name }) => bounds[name]?.some((each) => each.trim()))
  if (!typed.length && !forecast) wrong('varied', 'scenNothingVaries')
  for (const { name, factor } of typed) {
    const [low, high] = (bounds[name] ?? []).map(numberOf)
    if (typeof low !== 'number' || typeof high !== 'number') wrong(name, 'scenNoNumber')
    else if (low > high) wrong(name, 'scenLowFirst')
    else varied[name] = [scaled(low, factor), scaled(high, factor)]
  }
  return clean({ members: whole(members, 'members', 2), seed: whole(seed, 'seed', 0), method, varied: typed.length ? varied : undefined })
}

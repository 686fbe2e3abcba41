/** Figures as they are typed 填写的数, and as the inputs of a process have them. */
import type { ServerProblem } from './config'
import { named, say } from './language'
import type { Message } from './messages'
import type { Title } from './title'

export type Inputs = Readonly<Record<string, unknown>>

/** What is wrong with a field: what this page says of it, or what the platform answered. */
export type Wrong = Message | Title

export function wrongWords(wrong: Wrong): string {
  return typeof wrong === 'string' ? say(wrong) : named(wrong)
}

/** What the platform did not accept, and the place that it is about, where that is told. */
export interface Refusal extends Title {
  readonly at: string | null
}

/** What the platform did not accept, without the place in the request that it begins with. */
export function refusedWords({ zh, en, pointer }: ServerProblem): Title {
  const plain = (text: string) => (pointer && text.startsWith(`${pointer} `) ? text.slice(pointer.length + 1) : text)
  return { zh: plain(zh), en: plain(en) }
}

/** null where it is no number. */
export function numberOf(text: string): number | null {
  const plain = text.trim().replace(/,/g, '')
  return plain && Number.isFinite(Number(plain)) ? Number(plain) : null
}

/** Without what a factor makes of the last digits of a fraction. */
export function scaled(value: number, factor: number): number {
  return factor === 1 ? value : Math.round(value * factor * 1000) / 1000
}

/** The text of a number; none for anything else. */
export function writtenOf(value: unknown, factor: number): string {
  return typeof value === 'number' ? String(Number((value / factor).toPrecision(12))) : ''
}

export function clean(given: Inputs): Inputs {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}

export function without(given: Inputs, names: readonly string[]): Inputs {
  return Object.fromEntries(Object.entries(given).filter(([name]) => !names.includes(name)))
}

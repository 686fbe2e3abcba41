/** All messages that have been read so far, by name. */
import type { Title } from '../title'

const known: Record<string, Title> = {}

/** Adds what a part of the page says: it is read with that part. */
export function learn(more: Readonly<Record<string, Title>>): void {
  Object.assign(known, more)
}

/** A message in both languages; undefined as long as its part has not been read. */
export function learnt(message: string): Title | undefined {
  return known[message]
}

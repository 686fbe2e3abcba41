/** Where this browser keeps sketches: those too long for a link, the last one, one not yet finished. */

const SKETCH = 'onemap.sketch.'
const LAST = 'onemap.last-sketch'
const DRAFT = 'onemap.sketch-draft'
/** Sketches kept; the oldest goes first. */
const MOST_KEPT = 20

/** The text of a kept sketch; null where this browser has none of that name. */
export function kept(name: string): string | null {
  return read(SKETCH + name)?.replace(/^\d+ /, '') ?? null
}

/** Keeps a sketch; false where the browser keeps nothing, or not that much. */
export function keep(name: string, code: string): boolean {
  const held = write(SKETCH + name, `${Date.now()} ${code}`)
  if (held) forgetOldest()
  return held
}

/** A name nobody else uses. */
export function freshName(): string {
  return [...crypto.getRandomValues(new Uint32Array(2))].map((each) => each.toString(36)).join('')
}

/** What was drawn last in this browser, whatever became of its page. */
export const lastSketch = (): string | null => read(LAST)
export const keepLast = (code: string): boolean => write(LAST, code)

/** A shape that is being drawn: it survives a reload and a crash. */
export const draft = (): string | null => read(DRAFT)
export const keepDraft = (text: string | null): void => {
  if (text === null) forget(DRAFT)
  else write(DRAFT, text)
}

function forgetOldest(): void {
  const names = Object.keys(localStorage).filter((each) => each.startsWith(SKETCH))
  const age = (name: string) => Number.parseInt(read(name) ?? '0', 10)
  const oldest = names.sort((a, b) => age(b) - age(a)).slice(MOST_KEPT)
  for (const name of oldest) forget(name)
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

function write(key: string, text: string): boolean {
  try {
    localStorage.setItem(key, text)
    return true
  } catch {
    return false
  }
}

function forget(key: string): void {
  try {
    localStorage.removeItem(key)
  } catch {
    // Nothing was kept.
  }
}

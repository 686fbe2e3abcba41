/** Beijing time 北京时间 (UTC+8, no daylight saving), whatever the browser's own zone is. */

const OFFSET_MS = 8 * 3600 * 1000
const WALL_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/

/** True for a wall time as `<input type="datetime-local">` gives it. */
export function isWallTime(text: string): boolean {
  return WALL_TIME.test(text) && !Number.isNaN(Date.parse(`${text}+08:00`))
}

/** A wall time as a link has it, also as a person writes it into one; null for no such instant. */
export function wallTimeOf(text: string | null): string | null {
  return text && fromTyped(text)
}

const TYPED =
  /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[\sT]+(\d{1,2})[::](\d{2})(?:[::](\d{2}))?)?$/

/** What a person types → wall time: `2026-6-30`, `2026年6月30日 8:00`; null for no such instant. */
export function fromTyped(text: string): string | null {
  const found = TYPED.exec(text.trim())
  if (!found) return null
  const [year = '', month = '', day = '', hour = '0', minute = '00', second] = found.slice(1)
  const two = (part: string) => part.padStart(2, '0')
  const date = `${year}-${two(month)}-${two(day)}`
  const time = `${two(hour)}:${minute}${second && second !== '00' ? `:${second}` : ''}`
  const wall = `${date}T${time}`
  // Date.parse lets 30 February pass as 2 March; no such day was meant.
  return isWallTime(wall) && toWallTime(`${wall}+08:00`) === wall ? wall : null
}

/** A wall time as it stands in a field: `2026-06-30 08:00`, the day alone at midnight. */
export function typed(wallTime: string): string {
  return wallTime.endsWith('T00:00') ? wallTime.slice(0, 10) : wallTime.replace('T', ' ')
}

/** RFC 3339 for the API: `2026-06-30T08:00` → `2026-06-30T08:00:00+08:00`. */
export function toInstant(wallTime: string): string {
  return `${wallTime.length === 16 ? `${wallTime}:00` : wallTime}+08:00`
}

/** RFC 3339 → wall time, to the second; the second only where it is not zero. */
export function toWallTime(instant: string): string {
  const shifted = new Date(Date.parse(instant) + OFFSET_MS).toISOString()
  return shifted.slice(17, 19) === '00' ? shifted.slice(0, 16) : shifted.slice(0, 19)
}

/** As read by people: the day alone at midnight, else day and time. */
export function readable(instant: string): string {
  return typed(toWallTime(instant))
}

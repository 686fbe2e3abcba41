/** Lines of CSV (RFC 4180) as a spreadsheet reads them. */

const FORMULA = /^[=+\-@\t\r]/
const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i

/** One line; a text that a spreadsheet would take for a formula is marked as text. */
export function csvOf(cells: readonly unknown[]): string {
  return cells.map(cell).join(',')
}

function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

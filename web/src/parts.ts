/**
 * Parts of a panel 面板的各部分.
 *
 * A part is an entry in its panel's list and an element of its own, which is read when the part is opened
 * for the first time. Which one is open stands in the link, and what of it behind a colon:
 * `detail=publication:12`.
 */
import type { Title } from './title'

export interface Part {
  readonly id: string
  readonly title: Title
  /** The element, which is handed the workbench. */
  readonly tag: string
  readonly load: () => Promise<unknown>
}

/** The part that a panel's detail in the link names: `publication`, `publication:12`. */
export function partOf(parts: readonly Part[], detail: string | null): Part | undefined {
  const name = (detail ?? '').split(':')[0]
  return parts.find(({ id }) => id === name)
}

/** What a part keeps in the link for itself; nothing where another part has it. */
export function keptOf(part: string, detail: string | null): URLSearchParams {
  const [name = '', ...rest] = (detail ?? '').split(':')
  return new URLSearchParams(name === part ? rest.join(':') : '')
}

/** The detail in the link of a part with what it keeps; what is empty is left out. */
export function detailWith(part: string, kept: Readonly<Record<string, string | null>>): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(kept)) if (value) params.set(name, value)
  const text = params.toString()
  return text ? `${part}:${text}` : part
}

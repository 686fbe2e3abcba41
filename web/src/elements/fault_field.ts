/** The field that a fault is about 错处所在的字段, through the elements within elements. */
import type { LitElement } from 'lit'

const FIELD = "[aria-invalid='true'], input:not([type='checkbox']), textarea, select, button"

/** Puts the keyboard there, what hides it opened; false where there is no such field. */
export async function showField(root: ParentNode, id: string): Promise<boolean> {
  const found = fieldWithin(root, id)
  if (!found) return false
  for (let folded = found.closest('details'); folded; folded = folded.parentElement?.closest('details') ?? null) folded.open = true
  await (found as Partial<LitElement>).updateComplete
  found.scrollIntoView({ block: 'center' })
  found.focus({ preventScroll: true })
  return true
}

/** The field of this id or, of what is several fields, that which is marked as wrong, else the first. */
function fieldWithin(root: ParentNode, id: string): HTMLElement | null {
  const own = root.querySelector<HTMLElement>(`[id='${id}']`)
  if (!own) return null
  const inner = own.shadowRoot
  if (inner) return inner.querySelector<HTMLElement>("[aria-invalid='true']") ?? inner.querySelector<HTMLElement>(FIELD)
  return own.matches(FIELD) || own.tabIndex >= 0 ? own : (own.nextElementSibling?.querySelector<HTMLElement>(FIELD) ?? null)
}

/** Nobody is writing somewhere: then the keyboard may be put where something is to be mended. */
export function isIdle(): boolean {
  let active = document.activeElement
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement
  return !active?.matches('input, textarea, select')
}

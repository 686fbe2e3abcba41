/** Where this browser keeps the scenario that is being written 情景草稿: it outlives the panel, a reload and a crash. */
import { EMPTY, type Draft } from './scenario'
import { forget, read, write } from './sketch_shelf'

const DRAFT = 'onemap.scenario-draft'
/** The one before it, which another took the place of. */
const BEFORE = 'onemap.scenario-before'

export const keptDraft = (): Draft => parsed(read(DRAFT)) ?? EMPTY
export const keepDraft = (draft: Draft): boolean => write(DRAFT, JSON.stringify(draft))
export const draftBefore = (): Draft | null => parsed(read(BEFORE))
export const keepBefore = (draft: Draft): boolean => write(BEFORE, JSON.stringify(draft))
export const forgetBefore = (): void => forget(BEFORE)

/** Something was written: else nothing is lost with it. */
export function isWritten(draft: Draft): boolean {
  return JSON.stringify({ ...draft, base: null }) !== JSON.stringify({ ...EMPTY, base: null })
}

function parsed(text: string | null): Draft | null {
  try {
    const told = JSON.parse(text ?? 'null') as Draft | null
    return told && Array.isArray(told.items) && Array.isArray(told.area) ? { ...EMPTY, ...told } : null
  } catch {
    return null
  }
}

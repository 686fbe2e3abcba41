/** The shape that is being drawn just now: it survives a reload and a crash. */
import type { Position } from 'geojson'
import type { Shape } from './drawing'
import { forget, read, write } from './sketch_shelf'

const DRAFT = 'onemap.sketch-draft'
const SHAPES: readonly unknown[] = ['point', 'line', 'area'] satisfies readonly Shape[]

export interface Draft {
  readonly shape: Shape
  readonly positions: readonly Position[]
}

/** What was left unfinished; null where nothing was. */
export function draft(): Draft | null {
  try {
    const told = JSON.parse(read(DRAFT) ?? 'null') as Partial<Draft> | null
    const positions: unknown = told?.positions
    if (!SHAPES.includes(told?.shape) || !Array.isArray(positions) || !positions.length) return null
    return positions.every(isPosition) ? (told as Draft) : null
  } catch {
    return null
  }
}

export function keepDraft(kept: Draft | null): void {
  if (kept) write(DRAFT, JSON.stringify(kept))
  else forget(DRAFT)
}

function isPosition(told: unknown): boolean {
  return Array.isArray(told) && told.length > 1 && told.every(Number.isFinite)
}

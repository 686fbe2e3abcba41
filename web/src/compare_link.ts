/** What is compared ⇄ its part of the page's address; of the other map each name begins with `b.`. */
import { wallTimeOf } from './clock'
import type { Axis, Compare, CompareMode, ImageStyle } from './model'

export const MIDDLE = 50
const MODES: readonly CompareMode[] = ['swipe', 'side', 'difference']
const AXES: readonly Axis[] = ['valid', 'recorded']
const IMAGES: readonly ImageStyle[] = ['picture', 'heights', 'hillshade']

export function setCompare(params: URLSearchParams, compare: Compare): void {
  params.set('compare', compare.mode)
  if (compare.divider !== MIDDLE) params.set('divider', String(compare.divider))
  if (compare.datetime) params.set('b.datetime', compare.datetime)
  if (compare.asof) params.set('b.asof', compare.asof)
  if (compare.visible) params.set('b.layers', compare.visible.join(','))
  if (compare.images) params.set('b.images', compare.images)
  if (compare.layer) params.set('differing', compare.layer)
  if (compare.axis !== 'valid') params.set('axis', compare.axis)
  if (compare.picked) params.set('b.selected', '1')
}

/** Without a mode that is known, nothing is compared. */
export function compareOf(params: URLSearchParams): Compare | null {
  const mode = MODES.find((each) => each === params.get('compare'))
  if (!mode) return null
  return {
    mode,
    divider: percentOf(params.get('divider')),
    datetime: wallTimeOf(params.get('b.datetime')),
    asof: wallTimeOf(params.get('b.asof')),
    visible: params.get('b.layers')?.split(',').filter(Boolean) ?? null,
    images: imagesOf(params.get('b.images')),
    layer: params.get('differing') || null,
    axis: AXES.find((each) => each === params.get('axis')) ?? 'valid',
    picked: params.get('b.selected') === '1',
  }
}

/** How images are drawn; null where that is not said. */
export function imagesOf(text: string | null): ImageStyle | null {
  return IMAGES.find((each) => each === text) ?? null
}

function percentOf(text: string | null): number {
  const percent = text ? Number(text) : NaN
  return Number.isInteger(percent) && percent >= 0 && percent <= 100 ? percent : MIDDLE
}

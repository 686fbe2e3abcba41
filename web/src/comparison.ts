/** What the panel 对比 does with both sides: begins, swaps, names them. */
import { toWallTime, typed } from './clock'
import { clockOf, otherSide, type Span } from './compare'
import { MIDDLE } from './compare_link'
import { say } from './language'
import { isVisible, type Compare, type Layer, type MapState, type Times } from './model'

/** What a comparison begins with: the same layers as they were before, a year where nothing else is known. */
export function begun(state: MapState, datetime: string = yearBefore(state.datetime)): Compare {
  return {
    mode: 'swipe',
    divider: MIDDLE,
    datetime,
    asof: state.asof,
    visible: null,
    images: null,
    layer: null,
    axis: 'valid',
    picked: false,
  }
}

/** Both sides, each in the place of the other. */
export function swapped(state: MapState, layers: readonly Layer[]): Partial<MapState> {
  const { compare } = state
  if (!compare) return {}
  const { datetime, asof, visible, images } = otherSide(state)
  const own = layers.filter((layer) => isVisible(state, layer)).map(({ id }) => id)
  return {
    ...{ datetime, asof, visible, images },
    compare: {
      ...compare,
      datetime: state.datetime,
      asof: state.asof,
      visible: compare.visible && own,
      images: compare.images && state.images,
    },
  }
}

/** Both ends of a difference, as people read them. */
export function clockWords({ axis, older, newer }: Span): { readonly from: string; readonly to: string } {
  const clock = clockOf(axis)
  const words = ({ [clock]: wallTime }: Times) => (wallTime ? typed(wallTime) : say('presentNow'))
  return { from: words(older), to: words(newer) }
}

/** A year before; or when the histories of at least half of the layers had begun, where that was later.
 * `beginnings`: RFC 3339. */
export function startOf(wallTime: string | null, beginnings: readonly string[]): string {
  const year = yearBefore(wallTime)
  const half = beginnings.map((each) => toWallTime(fullSecond(each))).sort()[Math.floor((beginnings.length - 1) / 2)]
  return half && half > year && half < (wallTime ?? toWallTime(new Date().toISOString())) ? half : year
}

/** Wall times stop at seconds: the first one that is not before an instant. */
function fullSecond(instant: string): string {
  return new Date(Math.ceil(Date.parse(instant) / 1000) * 1000).toISOString()
}

/** The same day a year before, at midnight; null is today. The last of February for its leap day. */
export function yearBefore(wallTime: string | null): string {
  const day = wallTime ?? toWallTime(new Date().toISOString())
  const [year = '', month = '', date = ''] = day.slice(0, 10).split('-')
  const last = month === '02' && date === '29' ? '28' : date
  return `${String(Number(year) - 1).padStart(4, '0')}-${month}-${last}T00:00`
}

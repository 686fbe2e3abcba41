/** Places that a panel takes from the map one by one 图上取点. */
import type { Position4490 } from './model'
import type { Stage } from './stage'

/**
 * The next click, or Enter for the centre, is the place; Escape gives that up.
 *
 * `pointed` is told where the pointer is meanwhile. It goes on until `takeNone`.
 */
export function takeOne(
  stage: Stage | null,
  taken: (position: Position4490) => void,
  givenUp: () => void,
  pointed: (position: Position4490) => void = () => undefined,
): void {
  if (!stage) return
  stage.take(taken)
  stage.hold({
    press: () => false,
    drag: () => undefined,
    release: () => undefined,
    hover: (pixel) => pointed(stage.ground(pixel)),
    key: ({ key }) => {
      if (key !== 'Escape') return false
      givenUp()
      return true
    },
  })
  stage.focus()
}

export function takeNone(stage: Stage | null): void {
  stage?.take(null)
  stage?.hold(null)
}

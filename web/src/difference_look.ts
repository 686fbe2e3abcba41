/** How what differs is drawn: by colour, hatch and kind of line each, so that no colour has to be told from another. */
import type { Message } from './messages'

/** As difference tiles have it in `op`. */
export type Op = 'added' | 'removed' | 'changed'

export interface Look {
  readonly op: Op
  readonly title: Message
  readonly color: string
  /** A picture of the platform's sprite. */
  readonly hatch: string
  /** Dash and gap in widths of the line; empty: unbroken. */
  readonly dash: readonly number[]
  /** What stands in a point. */
  readonly sign: string
}

export const LOOKS: readonly Look[] = [
  { op: 'added', title: 'added', color: '#0b63b0', hatch: 'hatch-slash', dash: [], sign: '+' },
  { op: 'removed', title: 'removed', color: '#b3400a', hatch: 'hatch-lattice', dash: [2.4, 1.6], sign: '−' },
  { op: 'changed', title: 'altered', color: '#6b2fa0', hatch: 'hatch-dots', dash: [4, 1.4, 1, 1.4], sign: '≠' },
]

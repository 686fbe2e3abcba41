/** How thresholds of stations are called 特征值的名称, and where each stands in a chart. */
import type { Threshold } from './gauges'
import { say } from './language'
import type { Message } from './messages'
import './messages/thresholds'

const MARK_NAMES: Readonly<Record<string, Message>> = {
  warning: 'markWarning',
  guaranteed: 'markGuaranteed',
  highest: 'markHighest',
  'flood-limited': 'markFloodLimited',
  normal: 'markNormal',
  design: 'markDesign',
  check: 'markCheck',
  dead: 'markDead',
}

/** 警戒水位, 保证流量: which threshold of what. */
export function markName({ kind, quantity }: Pick<Threshold, 'kind' | 'quantity'>): string {
  return say('markOf', { mark: say(MARK_NAMES[kind] ?? 'markOther'), of: say(quantity === 'stage' ? 'ofStage' : 'ofDischarge') })
}

/** The thresholds of an element that a chart in this datum may show; the others cannot be compared. */
export function comparableTo(
  thresholds: readonly Threshold[],
  quantity: Threshold['quantity'],
  datum: string | null,
): { readonly shown: readonly Threshold[]; readonly hidden: readonly Threshold[] } {
  const own = thresholds.filter((each) => each.quantity === quantity)
  const fits = (each: Threshold) => quantity !== 'stage' || each.vertical_datum === datum
  return { shown: own.filter(fits), hidden: own.filter((each) => !fits(each)) }
}

/** How the steps of warnings 预警 and their colours are called. */
import type { Colour } from './flood_warnings'
import { say } from './language'
import type { Message } from './messages'
import './messages/flood_warnings'

const ACTIONS: Readonly<Record<string, Message>> = {
  issued: 'warnIssued',
  raised: 'warnRaised',
  lowered: 'warnLowered',
  cleared: 'warnCleared',
  cancelled: 'warnCancelled',
  'input-lost': 'warnLost',
  'input-back': 'warnBack',
  acknowledged: 'warnAcknowledged',
  noted: 'warnNoted',
  escalated: 'warnEscalated',
}
export const COLOUR_NAMES: Readonly<Record<Colour, string>> = { red: '红', orange: '橙', yellow: '黄', blue: '蓝' }

/** What happened to a warning, in words. */
export function wordOf(action: string): string {
  const message = ACTIONS[action]
  return message ? say(message) : action
}

/** Response plans in words 预案用语: states, channels, conditions. */
import { named, say } from '../language'
import type { Message } from '../messages'
import '../messages/response_plans'
import type { Channel, Condition, Standing } from '../response_plans'

const STATES: Readonly<Record<Standing, Message>> = {
  draft: 'respDraft',
  approved: 'respApproved',
  'in-force': 'respForce',
  superseded: 'respSuperseded',
  withdrawn: 'respWithdrawn',
}
const CHANNELS: Readonly<Record<Channel, Message>> = {
  phone: 'respPhone',
  sms: 'respSms',
  broadcast: 'respBroadcast',
  app: 'respApp',
  'in-person': 'respInPerson',
}
/** What a choice of a form is called, whatever it is a choice of. */
const CHOICES: Readonly<Record<string, Message>> = {
  ...CHANNELS,
  blue: 'respBlue',
  yellow: 'respYellow',
  orange: 'respOrange',
  red: 'respRed',
  warning: 'respKindWarning',
  stage: 'respKindStage',
  forecast: 'respKindForecast',
  order: 'respKindOrder',
}
const COMPARED: Readonly<Record<string, Message>> = { threshold: 'respByThreshold', stage: 'respByStage', flow: 'respByFlow' }

export const stateName = (state: Standing): string => say(STATES[state])
export const channelName = (channel: Channel): string => say(CHANNELS[channel])

export function choiceName(value: string, by = false): string {
  const message = (by ? COMPARED : CHOICES)[value]
  return message ? say(message) : value
}

/** A condition as a sentence; a threshold is named as it is on file. */
export function conditionWords(condition: Condition): string {
  const { kind, station, threshold, stage_m, datum, flow_m3_s, probability, within_h, level, place } = condition
  if (kind === 'order') return say('respOrderWords')
  if (kind === 'warning') return say('respWarningWords', { level: choiceName(String(level)), place: place ?? '' }).trim()
  const against = flow_m3_s !== undefined ? `${flow_m3_s} m³/s` : stage_m !== undefined ? `${stage_m} m(${datum})` : String(threshold)
  if (kind === 'stage') return say('respStageWords', { station: station ?? '', against })
  const more = [
    probability === undefined ? '' : say('respProbabilityWords', { probability }),
    within_h === undefined ? '' : say('respWithinWords', { hours: within_h }),
  ].join('')
  return say('respForecastWords', { station: station ?? '', against, more })
}

/** Any value of a version as text, for a table of what differs. */
export function valueWords(value: unknown): string {
  if (value === null || value === undefined) return '–'
  if (Array.isArray(value)) {
    return value.map((each) => (isCondition(each) ? conditionWords(each) : valueWords(each))).join(` ${say('respAnd')} `)
  }
  if (typeof value === 'object') {
    const words = value as { zh?: string; en?: string }
    return typeof words.zh === 'string' ? named({ zh: words.zh, en: words.en ?? '' }) : JSON.stringify(value)
  }
  return choiceName(String(value))
}

function isCondition(value: unknown): value is Condition {
  return typeof value === 'object' && value !== null && 'kind' in value
}

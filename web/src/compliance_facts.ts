/** What a project may say of itself 项目情况, as the platform names it. */
import type { Facts } from './compliance'
import type { Message } from './messages'
import type { Title } from './title'

/** 审批环节 */
export const STAGES: Readonly<Record<string, Title>> = {
  preliminary: { zh: '预审与选址', en: 'Preliminary review and siting' },
  conversion: { zh: '农用地转用与征收', en: 'Conversion and expropriation' },
  'land-permit': { zh: '用地规划许可', en: 'Land use permit' },
  'works-permit': { zh: '工程规划许可', en: 'Works permit' },
  verified: { zh: '规划核实', en: 'Verification' },
}

/** 活动类型 */
export const ACTIVITIES: Readonly<Record<string, Title>> = {
  'urban-construction': { zh: '城镇建设', en: 'Urban construction' },
  'village-construction': { zh: '村庄建设', en: 'Village construction' },
  industry: { zh: '工业仓储', en: 'Industry and storage' },
  'linear-infrastructure': { zh: '线性基础设施', en: 'Linear infrastructure' },
  'water-works': { zh: '防洪供水', en: 'Flood control and water supply' },
  'major-national': { zh: '国家重大项目', en: 'Major national project' },
  'farm-facility': { zh: '设施农业', en: 'Farm facility' },
  mining: { zh: '采矿', en: 'Mining' },
  tourism: { zh: '旅游', en: 'Tourism' },
  restoration: { zh: '生态修复', en: 'Ecological restoration' },
  monitoring: { zh: '科研监测管护', en: 'Research, monitoring, care' },
  other: { zh: '其他', en: 'Other' },
}

/** Numbers, none of them below zero, with their units. */
export const NUMBERS: readonly (readonly [name: string, label: Message, unit: string])[] = [
  ['far', 'factFar', ''],
  ['density_pct', 'factDensity', '%'],
  ['height_m', 'factHeight', 'm'],
  ['green_pct', 'factGreen', '%'],
  ['standard_m2', 'factStandard', 'm²'],
  ['compensation_m2', 'factCompensation', 'm²'],
  ['compensation_paddy_m2', 'factPaddy', 'm²'],
  ['compensation_grade', 'factGrade', ''],
]
export const TEXTS: readonly (readonly [name: string, label: Message])[] = [
  ['name', 'factName'],
  ['code', 'factCode'],
]
export const USE = 'use_code'
export const JUSTIFIED = 'justified'

/** What was typed into the fields, by name; a box that is ticked says `true`. */
export type Written = Readonly<Record<string, string>>

/** The facts of what was typed. */
export function factsOf(written: Written): Facts {
  const facts: Record<string, string | number | boolean> = {}
  for (const [name, text] of Object.entries(written)) {
    if (!text) continue
    if (name === JUSTIFIED) facts[name] = true
    else if (NUMBERS.some(([each]) => each === name)) facts[name] = Number(text)
    else facts[name] = name === USE ? useOf(text) : text
  }
  return facts
}

/** The code of a class as it is chosen or typed: `100101 一类工业用地`. */
export function useOf(text: string): string {
  return text.split(/\s/)[0] ?? ''
}

/** Names of the fields that hold no number, or one below zero. */
export function wrongIn(written: Written): readonly string[] {
  return NUMBERS.map(([name]) => name).filter((name) => {
    const text = written[name] ?? ''
    return text !== '' && !(Number(text) >= 0 && Number.isFinite(Number(text)))
  })
}

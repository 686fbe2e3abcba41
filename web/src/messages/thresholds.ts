/** How thresholds of gauging stations are called: before 水位 or 流量, as in 警戒水位, 设计洪水位. */
import type { Title } from '../title'
import { learn } from './known'

export const thresholdMessages = {
  markWarning: { zh: '警戒', en: 'warning' },
  markGuaranteed: { zh: '保证', en: 'guaranteed' },
  markHighest: { zh: '历史最高', en: 'highest recorded' },
  markFloodLimited: { zh: '汛限', en: 'flood-limited' },
  markNormal: { zh: '正常蓄', en: 'normal' },
  markDesign: { zh: '设计洪', en: 'design-flood' },
  markCheck: { zh: '校核洪', en: 'check-flood' },
  markDead: { zh: '死', en: 'dead-storage' },
  markOther: { zh: '特征', en: 'set' },
  markOf: { zh: '{mark}{of}', en: '{mark} {of}' },
  ofStage: { zh: '水位', en: 'stage' },
  ofDischarge: { zh: '流量', en: 'discharge' },
} satisfies Record<string, Title>

learn(thresholdMessages)

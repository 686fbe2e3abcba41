/** How thresholds of gauging stations are called. */
import type { Title } from '../title'
import { learn } from './known'

export const thresholdMessages = {
  markWarning: { zh: '警戒', en: 'warning' },
  markGuaranteed: { zh: '保证', en: 'guaranteed' },
  markHighest: { zh: '历史最高', en: 'highest on record' },
  markFloodLimited: { zh: '汛限', en: 'flood-limited' },
  markNormal: { zh: '正常蓄水', en: 'normal' },
  markDesign: { zh: '设计洪水', en: 'design flood' },
  markCheck: { zh: '校核洪水', en: 'check flood' },
  markDead: { zh: '死水位', en: 'dead storage' },
  markOther: { zh: '特征值', en: 'a threshold' },
} satisfies Record<string, Title>

learn(thresholdMessages)

/** What values are said as. */
import { learn } from './known'
import type { Title } from '../title'

export const formatMessages = {
  yes: { zh: '是', en: 'yes' },
  no: { zh: '否', en: 'no' },
  years: { zh: '年', en: 'years' },
} satisfies Record<string, Title>

learn(formatMessages)

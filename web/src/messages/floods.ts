/** What the parts of the panel of floods share. */
import type { Title } from '../title'
import { learn } from './known'

export const floodMessages = {
  floodParts: { zh: '防洪四预的各部分', en: 'Parts of the floods' },
  floodBack: { zh: '‹ 全部', en: '‹ All of them' },
  floodAgain: { zh: '重新读取', en: 'Read again' },
  floodTable: { zh: '数据表', en: 'Table' },
  floodNothing: { zh: '无', en: 'none' },
  floodMinutes: { zh: '{minutes} 分钟', en: '{minutes} min' },
  floodHours: { zh: '{hours} 小时', en: '{hours} h' },
  floodHoursMinutes: { zh: '{hours} 小时 {minutes} 分钟', en: '{hours} h {minutes} min' },
} satisfies Record<string, Title>

learn(floodMessages)

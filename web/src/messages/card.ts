/** What the cards of a feature and of a change say. */
import { learn } from './known'
import type { Title } from '../title'

export const cardMessages = {
  valid: { zh: '有效期', en: 'Valid' },
  since: { zh: '{time} 起', en: 'since {time}' },
  changeset: { zh: '变更集', en: 'Changeset' },
  today: { zh: '今天', en: 'today' },
  attributes: { zh: '要素属性', en: 'Attributes' },
  closeCard: { zh: '关闭要素卡片', en: 'Close the feature card' },
  featuresHere: { zh: '此处有 {count} 个要素', en: '{count} features here' },
  absent: { zh: '在所选时间没有此要素。', en: 'This feature does not exist at the chosen times.' },
  until: { zh: '{time} 止', en: 'until {time}' },
  untilNow: { zh: '至今', en: 'until now' },
  history: { zh: '历史', en: 'History' },
  versionCount: { zh: '{count} 个版本', en: 'versions: {count}' },
  seeThatTime: { zh: '看当时的图', en: 'See the map of that time' },
  recordedOn: { zh: '{time} 入库', en: 'recorded {time}' },
  correctedOn: { zh: '{time} 被更正', en: 'corrected {time}' },
  changeCard: { zh: '变化', en: 'Change' },
  editSelected: { zh: '修改', en: 'Change' },
  removeSelected: { zh: '删除', en: 'Remove' },
} satisfies Record<string, Title>

learn(cardMessages)

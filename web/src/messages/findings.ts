/** What the list of findings 质控告警 says of their handling. */
import type { Title } from '../title'
import { learn } from './known'

export const findingMessages = {
  findingState: { zh: '办理状态', en: 'Handling' },
  findingAll: { zh: '全部', en: 'All' },
  findingRaised: { zh: '待确认', en: 'Raised' },
  findingAcknowledged: { zh: '已确认', en: 'Acknowledged' },
  findingHandled: { zh: '已处置', en: 'Handled' },
  findingClosed: { zh: '已销号', en: 'Closed' },
  findingNoted: { zh: '备注', en: 'Note' },
  findingDoAcknowledge: { zh: '确认', en: 'Acknowledge' },
  findingDoHandle: { zh: '处置', en: 'Handle' },
  findingDoClose: { zh: '销号', en: 'Close' },
  findingDoReturn: { zh: '退回重办', en: 'Send back' },
  findingDoNote: { zh: '只作备注', en: 'Note only' },
  findingAnswer: { zh: '办理', en: 'Answer' },
  findingMayNot: { zh: '办理须有该测站图层的编辑权。', en: 'To answer takes the right to edit the layer of the station.' },
} satisfies Record<string, Title>

learn(findingMessages)

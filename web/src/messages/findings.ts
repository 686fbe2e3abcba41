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
  findingReceipts: { zh: '回执', en: 'Receipts' },
  findingNoReceipt: { zh: '尚无回执。', en: 'Nobody has answered yet.' },
  findingPast: { zh: '(此前的判定)', en: '(of an earlier judgement)' },
  findingAction: { zh: '动作', en: 'Action' },
  findingNote: { zh: '办理情况', en: 'What was done' },
  findingAuthor: { zh: '经办人', en: 'By' },
  findingDepartment: { zh: '部门', en: 'Department' },
  findingSend: { zh: '提交回执', en: 'Write the receipt' },
  findingSending: { zh: '正在提交', en: 'Writing' },
  findingNoteMissing: { zh: '请写明办理情况。', en: 'Say what was done.' },
  findingByMissing: { zh: '请填写经办人和部门。', en: 'Name who acts and the department.' },
  findingMayNot: { zh: '办理须有该测站图层的编辑权。', en: 'To answer takes the right to edit the layer of the station.' },
} satisfies Record<string, Title>

learn(findingMessages)

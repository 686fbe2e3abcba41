/** What a book of receipts 回执 says, and the form that writes one. */
import type { Title } from '../title'
import { learn } from './known'

export const receiptMessages = {
  receiptNone: { zh: '尚无回执。', en: 'Nobody has answered yet.' },
  receipts: { zh: '回执', en: 'Receipts' },
  receiptPast: { zh: '(此前的判定)', en: '(of an earlier judgement)' },
  receiptAction: { zh: '动作', en: 'Action' },
  receiptNote: { zh: '办理情况', en: 'What was done' },
  receiptAuthor: { zh: '经办人', en: 'By' },
  receiptDepartment: { zh: '部门', en: 'Department' },
  receiptSend: { zh: '提交回执', en: 'Write the receipt' },
  receiptSending: { zh: '正在提交', en: 'Writing' },
  receiptNoteMissing: { zh: '请写明办理情况。', en: 'Say what was done.' },
  receiptByMissing: { zh: '请填写经办人和部门。', en: 'Name who acts and the department.' },
} satisfies Record<string, Title>

learn(receiptMessages)

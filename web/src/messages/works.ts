/** What the works page 工程 says: claims, history, defects and inspections. */
import type { Title } from '../title'
import { learn } from './known'

export const worksMessages = {
  worksViews: { zh: '对象与主张,或沿河记录', en: 'Subjects and claims, or records along the river' },
  worksClaims: { zh: '工程与主张', en: 'Works and claims' },
  worksRecords: { zh: '缺陷与巡查', en: 'Defects and inspections' },
  worksSubject: { zh: '对象', en: 'Subject' },
  worksHere: { zh: '本河道工程', en: 'Works on this river' },
  worksSubjects: { zh: '其他有主张的对象', en: 'Others of which something is claimed' },
  worksNone: { zh: '没有登记工程,也没有主张。', en: 'Neither works nor claims are registered.' },
  worksHow: {
    zh: '每条事实都是一条有来源的主张;来源矛盾时并列,采用哪一条须有人选定并说明理由。按页面上的现状时间与认知时间显示。',
    en: 'Each fact is a claim with its source; those that contradict each other stand side by side until somebody chooses and says why. As of the clocks of the page.',
  },
  worksNoClaims: { zh: '对它还没有主张。', en: 'Nothing is claimed of it yet.' },
  worksHistory: { zh: '登记历史', en: 'History on the register' },
  claimConflict: { zh: '来源矛盾', en: 'sources contradict' },
  claimOpen: { zh: '来源矛盾,尚未采用:不显示任何一个数值。', en: 'The sources contradict each other and nobody has chosen: no value is shown.' },
  claimShown: { zh: '采用', en: 'shown' },
  claimOf: { zh: '({part})', en: ' ({part})' },
  claimSource: { zh: '来源', en: 'Source' },
  claimPage: { zh: '第 {page} 页', en: 'p. {page}' },
  claimNoPage: { zh: '页码未注明', en: 'page not stated' },
  claimNoDate: { zh: '日期未注明', en: 'date not stated' },
  claimBy: { zh: '登记', en: 'Entered' },
  claimNote: { zh: '备注', en: 'Note' },
  claimTold: { zh: '这条主张的历史', en: 'History of this claim' },
  claimStood: { zh: '{time} {by}({department}):{standing}', en: '{time} {by} ({department}): {standing}' },
  claimChosen: {
    zh: '自 {from} 起采用其中一条;{by}({department}):{reason}',
    en: 'One of them is shown from {from} on; {by} ({department}): {reason}',
  },
  claimChosenThis: { zh: '自 {from} 起采用本条:{reason}', en: 'shown from {from} on: {reason}' },
  claimChosenOther: { zh: '自 {from} 起采用另一条:{reason}', en: 'another is shown from {from} on: {reason}' },
  recordsHow: { zh: '按桩号自上而下;点开缺陷看办理过程。', en: 'By chainage, going down the river; open a defect for the steps it has taken.' },
  recordsAll: { zh: '全部', en: 'All' },
  recordsKind: { zh: '类别', en: 'Kind' },
  recordsDefects: { zh: '缺陷', en: 'Defects' },
  recordsInspections: { zh: '巡查养护', en: 'Inspections' },
  recordsDocuments: { zh: '文档照片', en: 'Documents' },
  recordsCount: { zh: '{count} 项', en: '{count} records' },
  recordsNone: { zh: '这条河没有登记缺陷、巡查或文档。', en: 'No defect, inspection or document is registered on this river.' },
  recordsStep: { zh: '{from} {status}:{by}', en: '{from} {status}: {by}' },
  recordsOpen: { zh: '打开文件', en: 'Open the file' },
} satisfies Record<string, Title>

learn(worksMessages)

/** What the wizard of reorganisations says. */
import { learn } from './known'
import type { Title } from '../title'

export const regionMessages = {
  regionHow: {
    zh: '区划调整:列出步骤,先看影响,再实施;地址标识不变,关联不断,可以整体撤销。',
    en: 'Reorganise regions: list the steps, look at the impact, carry them out. Addresses keep their identity, links hold, and all of it can be taken back.',
  },
  regionRefused: {
    zh: '调整区划须有登记簿各图层的编辑权。',
    en: 'Reorganising needs the right to edit the layers of the register.',
  },
  regionStep: { zh: '做什么', en: 'What' },
  stepMove: { zh: '划转', en: 'Move' },
  stepRename: { zh: '更名', en: 'Rename' },
  stepMerge: { zh: '合并', en: 'Merge' },
  stepSplit: { zh: '拆分', en: 'Split' },
  stepRecode: { zh: '改码', en: 'Recode' },
  regionUnit: { zh: '单位', en: 'Unit' },
  regionUnits: { zh: '涉及单位', en: 'Units' },
  regionInto: { zh: '划入或并入', en: 'Into' },
  regionName: { zh: '新名称', en: 'New name' },
  regionCode: { zh: '区划代码(6、9 或 12 位)', en: 'Division code (6, 9 or 12 digits)' },
  regionFind: { zh: '名称、拼音或首字母', en: 'Name, pinyin or initials' },
  regionClick: { zh: '在图上点选', en: 'Choose on the map' },
  regionClicking: { zh: '点选中,再按一次结束', en: 'Choosing; press again to end' },
  regionRemove: { zh: '移除 {name}', en: 'Remove {name}' },
  regionAdd: { zh: '加入步骤', en: 'Add the step' },
  regionSteps: { zh: '步骤', en: 'Steps' },
  regionDay: { zh: '生效日', en: 'From' },
  regionDocument: { zh: '批准文号', en: 'Document' },
  regionReason: { zh: '原因', en: 'Reason' },
  regionAuthor: { zh: '经办人', en: 'Author' },
  regionDepartment: { zh: '部门', en: 'Department' },
  regionPreview: { zh: '预览影响', en: 'Look at the impact' },
  regionDo: { zh: '实施', en: 'Carry out' },
  regionUndo: { zh: '撤销这次调整', en: 'Take it back' },
  regionRunning: { zh: '正在处理', en: 'Working' },
  regionImpact: { zh: '影响', en: 'Impact' },
  regionDone: { zh: '已实施', en: 'Carried out' },
  regionUndone: { zh: '已撤销', en: 'Taken back' },
  regionComponents: { zh: '构件', en: 'Components' },
  regionCodes: { zh: '代码', en: 'Codes' },
  regionAddresses: { zh: '地址', en: 'Addresses' },
  regionLinks: { zh: '关联对象(不断)', en: 'Linked objects (kept)' },
  regionUnmoved: { zh: '沿街门牌,文字不变', en: 'Doors along streets, unchanged' },
  regionReads: { zh: '改变前后', en: 'Before and after' },
} satisfies Record<string, Title>

learn(regionMessages)

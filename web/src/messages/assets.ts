/** What the asset register 设施台账 says. */
import type { Title } from '../title'
import { learn } from './known'

export const assetMessages = {
  assetHow: {
    zh: '各类设施的数量,按生命周期状态,取图面的现状时间与认知时间。',
    en: 'How many assets there are of each kind, by state of life, at the times of the map.',
  },
  assetNoLayers: { zh: '没有您能看到的设施图层。', en: 'There is no asset layer that you may see.' },
  assetKinds: { zh: '设施类别', en: 'Kinds of assets' },
  assetBack: { zh: '全部类别', en: 'All kinds' },
  assetStatus: { zh: '生命周期状态', en: 'State of life' },
  assetEvery: { zh: '全部({count})', en: 'All ({count})' },
  assetState: { zh: '{state}({count})', en: '{state} ({count})' },
  assetPlanned: { zh: '规划', en: 'planned' },
  assetBuilt: { zh: '已建', en: 'built' },
  assetInService: { zh: '在用', en: 'in service' },
  assetRetired: { zh: '停用', en: 'retired' },
  assetFind: { zh: '按文字筛选', en: 'Filter by text' },
  assetFound: { zh: '{count} 项', en: '{count} assets' },
  assetAbout: { zh: '约 {count} 项', en: 'about {count} assets' },
  assetNone: { zh: '没有符合条件的设施。', en: 'No asset matches.' },
  assetMore: { zh: '再读 {count} 项', en: '{count} more' },
  assetCsv: { zh: '导出 CSV', en: 'Export CSV' },
  assetLife: { zh: '生命历程', en: 'Its life' },
  assetFields: { zh: '属性与运维', en: 'Fields and upkeep' },
  assetHistory: { zh: '变更记录', en: 'Changes' },
  assetVersion: { zh: '{from} 起 {state}', en: '{state} from {from}' },
  assetRecords: { zh: '{title}({count})', en: '{title} ({count})' },
  assetNoRecords: { zh: '没有记录。', en: 'None.' },
  assetChart: { zh: '观测过程线', en: 'Observations' },
  assetMap: { zh: '在图上查看', en: 'Show on the map' },
  assetAddress: { zh: '标准地址', en: 'Address' },
  assetAdvance: { zh: '办理', en: 'Take a step' },
  assetMayNot: {
    zh: '办理须有该图层的编辑权,由主管部门授予:{steward}。',
    en: 'To take a step needs the right to edit the layer, which its steward grants: {steward}.',
  },
  assetTo: { zh: '改为', en: 'Becomes' },
  assetDay: { zh: '生效日期', en: 'From the day' },
  assetDocument: { zh: '批准文号', en: 'Number of the document' },
  assetReason: { zh: '原因', en: 'Reason' },
  assetAuthor: { zh: '经办人', en: 'Author' },
  assetDepartment: { zh: '部门', en: 'Department' },
  assetCheck: { zh: '先检查', en: 'Check' },
  assetDo: { zh: '办理', en: 'Take the step' },
  assetWorking: { zh: '正在办理', en: 'Working' },
  assetMissing: { zh: '请填写:{names}', en: 'Please fill in: {names}' },
  assetMayBe: { zh: '可以办理:{before} → {after},尚未写入。', en: 'It can be taken: {before} → {after}. Nothing is written yet.' },
  assetDone: { zh: '已办理:{before} → {after},变更集 {changeset}。', en: 'Taken: {before} → {after}, changeset {changeset}.' },
} satisfies Record<string, Title>

learn(assetMessages)

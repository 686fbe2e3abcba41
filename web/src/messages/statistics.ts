/** What the statistics of the planning panel 查询统计 say. */
import type { Title } from '../title'
import { learn } from './known'

export const statisticMessages = {
  statHow: {
    zh: '按分类统计图层的个数与面积(椭球面积)、长度,可分镇街;时间取自图上。',
    en: 'Counts a layer by class, with legal areas or lengths, by town where wanted, at the time of the map.',
  },
  statLayer: { zh: '图层', en: 'Layer' },
  statBy: { zh: '按字段', en: 'By' },
  statWhole: { zh: '不分类', en: 'not by class' },
  statDivisions: { zh: '分辖区', en: 'By division' },
  statCity: { zh: '全市', en: 'whole city' },
  statRun: { zh: '统计', en: 'Count' },
  statRunning: { zh: '正在统计 {percent} %', en: 'Counting, {percent} %' },
  statTable: { zh: '统计结果', en: 'Result' },
  statPart: { zh: '看哪个辖区', en: 'Division shown' },
  statClass: { zh: '分类', en: 'Class' },
  statDivision: { zh: '辖区', en: 'Division' },
  statCode: { zh: '代码', en: 'Code' },
  statCount: { zh: '个数', en: 'Features' },
  statArea: { zh: '面积 m²', en: 'Area m²' },
  statMu: { zh: '亩', en: 'mu' },
  statLength: { zh: '长度 m', en: 'Length m' },
  statMeasure: { zh: '面积 m² 或长度 m', en: 'Area m² or length m' },
  statShare: { zh: '占比', en: 'Share' },
  statSum: { zh: '合计', en: 'Total' },
  statEmpty: { zh: '未填', en: 'not filled' },
  statOutside: { zh: '另有 {count} 个不在任何辖区内。', en: '{count} more lie in no division.' },
  statNothing: { zh: '该时点没有要素。', en: 'There is nothing at that time.' },
  statFile: { zh: '下载 CSV', en: 'CSV' },
  statSignIn: { zh: '登录后可统计。', en: 'Sign in to count.' },
  statRests: { zh: '时点 {at},变更集 {changeset}', en: 'As of {at}, changeset {changeset}' },
} satisfies Record<string, Title>

learn(statisticMessages)

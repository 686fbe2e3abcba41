/** What the table of attributes says. */
import { learn } from './known'
import type { Title } from '../title'

export const tableMessages = {
  tableOf: { zh: '{title}属性表', en: 'Attributes of {title}' },
  layer: { zh: '图层', en: 'Layer' },
  identity: { zh: '标识', en: 'Identity' },
  inView: { zh: '只列视野内', en: 'In view only' },
  filter: { zh: '筛选条件(CQL2)', en: 'Condition (CQL2)' },
  filterExample: { zh: '条件,如 {example}', en: 'A condition, such as {example}' },
  applyFilter: { zh: '筛选', en: 'Filter' },
  clearFilter: { zh: '清除', en: 'Clear' },
  sortBy: { zh: '按{title}排序', en: 'Sort by {title}' },
  previousPage: { zh: '上一页', en: 'Previous page' },
  nextPage: { zh: '下一页', en: 'Next page' },
  rowsShown: { zh: '第 {first}–{last} 条', en: 'Rows {first}–{last}' },
  rowsOf: { zh: '第 {first}–{last} 条,共 {total} 条', en: 'Rows {first}–{last} of {total}' },
  rowsAbout: { zh: '第 {first}–{last} 条,约 {total} 条', en: 'Rows {first}–{last} of about {total}' },
  noRows: { zh: '没有符合条件的要素', en: 'No feature matches' },
  selectedRow: { zh: '所选要素(不在本页)', en: 'Selected feature, not on this page' },
  exportAs: { zh: '导出', en: 'Export' },
  exportTitle: {
    zh: '导出列表中的全部要素:{format}',
    en: 'Export everything that is listed: {format}',
  },
  exportTenThousand: {
    zh: '导出列表中的前 10000 个要素:GeoJSON',
    en: 'Export the first 10,000 features listed: GeoJSON',
  },
} satisfies Record<string, Title>

learn(tableMessages)

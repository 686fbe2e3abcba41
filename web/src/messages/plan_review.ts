/** What the review of plan results says 成果审查. */
import { learn } from './known'
import type { Title } from '../title'

export const planReviewMessages = {
  revHow: {
    zh: '按十二组检查项审查在库图层或送审文件,逐条列出问题并在图上定位。',
    en: 'Looks through held layers, or a delivery in a file, by twelve groups of checks, and shows each defect on the map.',
  },
  revWhat: { zh: '审查什么', en: 'What is reviewed' },
  revHeld: { zh: '在库图层', en: 'Held layers' },
  revFile: { zh: '送审文件', en: 'A delivery' },
  revLayers: { zh: '图层(不选为全部)', en: 'Layers (none: all)' },
  revFileHow: {
    zh: 'zip(内含 FileGDB、GeoPackage 或 Shapefile)或 gpkg,不超过 {most} MB;更大的请先入库再审查。',
    en: 'A zip with FileGDB, GeoPackage or Shapefiles, or a gpkg, of {most} MB at most; load larger ones first.',
  },
  revChoose: { zh: '选择文件', en: 'Choose a file' },
  revTooLarge: { zh: '文件过大,请先入库再审查:{name}', en: 'The file is too large, load it first: {name}' },
  revNoFile: { zh: '请先选择文件', en: 'Choose a file first' },
  revGroups: { zh: '检查组(不选为全部)', en: 'Groups of checks (none: all)' },
  revAsOf: { zh: '按{time}的数据', en: 'Data of {time}' },
  revToday: { zh: '现在', en: 'now' },
  revRun: { zh: '审查', en: 'Review' },
  revRunning: { zh: '正在审查', en: 'Reviewing' },
  revCancel: { zh: '取消', en: 'Cancel' },
  revPassed: { zh: '未发现错误', en: 'No errors' },
  revFailed: { zh: '有错误', en: 'Errors found' },
  revErrors: { zh: '错误 {count}', en: 'errors {count}' },
  revWarnings: { zh: '警告 {count}', en: 'warnings {count}' },
  revNotes: { zh: '提示 {count}', en: 'notes {count}' },
  revSynthetic: { zh: '被审查的图层含合成数据,结果不作依据。', en: 'The layers are generated, not surveyed: nothing may be decided by it.' },
  revOf: { zh: '{name},审查于 {time}', en: '{name}, reviewed {time}' },
  revReport: { zh: '报告', en: 'Report' },
  revPage: { zh: '网页', en: 'Page' },
  revPaper: { zh: 'PDF', en: 'PDF' },
  revDefects: { zh: '问题图层 GeoPackage', en: 'Defects, GeoPackage' },
  revResults: { zh: '问题({groups} 组检查)', en: 'Defects by the {groups} groups' },
  revHint: { zh: '点开一组看问题;点一条,在图上定位。', en: 'Open a group to see its defects; press one to see where it is.' },
  revNone: { zh: '无问题', en: 'none' },
  revNotRun: { zh: '未检查', en: 'not run' },
  revPartRun: { zh: '部分未检查', en: 'not all run' },
  revIgnored: { zh: '容差内不计 {count}', en: 'within tolerance: {count}' },
  revMore: { zh: '再列 {count} 条', en: '{count} more' },
  revCut: { zh: '另有 {count} 条未列出,全部见 GeoPackage。', en: '{count} more are not listed; the GeoPackage has them.' },
  revNoPlace: { zh: '没有位置', en: 'has no place' },
  revVisit: { zh: '看要素', en: 'Show the feature' },
} satisfies Record<string, Title>

learn(planReviewMessages)

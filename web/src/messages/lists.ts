/** What the workbench of lists says. */
import { learn } from './known'
import type { Title } from '../title'

export const listMessages = {
  listHow: {
    zh: '把名单(CSV、XLSX、Parquet)的每一行对到标准地址:先预览,再全部匹配;拿不准的由人逐条确认,确认的写法登记簿会记住。',
    en: 'Each row of a list (CSV, XLSX, Parquet) and its standard address: preview first, then match all; what is unsure is confirmed by a person, and the register remembers it.',
  },
  listFile: { zh: '选择名单', en: 'Choose a list' },
  listTooLarge: {
    zh: '文件超过 {most} MB,请用命令行:./onemap address match',
    en: 'The file has more than {most} MB; use the command line: ./onemap address match',
  },
  listColumns: { zh: '地址列', en: 'Address columns' },
  listPreview: { zh: '预览前 {count} 行', en: 'Preview {count} rows' },
  listRun: { zh: '全部匹配', en: 'Match all' },
  listRunning: { zh: '正在匹配,已完成 {percent}%', en: 'Matching, {percent}% done' },
  listDownload: { zh: '下载成果', en: 'Download the result' },
  listAutomatic: { zh: '自动', en: 'Automatic' },
  listReview: { zh: '待审', en: 'To review' },
  listFailed: { zh: '失败', en: 'Failed' },
  listRows: { zh: '{name}:{rows} 行,编码 {encoding}', en: '{name}: {rows} rows, {encoding}' },
  listWrong: { zh: '自动中预计有误 {count} 行', en: 'about {count} rows wrong among the automatic' },
  listOutcome: { zh: '处理', en: 'Outcome' },
  listOwn: { zh: '名单所写', en: 'As the list has it' },
  listMeant: { zh: '标准地址', en: 'Standard address' },
  listSure: { zh: '置信度', en: 'Confidence' },
  listWhy: { zh: '说明', en: 'Why' },
  listTable: { zh: '预览', en: 'Preview' },

  reviewTexts: { zh: '待审的写法', en: 'Texts to decide' },
  reviewKeys: {
    zh: '↑↓ 或 K J 选行,1–5 确认候选,0 无此地址,U 撤回',
    en: '↑↓ or K J choose, 1–5 accept a candidate, 0 no such address, U undo',
  },
  reviewNone: { zh: '没有待审的写法了。', en: 'Nothing is left to decide.' },
  reviewRows: { zh: '{count} 行', en: '{count} rows' },
  reviewCandidates: { zh: '可能是', en: 'It may be' },
  reviewNothing: { zh: '登记簿里没有候选。', en: 'The register has no candidate.' },
  reviewReject: { zh: '无此地址', en: 'No such address' },
  reviewUndo: { zh: '撤回', en: 'Undo' },
  reviewAccepted: { zh: '已确认', en: 'accepted' },
  reviewRejected: { zh: '无此地址', en: 'no such address' },
  reviewLeft: { zh: '尚余 {count} 条', en: '{count} left' },
} satisfies Record<string, Title>

learn(listMessages)

/** What is said of how things stand 防洪态势. */
import type { Title } from '../title'
import { learn } from './known'

export const floodBoardMessages = {
  boardNow: { zh: '现在的态势,{time} 读取;有变化会自动更新。', en: 'How things stand now, read {time}; it follows changes by itself.' },
  boardThen: { zh: '{time} 时的态势。', en: 'How things stood {time}.' },
  boardThenHow: {
    zh: '无法判定的结论按认知时间回看;响应与推演按记录时刻推算。',
    en: 'What could not be judged follows the time of belief; responses and runs are reckoned from when they were recorded.',
  },
  boardFigures: { zh: '要点', en: 'Figures' },
  boardAbove: { zh: '超特征水位', en: 'above thresholds' },
  boardOverdue: { zh: '响应超时', en: 'overdue in responses' },
  boardUndecidedFigure: { zh: '无法判定', en: 'undecided' },
  boardWarnings: { zh: '在用预警', en: 'Warnings in force' },
  boardChanged: { zh: '最近变动 {age}', en: 'last change {age}' },
  boardCancelled: { zh: '已撤销', en: 'cancelled' },
  boardReason: { zh: '原因:{reason}', en: 'reason: {reason}' },
  boardUndecided: { zh: '无法判定({count})', en: 'Cannot be judged ({count})' },
  boardMoreUndecided: { zh: '只列前 {count} 条。', en: 'Only the first {count} are listed.' },
  boardLevels: { zh: '水位', en: 'Stages' },
  boardNoLevels: { zh: '没有超特征值或正在上涨的测站({count} 站有水位)。', en: 'No station is above a threshold or rising ({count} have a stage).' },
  boardMoreLevels: { zh: '测站较多,只看了前 {count} 站。', en: 'There are many stations; only the first {count} were looked at.' },
  boardNewestStage: { zh: '最新来报 {age}', en: 'newest reading {age}' },
  boardRise: { zh: '↑ {rise} m/h', en: '↑ {rise} m/h' },
  boardFall: { zh: '↓ {rise} m/h', en: '↓ {rise} m/h' },
  boardSteady: { zh: '持平', en: 'steady' },
  boardNoRise: { zh: '涨落不明', en: 'rise unknown' },
  boardReached: { zh: '达{marks}', en: 'reaches {marks}' },
  boardForecast: { zh: '最新发布的预报', en: 'Newest issued forecast' },
  boardNoForecast: { zh: '没有已发布的预报。', en: 'No forecast has been issued.' },
  boardForecastWords: { zh: '{station} 洪峰 {peak} m³/s', en: '{station}, peak {peak} m³/s' },
  boardForecastHow: { zh: '精度 {grade} · 预见期 {lead}', en: 'grade {grade} · lead {lead}' },
  boardBasis: { zh: '依据时刻 {age}', en: 'basis {age}' },
  boardResponses: { zh: '响应中的预案', en: 'Plans at work' },
  boardNoResponses: { zh: '没有启动中的预案。', en: 'No plan is at work.' },
  boardResponse: { zh: '已确认 {done}/{all} · 超时消息 {messages} · 超时任务 {actions}', en: '{done} of {all} confirmed · {messages} messages and {actions} actions overdue' },
  boardExercise: { zh: '演练', en: 'exercise' },
  boardReal: { zh: '实战', en: 'for real' },
  boardStarted: { zh: '启动 {age}', en: 'activated {age}' },
  boardRuns: { zh: '最新推演', en: 'Newest runs' },
  boardNoRuns: { zh: '还没有推演成果。', en: 'No run is kept yet.' },
  boardKept: { zh: '入库 {age}', en: 'kept {age}' },
  boardAll: { zh: '{what}:全部', en: '{what}: all' },
} satisfies Record<string, Title>

learn(floodBoardMessages)

/** What is said of how things stand 防洪态势. */
import type { Title } from '../title'
import { learn } from './known'

export const floodBoardMessages = {
  situationNow: { zh: '现在的态势,{time} 读取;有变化会自动更新。', en: 'How things stand now, read {time}; it follows changes by itself.' },
  situationThen: { zh: '{time} 时的态势。', en: 'How things stood {time}.' },
  situationThenHow: {
    zh: '无法判定的结论按认知时间回看;响应与推演按记录时刻推算。',
    en: 'What could not be judged follows the time of belief; responses and runs are reckoned from when they were recorded.',
  },
  situationFigures: { zh: '要点', en: 'Figures' },
  situationAbove: { zh: '超特征水位', en: 'above thresholds' },
  situationOverdue: { zh: '响应超时', en: 'overdue in responses' },
  situationUndecidedFigure: { zh: '无法判定', en: 'undecided' },
  situationWarnings: { zh: '在用预警', en: 'Warnings in force' },
  situationChanged: { zh: '最近变动 {age}', en: 'last change {age}' },
  situationCancelled: { zh: '已撤销', en: 'cancelled' },
  situationReason: { zh: '原因:{reason}', en: 'reason: {reason}' },
  situationUndecided: { zh: '无法判定({count})', en: 'Cannot be judged ({count})' },
  situationMoreUndecided: { zh: '只列前 {count} 条。', en: 'Only the first {count} are listed.' },
  situationLevels: { zh: '水位', en: 'Stages' },
  situationNoLevels: { zh: '没有超特征值或正在上涨的测站({count} 站有水位)。', en: 'No station is above a threshold or rising ({count} have a stage).' },
  situationNewestStage: { zh: '最新来报 {age}', en: 'newest reading {age}' },
  situationRise: { zh: '↑ {rise} m/h', en: '↑ {rise} m/h' },
  situationFall: { zh: '↓ {rise} m/h', en: '↓ {rise} m/h' },
  situationSteady: { zh: '持平', en: 'steady' },
  situationNoRise: { zh: '涨落不明', en: 'rise unknown' },
  situationReached: { zh: '达{marks}', en: 'reaches {marks}' },
  situationForecast: { zh: '最新发布的预报', en: 'Newest issued forecast' },
  situationNoForecast: { zh: '没有已发布的预报。', en: 'No forecast has been issued.' },
  situationForecastWords: { zh: '{station} 洪峰 {peak} m³/s', en: '{station}, peak {peak} m³/s' },
  situationForecastHow: { zh: '精度 {grade} · 预见期 {lead}', en: 'grade {grade} · lead {lead}' },
  situationBasis: { zh: '依据时刻 {age}', en: 'basis {age}' },
  situationResponses: { zh: '响应中的预案', en: 'Plans at work' },
  situationNoResponses: { zh: '没有启动中的预案。', en: 'No plan is at work.' },
  situationResponse: { zh: '已确认 {done}/{all} · 超时消息 {messages} · 超时任务 {actions}', en: '{done} of {all} confirmed · {messages} messages and {actions} actions overdue' },
  situationExercise: { zh: '演练', en: 'exercise' },
  situationReal: { zh: '实战', en: 'for real' },
  situationStarted: { zh: '启动 {age}', en: 'activated {age}' },
  situationRuns: { zh: '最新推演', en: 'Newest runs' },
  situationNoRuns: { zh: '没有可列出的推演。', en: 'There is no run to list.' },
  situationKept: { zh: '入库 {age}', en: 'kept {age}' },
  situationAll: { zh: '{what}:全部', en: '{what}: all' },
} satisfies Record<string, Title>

learn(floodBoardMessages)

/** What the surface through time 插值面 says. */
import type { Title } from '../title'
import { learn } from './known'

export const surfaceMessages = {
  surfaceHow: {
    zh: '由各站通过质控的观测值逐时刻推算全市的面,每个时刻一次作业。离测站越远越不可靠:请看标准差。',
    en: 'Surfaces over the city from what stations measured and quality control passed, one job an instant. The farther from a station the less sure: see the standard deviation.',
  },
  surfaceProperty: { zh: '观测属性', en: 'Property' },
  surfaceFrom: { zh: '自(北京时间)', en: 'From (Beijing time)' },
  surfaceTo: { zh: '至(北京时间)', en: 'To (Beijing time)' },
  surfaceStep: { zh: '步长', en: 'Step' },
  surfaceHours: { zh: '{count} 小时', en: '{count} h' },
  surfaceMethod: { zh: '方法', en: 'Method' },
  surfaceKriging: { zh: '普通克里金', en: 'Ordinary kriging' },
  surfaceIdw: { zh: '反距离加权', en: 'Inverse distance' },
  surfaceCell: { zh: '格网边长', en: 'Side of a cell' },
  surfaceWithin: { zh: '观测值至多早', en: 'Values up to' },
  surfaceStart: { zh: '计算', en: 'Compute' },
  surfaceCancel: { zh: '取消', en: 'Cancel' },
  surfaceProgress: { zh: '已算 {done} / {total} 个时刻', en: '{done} of {total} instants computed' },
  surfaceBadTime: { zh: '请写明起止时间,起不晚于止。', en: 'Write both times, the first not after the last.' },
  surfaceTooMany: {
    zh: '共 {count} 个时刻,一次至多 {most} 个:请缩短时段或加大步长。',
    en: 'That makes {count} instants, {most} are computed at once: shorten the span or widen the step.',
  },
  surfaceNone: { zh: '没有可插值的观测属性:至少两站测同一属性。', en: 'No property can be interpolated: two stations have to measure one.' },
  surfaceShown: { zh: '显示', en: 'Shown' },
  surfaceValues: { zh: '推算值', en: 'Values' },
  surfaceDeviations: { zh: '标准差(不确定性)', en: 'Standard deviation (uncertainty)' },
  surfaceNoDeviation: { zh: '反距离加权不给出标准差。', en: 'Inverse distance knows no standard deviation.' },
  surfaceTime: { zh: '时刻', en: 'Instant' },
  surfacePlay: { zh: '播放', en: 'Play' },
  surfacePause: { zh: '暂停', en: 'Pause' },
  surfaceFirst: { zh: '上一时刻', en: 'Instant before' },
  surfaceNext: { zh: '下一时刻', en: 'Next instant' },
  surfaceLoo: {
    zh: '留一交叉验证均方根误差 {error},{samples} 站',
    en: 'Root mean square error when each station is left out {error}, {samples} stations',
  },
  surfaceVariogram: {
    zh: '变差函数:块金 {nugget},基台 {sill},变程 {range} km',
    en: 'Variogram: nugget {nugget}, sill {sill}, range {range} km',
  },
  surfaceMissing: { zh: '这一时刻没有面:{why}', en: 'No surface at this instant: {why}' },
  surfaceLegend: { zh: '图例', en: 'Legend' },
  surfaceUnder: { zh: '小于 {high}', en: 'under {high}' },
  surfaceOver: { zh: '{low} 及以上', en: '{low} and over' },
  surfaceBetween: { zh: '{low} 至 {high}', en: '{low} to {high}' },
  surfaceSynthetic: { zh: '由合成的测站与观测值推算,不代表真实情况。', en: 'Computed from generated stations and values; stands for nothing real.' },
  surfaceAsof: { zh: '按 {time} 所知的观测值', en: 'By the values as known at {time}' },
} satisfies Record<string, Title>

learn(surfaceMessages)

/** What the cross-sections 横断面 and the long profile 纵剖面 say. */
import type { Title } from '../title'
import { learn } from './known'

export const sectionMessages = {
  sectionViews: { zh: '横断面或纵剖面', en: 'Cross-section or long profile' },
  sectionCross: { zh: '横断面', en: 'Cross-section' },
  sectionLong: { zh: '纵剖面', en: 'Long profile' },
  sectionOne: { zh: '断面', en: 'Section' },
  sectionNone: { zh: '本河道没有登记断面。', en: 'No cross-section is registered on this river.' },
  sectionNoPoints: { zh: '(无测点)', en: '(no survey)' },
  sectionPlot: { zh: '横断面图:自起点向下游看,横轴起点距,纵轴高程', en: 'Cross-section: distance from its beginning to the right, elevation upwards' },
  sectionBare: { zh: '此断面只登记了位置,没有实测点,故不画断面线。', en: 'Only the place of this section is on file, no surveyed point: nothing is drawn.' },
  sectionFaulty: { zh: '此断面的测点不是“起点距 高程;…”,没有画出。', en: 'The points of this section are not written as distance and elevation, and not drawn.' },
  sectionSurveyed: { zh: '测量日期 {day}', en: 'surveyed on {day}' },
  sectionNotDated: { zh: '测量日期未登记', en: 'day of the survey not on file' },
  sectionLowest: { zh: '最低点 {value} m', en: 'lowest point {value} m' },
  sectionLevel: {
    zh: '水位 {value} m:{station}({side} {away} m),{age}',
    en: 'stage {value} m: {station} ({away} m {side}), {age}',
  },
  sectionAbove: { zh: '上游', en: 'upstream' },
  sectionBelow: { zh: '下游', en: 'downstream' },
  sectionLevelOther: {
    zh: '{station}的水位基面为{datum},与断面不同或未注明,不画水面。',
    en: 'The stage of {station} is in {datum}, another datum than the section, or none is stated: no water is drawn.',
  },
  sectionNoLevel: { zh: '沿河 {count} m 以内没有有水位的测站,不画水面。', en: 'No station with a stage within {count} m along the river: no water is drawn.' },
  sectionDistance: { zh: '起点距', en: 'Distance' },
  sectionElevation: { zh: '高程', en: 'Elevation' },
  sectionPoints: { zh: '测点({count})', en: 'Points ({count})' },
  profileDatum: { zh: '高程基面', en: 'Vertical datum' },
  profilePlot: { zh: '纵剖面图:横轴桩号,纵轴高程', en: 'Long profile: chainage to the right, elevation upwards' },
  profileHow: {
    zh: '只画档案中有的点:断面最低点、已采用的顶高程与底槛高程主张、测站最新水位。点之间没有资料,不连线。',
    en: 'Only what is on file is drawn: the lowest point of sections, heights of crests and sills as claimed and shown, newest stages. Between them nothing is known, so nothing is joined.',
  },
  profileEmpty: { zh: '没有注明基面的断面测点、高程主张或水位,没有可画的。', en: 'No surveyed section, claimed height or stage with a stated datum: there is nothing to draw.' },
  profileBed: { zh: '▽ 断面最低点', en: '▽ lowest point of a section' },
  profileCrest: { zh: '▬ 顶高程(主张)', en: '▬ crest, as claimed' },
  profileSill: { zh: '▲ 底槛高程(主张)', en: '▲ sill, as claimed' },
  profileStage: { zh: '● 最新水位', en: '● newest stage' },
  profileGaps: { zh: '缺口', en: 'What is not on file' },
  profileBare: { zh: '{count} 处断面没有测点:{names}', en: '{count} sections without surveyed points: {names}' },
  profileBetween: { zh: '{from} 至 {to}({length} km)没有实测断面', en: '{from} to {to} ({length} km): no surveyed section' },
  profileOther: { zh: '{count} 项在其他基面或未注明基面,未画出', en: '{count} in another datum or in none that is stated: not drawn' },
  profileConflict: { zh: '{name}的{what}:来源矛盾,尚未采用,未画出', en: '{what} of {name}: sources contradict each other and nobody has chosen, not drawn' },
  profileTable: { zh: '数据表', en: 'Table' },
  profileWhat: { zh: '项目', en: 'What' },
} satisfies Record<string, Title>

learn(sectionMessages)

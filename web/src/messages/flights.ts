/** What the comparison of flights 航飞对比 says. */
import type { Title } from '../title'
import { learn } from './known'

export const flightMessages = {
  flightHow: {
    zh: '选两期航飞,用卷帘对看,并按桩号计算两期表面之间的挖填方。',
    en: 'Choose two flights, swipe between them, and reckon cut and fill between their surfaces by chainage.',
  },
  flightNone: {
    zh: '这条河上没有登记航飞影像;操作员可用 ./onemap assets add 登记。',
    en: 'No flight over this river is catalogued; the operator enters them with ./onemap assets add.',
  },
  flightOne: { zh: '只有一期航飞,无法对比。', en: 'There is but one flight: nothing to compare it with.' },
  flightOlder: { zh: '较早一期', en: 'Older flight' },
  flightNewer: { zh: '较新一期', en: 'Newer flight' },
  flightUndated: { zh: '日期不详', en: 'undated' },
  flightSwipe: { zh: '卷帘对比', en: 'Swipe' },
  flightEnd: { zh: '结束对比', en: 'Stop comparing' },
  flightSwiping: {
    zh: '对比图为 {older},本图为 {newer};拖动分隔线。两侧各显示到当日为止最新的影像。',
    en: 'Compared map: {older}; this map: {newer}. Drag the divider. Each shows the newest images up to its day.',
  },
  flightNoSwipe: { zh: '两期须有日期且不同天,才能卷帘。', en: 'To swipe, both need a day, and not the same one.' },
  flightApart: { zh: '两期范围不相交。', en: 'The two flights do not overlap.' },
  flightShown: { zh: '表现方式', en: 'Shown as' },
  flightPicture: { zh: '影像', en: 'Images' },
  flightHeights: { zh: '高程分层设色', en: 'Colours by height' },
  flightRelief: { zh: '晕渲', en: 'Relief' },
  volumeTitle: { zh: '沿程挖填方', en: 'Volumes by chainage' },
  volumeNoSurface: { zh: '两期中至少一期没有表面模型,不能计算。', en: 'At least one of the flights has no surface model: nothing can be reckoned.' },
  volumeOlder: { zh: '较早表面', en: 'Older surface' },
  volumeNewer: { zh: '较新表面', en: 'Newer surface' },
  volumeFrom: { zh: '起点桩号', en: 'From chainage' },
  volumeTo: { zh: '终点桩号', en: 'To chainage' },
  volumeStep: { zh: '分段长(m)', en: 'Strip, m' },
  volumeLeft: { zh: '左岸宽(m)', en: 'To the left, m' },
  volumeRight: { zh: '右岸宽(m)', en: 'To the right, m' },
  volumeLeast: { zh: '不计的高差(m)', en: 'Ignored change, m' },
  volumeSigma: { zh: '高差中误差(m,可空)', en: 'Std. dev. of a difference, m (may be empty)' },
  volumeReckon: { zh: '计算', en: 'Reckon' },
  volumeCancel: { zh: '取消', en: 'Cancel' },
  volumeWrong: { zh: '桩号写成 K12+345,其余为正数。', en: 'Chainages are written K12+345, the rest are positive numbers.' },
  volumeRunning: { zh: '正在计算,{percent}%', en: 'Reckoning, {percent} %' },
  volumePlot: { zh: '各段挖填方图:向上为填方,向下为挖方', en: 'Volumes by strip: fill upwards, cut downwards' },
  volumeFill: { zh: '填方', en: 'Fill' },
  volumeCut: { zh: '挖方', en: 'Cut' },
  volumeNet: { zh: '净变化', en: 'Net' },
  volumeArea: { zh: '面积', en: 'Area' },
  volumeKnown: { zh: '两期都有高程的面积', en: 'Where both know the height' },
  volumeSigmaOf: { zh: '最不利中误差', en: 'Worst standard deviation' },
  volumeHalf: { zh: '有 {share}% 的面积至少一期没有高程,未计入。', en: '{share} % of the area has no height in one of them and is not reckoned.' },
  volumeStrips: { zh: '各段({count})', en: 'Strips ({count})' },
  volumeStrip: { zh: '分段', en: 'Strip' },
  volumeWhole: { zh: '合计', en: 'Total' },
  volumeBetween: { zh: '{older} → {newer}', en: '{older} → {newer}' },
} satisfies Record<string, Title>

learn(flightMessages)

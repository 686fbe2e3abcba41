/** What the comparison of two versions of a plan 版本对比 says. */
import type { Title } from '../title'
import { learn } from './known'

export const versionMessages = {
  versionHow: {
    zh: '选两个规划版本或两个日期:图上对比,并按分类列出面积与调入调出。',
    en: 'Choose two versions of a plan, or two dates: compared on the map, with areas by class, moved in and out.',
  },
  versionLayer: { zh: '图层', en: 'Layer' },
  versionOlder: { zh: '较早', en: 'Earlier' },
  versionNewer: { zh: '较新', en: 'Later' },
  versionOf: { zh: '取自规划版本', en: 'From a version of a plan' },
  versionDate: { zh: '日期', en: 'Date' },
  versionNow: { zh: '图上时间', en: 'Time of the map' },
  versionDateForm: { zh: '请写成 2026-06-30:{text}', en: 'Write a date such as 2026-06-30: {text}' },
  versionRun: { zh: '对比', en: 'Compare' },
  versionRunning: { zh: '正在对比 {percent} %', en: 'Comparing, {percent} %' },
  versionSame: { zh: '两个时点相同。', en: 'Both dates are the same.' },
  versionMap: { zh: '在图上看差异', en: 'Show the difference on the map' },
  versionSwipe: { zh: '卷帘对比', en: 'Compare by a divider' },
  versionNone: { zh: '两个时点之间没有差异。', en: 'Nothing differs between the two.' },
  versionCounts: {
    zh: '新增 {inserted},删除 {removed},变更 {changed}',
    en: 'Inserted {inserted}, removed {removed}, changed {changed}',
  },
  versionProof: { zh: 'A 加差异精确等于 B', en: 'A and the difference are exactly B' },
  versionClass: { zh: '分类', en: 'Class' },
  versionBefore: { zh: '之前 m²', en: 'Before m²' },
  versionAfter: { zh: '之后 m²', en: 'After m²' },
  versionIn: { zh: '调入 m²', en: 'Moved in m²' },
  versionOut: { zh: '调出 m²', en: 'Moved out m²' },
  versionAdded: { zh: '新增 m²', en: 'Added m²' },
  versionGone: { zh: '减少 m²', en: 'Removed m²' },
  versionTable: { zh: '按分类的面积(椭球面积)', en: 'Areas by class (legal areas)' },
  versionTransitions: { zh: '转移:由哪类到哪类', en: 'From which class to which' },
  versionFrom: { zh: '原类', en: 'From' },
  versionTo: { zh: '现类', en: 'To' },
  versionArea: { zh: '面积 m²', en: 'Area m²' },
  versionOutside: { zh: '图层之外', en: 'outside the layer' },
  versionPlain: { zh: '未分类', en: 'without a class' },
  versionFile: { zh: '下载差异 GeoPackage', en: 'Difference as GeoPackage' },
  versionDoubled: {
    zh: '有 {area} m² 重叠而重复计入,平衡不严格。',
    en: '{area} m² overlap and count more than once, so no balance is exact.',
  },
  versionSignIn: { zh: '登录后可计算面积表。', en: 'Sign in for the table of areas.' },
} satisfies Record<string, Title>

learn(versionMessages)

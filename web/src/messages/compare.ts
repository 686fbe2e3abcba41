/** What the comparison says 对比. */
import { learn } from './known'
import type { Title } from '../title'

export const compareMessages = {
  compareHow: { zh: '对比方式', en: 'How to compare' },
  onTheLeft: { zh: '左', en: 'left' },
  onTheRight: { zh: '右', en: 'right' },
  above: { zh: '上', en: 'above' },
  below: { zh: '下', en: 'below' },
  dividerPosition: { zh: '卷帘位置', en: 'Divider of the swipe' },
  dividerValue: { zh: '对比图占 {percent}%', en: 'compared map: {percent}%' },
  swapSides: { zh: '互换两侧', en: 'Swap the sides' },
  beginCompare: { zh: '开始对比', en: 'Start to compare' },
  yearAgo: { zh: '一年前', en: 'A year before' },
  beforeLastChange: { zh: '上次变更前', en: 'Before the last change' },
  noChangeYet: { zh: '显示的图层没有变更记录。', en: 'The layers shown have no recorded change.' },
  sameLayers: { zh: '与本图相同', en: 'As on this map' },
  layersOfSide: { zh: '{side}的图层', en: 'Layers of the {side}' },
  layersCount: { zh: '图层({count})', en: 'Layers ({count})' },
  imagesOfSide: { zh: '对比图影像', en: 'Images of the compared map' },

  comparedLayer: { zh: '比较的图层', en: 'Layer compared' },
  alongClock: { zh: '比较什么', en: 'What to compare' },
  alongValid: { zh: '现状时间', en: 'Valid time' },
  alongValidMeans: { zh: '实地之变', en: 'what became different in the city' },
  alongRecorded: { zh: '认知时间', en: 'Known time' },
  alongRecordedMeans: { zh: '所知之变', en: 'what came to be known differently' },
  fromTo: { zh: '{from} → {to}', en: '{from} → {to}' },
  sameEnds: {
    zh: '两侧的{clock}相同,没有可比的:请改动一侧的时间。',
    en: 'Both sides stand at the same {clock}: change the time of one.',
  },
  nothingComparable: {
    zh: '没有可在图上比较的图层:没有几何的图层请在属性表中查看。',
    en: 'No layer can be compared on the map; see layers without geometry in the table.',
  },
  withoutShape: {
    zh: '没有几何、不在图上比较({count})',
    en: 'Without geometry, not compared on the map ({count})',
  },
  added: { zh: '新增', en: 'Added' },
  removed: { zh: '消失', en: 'Removed' },
  altered: { zh: '变更', en: 'Changed' },
  unaltered: { zh: '两个时间之间没有变化。', en: 'The same at both times.' },
  legendOfDifference: { zh: '差异图例与视野内数量', en: 'Legend, and how many are in view' },
  changesInView: { zh: '视野内的变化', en: 'Changes in view' },
  changesCount: { zh: '{count} 项', en: '{count}' },
  changesAtLeast: { zh: '至少 {count} 项', en: 'at least {count}' },
  noChanges: { zh: '视野内没有变化。', en: 'Nothing differs in view.' },
  readMore: { zh: '继续读取', en: 'Read more' },
  moreThere: {
    zh: '视野内还有更多变化:请放大,或继续读取。',
    en: 'There are more changes in view: zoom in, or read on.',
  },
  zoomInToList: { zh: '若视野太大,请放大。', en: 'Zoom in if too much is in view.' },
  zoomInForAll: {
    zh: '图上较小的变化已省略,请放大查看全部。',
    en: 'Smaller changes are left out on the map: zoom in to see all of them.',
  },
  closeChange: { zh: '关闭变化卡片', en: 'Close the card of the change' },
  before: { zh: '之前', en: 'Before' },
  after: { zh: '之后', en: 'After' },
  field: { zh: '字段', en: 'Field' },
  shape: { zh: '图形', en: 'Shape' },
  shapeChanged: { zh: '图形或位置有变', en: 'It lies elsewhere or has another shape' },
} satisfies Record<string, Title>

learn(compareMessages)

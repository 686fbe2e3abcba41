/** What is said of layers: their list, their order, how they are drawn. */
import { learn } from './known'

export const layerMessages = {
  allLayers: { zh: '全部图层', en: 'All layers' },
  shownLayers: { zh: '图例与顺序({count})', en: 'Legend and order ({count})' },
  findLayer: { zh: '查找图层或部门', en: 'Find a layer or department' },
  noSuchLayer: { zh: '没有图层的名称含“{wanted}”', en: 'No layer is named like “{wanted}”' },
  showAll: { zh: '全选', en: 'Show all' },
  hideAll: { zh: '全不选', en: 'Hide all' },
  allOf: { zh: '全部:{steward}', en: 'All of {steward}' },
  aboutLayer: { zh: '{title}:说明与不透明度', en: '{title}: about and opacity' },
  alsoNamed: { zh: '英文名', en: 'Chinese name' },
  record: { zh: '元数据', en: 'Record' },
  openRecord: { zh: '打开元数据记录', en: 'Open the catalogue record' },
  opacityOf: { zh: '{title}不透明度', en: 'Opacity of {title}' },
  shownCloser: { zh: '放大可见', en: 'zoom in' },
  shownCloserWhy: { zh: '放大后才显示', en: 'Shown when zoomed in' },
  unread: { zh: '读取失败', en: 'unread' },
  noneShown: { zh: '没有显示任何图层。', en: 'No layer is shown.' },
  topmostFirst: { zh: '上面的盖住下面的,可拖动', en: 'The upper covers the lower; drag to change' },
  ownOrder: { zh: '恢复原序', en: 'Reset' },
  drawingOrder: { zh: '显示的图层,自上而下', en: 'Layers shown, from the top down' },
  moveUp: { zh: '{title}上移', en: 'Move {title} up' },
  moveDown: { zh: '{title}下移', en: 'Move {title} down' },
  moved: { zh: '{title}现在是第 {place} 层,共 {count} 层', en: '{title} is now number {place} of {count}' },
  legendOf: { zh: '{title}图例', en: 'Legend of {title}' },
  imageStyle: { zh: '表现方式', en: 'Shown as' },
  asTaken: { zh: '影像', en: 'Images' },
  byHeight: { zh: '高程分层设色', en: 'Colours by height' },
  asRelief: { zh: '高程山体阴影', en: 'Shaded relief' },
} as const

learn(layerMessages)

/** What the sketch panel and the drawing tool say. */
import { learn } from './known'
import type { Title } from '../title'

export const sketchMessages = {
  drawWhat: { zh: '画新图形', en: 'Draw a new figure' },
  drawPoint: { zh: '点', en: 'Point' },
  drawLine: { zh: '线', en: 'Line' },
  drawArea: { zh: '面', en: 'Area' },
  drawPointHow: {
    zh: '在图上单击;键盘:移动地图,回车取十字处。',
    en: 'Click on the map; by keyboard move the map and press Enter at the crosshair.',
  },
  drawLineHow: {
    zh: '逐点单击,双击结束;键盘:移动地图,回车取十字处,原地再按一次结束。退格撤一点,Esc 放弃。',
    en: 'Click point by point, double-click to end; by keyboard move the map, Enter takes the crosshair, once more in place ends. Backspace takes a point back, Esc gives up.',
  },
  drawAreaHow: {
    zh: '逐点单击,双击或点回第一点结束;键盘:移动地图,回车取十字处,原地再按一次结束。退格撤一点,Esc 放弃。',
    en: 'Click point by point, double-click or click the first point to end; by keyboard move the map, Enter takes the crosshair, once more in place ends. Backspace takes a point back, Esc gives up.',
  },
  reshapeHow: {
    zh: '拖动顶点;拖边上小点加顶点。键盘:在下表选顶点,方向键移动(Shift 十倍),Insert 加,Delete 删,PageUp、PageDown 换顶点。',
    en: 'Drag vertices; drag a small handle to add one. By keyboard choose a vertex below: arrow keys move it (Shift: tenfold), Insert adds, Delete removes, PageUp and PageDown go on.',
  },
  reshaping: { zh: '正在修改:{name}', en: 'Reshaping: {name}' },
  resumed: { zh: '接着上次没画完的图形。', en: 'Going on with the figure left unfinished.' },
  finishDrawing: { zh: '完成', en: 'Finish' },
  giveUp: { zh: '放弃', en: 'Give up' },
  restore: { zh: '还原', en: 'Restore' },
  undo: { zh: '撤销', en: 'Undo' },
  redo: { zh: '重做', en: 'Redo' },
  typedVertex: { zh: '输入坐标', en: 'Type coordinates' },
  addVertex: { zh: '加点', en: 'Add' },
  moveVertex: { zh: '移到', en: 'Move' },
  notCoordinates: { zh: '不是坐标:{text}', en: 'No coordinates: {text}' },
  vertexList: { zh: '顶点', en: 'Vertices' },
  vertexName: { zh: '顶点 {number}', en: 'Vertex {number}' },
  verticesMore: { zh: '其余 {count} 个顶点在图上', en: 'The other {count} vertices are on the map' },

  figures: { zh: '图形', en: 'Figures' },
  noFigures: {
    zh: '还没有图形。画一个,或把文件拖到这里。',
    en: 'No figures yet. Draw one, or drop a file here.',
  },
  takeLast: { zh: '取回上次的草图({count} 个图形)', en: 'Bring back the last sketch ({count})' },
  zoomTo: { zh: '缩放到{name}', en: 'Zoom to {name}' },
  reshape: { zh: '修改{name}的形状', en: 'Reshape {name}' },
  deleteFigure: { zh: '删除{name}', en: 'Delete {name}' },
  clearSketch: { zh: '清空', en: 'Clear all' },
  figureName: { zh: '名称', en: 'Name' },
  figureNote: { zh: '备注', en: 'Note' },
  figureColor: { zh: '颜色', en: 'Colour' },
  colorNumber: { zh: '颜色 {number}', en: 'Colour {number}' },
  namedPoint: { zh: '点 {number}', en: 'Point {number}' },
  namedLine: { zh: '线 {number}', en: 'Line {number}' },
  namedArea: { zh: '面 {number}', en: 'Area {number}' },
  figureCrosses: { zh: '边界自相交,没有面积', en: 'Boundary crosses itself: no area' },
  points: { zh: '{count} 个点', en: 'points: {count}' },

  keptInLink: { zh: '草图在链接里:复制地址即可分享。', en: 'The link carries the sketch: copy the address to share it.' },
  keptHere: {
    zh: '草图太大,链接装不下:只有本浏览器能打开。要给别人,请导出文件。',
    en: 'The sketch is too large for a link: only this browser can open it. To hand it on, export a file.',
  },
  notKept: {
    zh: '草图太大,链接装不下,浏览器也没能保存:关闭页面前请导出文件。',
    en: 'The sketch is too large for a link and this browser could not keep it: export a file before you close the page.',
  },
  sketchElsewhere: {
    zh: '链接里的草图存在另一个浏览器里,这里没有:请让对方导出文件。',
    en: 'The sketch of this link is kept by another browser and is not here: ask for an exported file.',
  },
  sketchUnreadable: {
    zh: '链接里的草图读不出来,链接可能被截断:请重新复制完整的链接。',
    en: 'The sketch of this link cannot be read; the link may have been cut off: copy the whole link again.',
  },
} satisfies Record<string, Title>

learn(sketchMessages)

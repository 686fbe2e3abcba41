/** What the river strip 河道条带 says. */
import type { Title } from '../title'
import { learn } from './known'

export const riverStripMessages = {
  stripHow: {
    zh: '自源头(左)到河口(右),按桩号排列。指向标记在地图上亮出,点击则定位;在地图上点标记,也在条带上选中。',
    en: 'From the source at the left to the mouth, by chainage. Pointing at a mark lights it up on the map, a click shows it there; a click on a mark of the map chooses it here.',
  },
  stripPlot: { zh: '河道条带图', en: 'Strip of the river' },
  stripKeys: {
    zh: '方向键逐个移动,回车选中,Shift+方向键平移,加号、减号缩放,Home 显示全河。',
    en: 'Arrow keys go from mark to mark, Enter chooses, Shift and arrows move, plus and minus zoom, Home shows all.',
  },
  stripUp: { zh: '向上游', en: 'Upstream' },
  stripDown: { zh: '向下游', en: 'Downstream' },
  stripIn: { zh: '放大', en: 'Zoom in' },
  stripOut: { zh: '缩小', en: 'Zoom out' },
  stripWhole: { zh: '全河', en: 'Whole river' },
  stripGo: { zh: '到桩号', en: 'Go to chainage' },
  stripGoForm: { zh: '请写成 K12+345 或米数。', en: 'Write K12+345, or metres.' },
  stripGoBeyond: { zh: '超出本河道:{from} 至 {to}。', en: 'Beyond this river: {from} to {to}.' },
  stripPick: { zh: '在图上取桩号', en: 'Chainage from the map' },
  stripPicking: { zh: '请在地图上点一处(或按回车取图中心)。', en: 'Click a place on the map, or press Enter there for its centre.' },
  stripPicked: { zh: '{chainage},{bank},偏距 {offset} m', en: '{chainage}, {bank}, offset {offset} m' },
  stripBeyondBegin: { zh: '在本河道起点({end})以上 {metres} m', en: '{metres} m above the beginning ({end})' },
  stripBeyondEnd: { zh: '在本河道终点({end})以下 {metres} m', en: '{metres} m below the end ({end})' },
  laneGauges: { zh: '站', en: 'Gau.' },
  laneLeft: { zh: '左岸', en: 'Left' },
  laneChannel: { zh: '河道', en: 'River' },
  laneRight: { zh: '右岸', en: 'Right' },
  laneCameras: { zh: '摄像', en: 'Cam.' },
  stripList: { zh: '图中各处', en: 'What is in view' },
  stripCount: { zh: '图中 {count} 处,{from} 至 {to}', en: '{count} in view, {from} to {to}' },
  stripNothing: { zh: '这一段没有登记的工程、测站和节点。', en: 'No work, station or node is registered on this stretch.' },
  stripCamera: { zh: '摄像机', en: 'Camera' },
  stripNoCameras: { zh: '没有摄像机图层,摄像机不在条带上。', en: 'There is no layer of cameras, so none is on the strip.' },
  stripLevel: { zh: '水位 {value}', en: 'stage {value}' },
  stripNoLevel: { zh: '无水位', en: 'no stage' },
  stripReached: { zh: '已达{mark}', en: '{mark} reached' },
  stripLevelsCut: { zh: '测站多于 {count} 处,其余未读水位。', en: 'More than {count} stations: the stage of the others was not read.' },
  signSluice: { zh: '闸', en: 'S' },
  signDam: { zh: '坝', en: 'D' },
  signPump: { zh: '泵', en: 'P' },
  signReservoir: { zh: '库', en: 'R' },
  signBridge: { zh: '桥', en: 'B' },
  signCulvert: { zh: '涵', en: 'C' },
  signOutfall: { zh: '排', en: 'O' },
  signGauge: { zh: '站', en: 'G' },
  signCamera: { zh: '摄', en: 'V' },
} satisfies Record<string, Title>

learn(riverStripMessages)

/** What is said where this browser cannot draw the map. */
import { learn } from './known'
import type { Title } from '../title'

export const maplessMessages = {
  noMapTitle: { zh: '浏览器过旧或未开启硬件加速,不能绘制地图', en: 'This browser cannot draw the map' },
  noMapWords: {
    zh: '图层、查找、属性表、要素卡片、编辑,以及地址、规划、监测、河流、防洪各面板的查询与结果照常可用;量测、草图和出图可输入坐标或文件。对比要有地图。',
    en: 'Layers, search, table, cards and editing work as usual, and so do questions and answers of the panels of addresses, planning, monitoring, rivers and floods; measuring, sketches and printing take coordinates or files. Comparing needs the map.',
  },
  noMapRemedy: {
    zh: '地图需要 WebGL 2:Chromium 87 及以上内核,并在设置中开启硬件加速。',
    en: 'The map needs WebGL 2: Chromium 87 or newer, with hardware acceleration switched on.',
  },
  needsMap: {
    zh: '此浏览器不能绘制地图:在图上点选、绘制与查看位置不可用,其余照常。',
    en: 'This browser cannot draw the map: picking, drawing and seeing places on it do not work, all else does.',
  },
} satisfies Record<string, Title>

learn(maplessMessages)

/** What the print panel says. */
import { learn } from './known'
import type { Title } from '../title'

export const printMessages = {
  printHow: {
    zh: '拖动图上的图幅,或在“图幅位置”上用方向键移动(按住 Shift 一次一毫米)。图层、顺序、不透明度、时间和影像样式与地图相同。',
    en: 'Drag the sheet on the map, or move it with the arrow keys on “Position” (with Shift by a millimetre). Layers, order, opacity, times and image style are those of the map.',
  },
  printHowTyped: {
    zh: '输入图幅中心的坐标或取所选要素,也可用方向键移动(按住 Shift 一次一毫米)。图层、顺序、不透明度和时间取自页面。',
    en: 'Type the middle of the sheet or take the selected feature; arrow keys move it, too (with Shift by a millimetre). Layers, order, opacity and times are those of the page.',
  },
  printCenter: { zh: '图幅中心', en: 'Middle of the sheet' },
  printBadCenter: {
    zh: '须为经度, 纬度(度),或北坐标, 东坐标(米),例如 118.74, 36.88',
    en: 'Longitude, latitude in degrees, or northing, easting in metres, such as 118.74, 36.88',
  },
  printSelected: { zh: '移到所选要素', en: 'To the selected feature' },
  printPaper: { zh: '图幅', en: 'Paper' },
  printOrientation: { zh: '方向', en: 'Orientation' },
  printAcross: { zh: '横幅', en: 'Across' },
  printUpright: { zh: '竖幅', en: 'Upright' },
  printScale: { zh: '比例尺', en: 'Scale' },
  printOtherScale: { zh: '其他', en: 'Other' },
  printDenominator: { zh: '比例尺分母', en: 'Denominator' },
  printBadScale: { zh: '比例尺分母须为 {least} 至 {most} 的整数', en: 'A whole number from {least} to {most}' },
  printPosition: { zh: '图幅位置', en: 'Position' },
  printMove: { zh: '图幅位置:方向键移动', en: 'Position: move with the arrow keys' },
  printCovers: { zh: '实地 {width} × {height} m', en: 'covers {width} × {height} m' },
  printMiddle: { zh: '移到地图中央', en: 'To the middle of the map' },
  printShow: { zh: '查看整幅', en: 'Show the whole sheet' },
  printTitle: { zh: '图名', en: 'Title' },
  printUsualTitle: { zh: '{city}一张图', en: 'One Map of {city}' },
  printSubtitle: { zh: '副标题', en: 'Subtitle' },
  printUnit: { zh: '制图单位', en: 'Drawn by' },
  printIncludes: { zh: '图幅内容', en: 'On the sheet' },
  printLayers: { zh: '图层 {count} 个', en: 'Layers: {count}' },
  printNoLayers: { zh: '没有显示任何图层,图幅将是空白的。', en: 'No layer is shown; the sheet will be empty.' },
  printWithSketch: { zh: '含草图', en: 'With the sketch' },
  printMake: { zh: '生成 PDF', en: 'Make the PDF' },
  printCancel: { zh: '取消', en: 'Cancel' },
  printDrawing: { zh: '正在制图,已 {seconds} 秒', en: 'Drawing, {seconds} s so far' },
  printBusy: { zh: '正在制图', en: 'Drawing the sheet' },
  printReceiving: { zh: '正在接收,{percent}%', en: 'Receiving, {percent}%' },
  printDone: { zh: '已生成 {name}({size} MB)', en: 'Made {name} ({size} MB)' },
  printAgain: { zh: '再次下载', en: 'Download again' },
  printStopped: { zh: '已取消。', en: 'Cancelled.' },
  printUnread: { zh: '没有读到图幅规格。', en: 'The papers could not be read.' },
  printExact: {
    zh: '按 {meridian}° 带高斯-克吕格平面制图;打印时请选“实际大小”,不要缩放。',
    en: 'Drawn in the Gauss–Krüger plane of zone {meridian}°; print it at actual size, without fitting.',
  },
} satisfies Record<string, Title>

learn(printMessages)

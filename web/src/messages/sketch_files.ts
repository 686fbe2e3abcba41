/** What is said of files that become a sketch, and of sketches that become files. */
import { learn } from './known'
import type { Title } from '../title'

export const sketchFileMessages = {
  importFile: { zh: '导入文件', en: 'Import a file' },
  importKinds: {
    zh: 'SHP(zip)、DXF、GeoJSON、界址点 TXT、KML、GeoPackage 等,8 MB 以内;也可拖到面板上',
    en: 'SHP (zip), DXF, GeoJSON, boundary points TXT, KML, GeoPackage and others, up to 8 MB; or drop it on the panel',
  },
  dropHere: { zh: '松开即导入', en: 'Drop to import' },
  readingFile: { zh: '正在读取 {name}', en: 'Reading {name}' },
  fileRead: {
    zh: '{name}:{count} 个图形,按 {frame} 读取',
    en: '{name}: figures {count}, read as {frame}',
  },
  frameAssumed: { zh: '文件没有写明坐标系,按数值和位置判断。', en: 'The file names no frame; told by its numbers and place.' },
  fileTooLarge: { zh: '文件过大({size} MB,上限 8 MB):{name}', en: 'The file is too large ({size} MB of 8): {name}' },
  skippedRows: { zh: '{count} 个要素没有可用的图形,未导入', en: 'Features without a usable shape, left out: {count}' },
  sketchFull: {
    zh: '草图最多 {most} 个图形,文件有 {count} 个:请拆分',
    en: 'A sketch holds {most} figures, the file has {count}: split it',
  },
  whichFrame: { zh: '坐标系', en: 'Reference frame' },
  whichLayer: { zh: '文件中的图层', en: 'Layer of the file' },
  readAgain: { zh: '按此读取', en: 'Read so' },
  exportSketch: { zh: '导出草图', en: 'Export the sketch' },
  exportFrame: { zh: '坐标系', en: 'Frame' },
  degrees4490: { zh: 'CGCS2000 经纬度', en: 'CGCS2000 degrees' },
  cityPlane: { zh: 'CGCS2000 {meridian}° 带(米)', en: 'CGCS2000 zone {meridian}° (m)' },
  exporting: { zh: '正在导出', en: 'Exporting' },
  exported: { zh: '已导出 {name}', en: 'Exported {name}' },
  exportedAreas: {
    zh: '已导出 {name};界址点只有面,{count} 个点或线未写入',
    en: 'Exported {name}; boundary points are areas only, points or lines left out: {count}',
  },
  noAreas: { zh: '界址点 TXT 只写面,草图中没有面。', en: 'Boundary points are areas only; the sketch has none.' },
  boundaryText: { zh: '界址点 TXT', en: 'TXT' },
} satisfies Record<string, Title>

learn(sketchFileMessages)

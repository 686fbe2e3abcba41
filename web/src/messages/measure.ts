/** What measuring says. */
import { learn } from './known'
import type { Title } from '../title'

export const measureMessages = {
  mu: { zh: '亩', en: 'mu' },
  measureHow: {
    zh: '在图上逐点单击;键盘移动地图,回车取中心点。也可在下面输入或修改坐标。',
    en: 'Click point by point on the map; by keyboard move the map and press Enter for its centre. Or type and edit coordinates below.',
  },
  distance: { zh: '距离', en: 'Distance' },
  measureWhat: { zh: '量测内容', en: 'What to measure' },
  vertices: { zh: '顶点坐标,每行一个', en: 'Vertices, one a line' },
  verticesForm: {
    zh: '经度, 纬度;或北坐标, 东坐标(米)',
    en: 'longitude, latitude; or northing, easting in metres',
  },
  badVertex: { zh: '第 {line} 行不是坐标:{text}', en: 'Line {line} is no coordinates: {text}' },
  measuredDistance: { zh: '椭球面距离', en: 'Distance on the ellipsoid' },
  measuredPerimeter: { zh: '周长(椭球面)', en: 'Perimeter on the ellipsoid' },
  measuredArea: { zh: '椭球面积', en: 'Legal (ellipsoidal) area' },
  crossesItself: {
    zh: '边界自相交,没有面积:请调整顶点。',
    en: 'The boundary crosses itself and has no area: move its vertices.',
  },
  atLeast: { zh: '至少 {count} 个点', en: 'At least {count} points' },
  undoPoint: { zh: '撤销一点', en: 'Remove last point' },
  clearPoints: { zh: '清除', en: 'Clear' },
  hectares: { zh: '公顷', en: 'ha' },
  measureByLaw: {
    zh: '面积按国土调查办发〔2008〕32号的椭球面积公式,边为本市 {meridian}° 带平面上的直线;距离为 CGCS2000 椭球面大地线长。',
    en: 'Area by the ellipsoidal formula of the national land survey, edges being straight in the plane of the city zone {meridian}°; distance along geodesics of the CGCS2000 ellipsoid.',
  },
} satisfies Record<string, Title>

learn(measureMessages)

/** The parts of the panel of stations and assets 监测设施面板的各部分; the first is open where none is named. */
import type { Part } from './parts'

export const MONITORING_PARTS: readonly Part[] = [
  {
    id: 'stations',
    title: { zh: '站点', en: 'Stations' },
    tag: 'station-part',
    load: () => import('./elements/station_part'),
  },
  {
    id: 'series',
    title: { zh: '过程线', en: 'Series' },
    tag: 'series-part',
    load: () => import('./elements/series_part'),
  },
  {
    id: 'assets',
    title: { zh: '设施台账', en: 'Assets' },
    tag: 'asset-part',
    load: () => import('./elements/asset_part'),
  },
  {
    id: 'surface',
    title: { zh: '插值面', en: 'Surface' },
    tag: 'surface-part',
    load: () => import('./elements/surface_part'),
  },
]

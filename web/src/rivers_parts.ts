/** The parts of the panel of the digital rivers 数字河流面板的各部分; the first is open where none is named. */
import type { Part } from './parts'

export const RIVERS_PARTS: readonly Part[] = [
  {
    id: 'strip',
    title: { zh: '河道条带', en: 'Strip' },
    tag: 'strip-part',
    load: () => import('./elements/strip_part'),
  },
  {
    id: 'sections',
    title: { zh: '断面', en: 'Sections' },
    tag: 'section-part',
    load: () => import('./elements/section_part'),
  },
  {
    id: 'gauges',
    title: { zh: '测站', en: 'Stations' },
    tag: 'gauge-part',
    load: () => import('./elements/gauge_part'),
  },
  {
    id: 'works',
    title: { zh: '工程', en: 'Works' },
    tag: 'works-part',
    load: () => import('./elements/works_part'),
  },
  {
    id: 'archive',
    title: { zh: '档案', en: 'Archive' },
    tag: 'archive-part',
    load: () => import('./elements/archive_part'),
  },
  {
    id: 'flights',
    title: { zh: '航飞对比', en: 'Flights' },
    tag: 'flight-part',
    load: () => import('./elements/flight_part'),
  },
]

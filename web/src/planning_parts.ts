/** The parts of the planning panel beside the compliance check 规划面板的各部分. */
import type { Part } from './parts'

export const PARTS: readonly Part[] = [
  {
    id: 'extract',
    title: { zh: '管控查询', en: 'Restrictions' },
    tag: 'extract-part',
    load: () => import('./elements/extract_part'),
  },
  {
    id: 'statistics',
    title: { zh: '查询统计', en: 'Statistics' },
    tag: 'statistic-part',
    load: () => import('./elements/statistic_part'),
  },
  {
    id: 'indicators',
    title: { zh: '指标看板', en: 'Indicators' },
    tag: 'indicator-part',
    load: () => import('./elements/indicator_part'),
  },
  {
    id: 'alerts',
    title: { zh: '预警', en: 'Alerts' },
    tag: 'alert-part',
    load: () => import('./elements/alert_part'),
  },
  {
    id: 'versions',
    title: { zh: '版本对比', en: 'Versions' },
    tag: 'version-part',
    load: () => import('./elements/version_part'),
  },
  {
    id: 'publication',
    title: { zh: '公示', en: 'Publication' },
    tag: 'publication-panel',
    load: () => import('./elements/publication_panel'),
  },
  {
    id: 'review',
    title: { zh: '成果审查', en: 'Plan review' },
    tag: 'plan-review-panel',
    load: () => import('./elements/plan_review_panel'),
  },
]

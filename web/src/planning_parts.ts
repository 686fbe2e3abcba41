/**
 * The parts of the planning panel beside the compliance check 规划面板的各部分.
 *
 * A part is an entry here and an element of its own, which is read when the part is opened for the
 * first time. Which one is open stands in the link, and what of it behind a colon: `detail=publication:12`.
 */
import type { Title } from './title'

export interface PlanningPart {
  readonly id: string
  readonly title: Title
  /** The element, which is handed the workbench. */
  readonly tag: string
  readonly load: () => Promise<unknown>
}

export const PARTS: readonly PlanningPart[] = [
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

/** The part that a panel's detail in the link names: `publication`, `publication:12`. */
export function partOf(detail: string | null): PlanningPart | undefined {
  const name = (detail ?? '').split(':')[0]
  return PARTS.find(({ id }) => id === name)
}

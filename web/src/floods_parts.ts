/** The parts of the panel of floods 防洪四预面板的各部分; the first is open where none is named. */
import type { Part } from './parts'

export const FLOODS_PARTS: readonly Part[] = [
  {
    id: 'board',
    title: { zh: '态势', en: 'Situation' },
    tag: 'board-part',
    load: () => import('./elements/board_part'),
  },
  {
    id: 'runs',
    title: { zh: '推演', en: 'Runs' },
    tag: 'run-part',
    load: () => import('./elements/run_part'),
  },
  {
    id: 'scenario',
    title: { zh: '情景', en: 'Scenario' },
    tag: 'scenario-part',
    load: () => import('./elements/scenario_part'),
  },
  {
    id: 'routing',
    title: { zh: '演算', en: 'Routing' },
    tag: 'routing-part',
    load: () => import('./elements/routing_part'),
  },
  {
    id: 'evacuation',
    title: { zh: '转移', en: 'Evacuation' },
    tag: 'evacuation-part',
    load: () => import('./elements/evacuation_part'),
  },
  {
    id: 'warnings',
    title: { zh: '预警', en: 'Warnings' },
    tag: 'warning-part',
    load: () => import('./elements/warning_part'),
  },
  {
    id: 'forecasts',
    title: { zh: '预报', en: 'Forecasts' },
    tag: 'forecast-part',
    load: () => import('./elements/forecast_part'),
  },
  {
    id: 'plans',
    title: { zh: '预案', en: 'Plans' },
    tag: 'response-part',
    load: () => import('./elements/response_part'),
  },
  {
    id: 'replay',
    title: { zh: '复盘', en: 'Looking back' },
    tag: 'replay-part',
    load: () => import('./elements/replay_part'),
  },
]

/**
 * The panels of the page.
 *
 * A panel is an entry here and a module of its own, which is read when the
 * panel is opened for the first time.
 */
import type { MapState, Title } from './model'
import type { Workbench } from './workbench'

export interface Panel {
  /** As it stands in the link: `panel=layers`. */
  readonly id: string
  readonly title: Title
  /** Lines of its sign, in a square of 20 by 20. */
  readonly icon: string
  /** Panels with a smaller number stand higher in the rail. */
  readonly order: number
  /** Beside the map, or below it where there are columns to show. */
  readonly place: 'side' | 'dock'
  /** What it cannot do without; where that is missing, the panel is not offered. */
  readonly needs: readonly ('map' | 'layers' | 'register')[]
  readonly load: () => Promise<PanelModule>
}

export interface PanelModule {
  /** Makes the panel's element; the page puts it into its frame and takes it out again. */
  readonly open: (workbench: Workbench) => HTMLElement
}

const ALL: readonly Panel[] = [
  {
    id: 'layers',
    title: { zh: '图层', en: 'Layers' },
    icon: 'M10 3 2.5 7 10 11l7.5-4zM3 10.5l7 3.7 7-3.7M3 14l7 3.7 7-3.7',
    order: 10,
    place: 'side',
    needs: [],
    load: () => import('./elements/layer_panel'),
  },
  {
    id: 'address',
    title: { zh: '地址', en: 'Address' },
    icon: 'M10 17.5C6 13 4.5 10.5 4.5 8a5.5 5.5 0 0 1 11 0c0 2.5-1.5 5-5.5 9.5zM10 6v4M8 8h4',
    order: 15,
    place: 'side',
    needs: ['register'],
    load: () => import('./elements/address_panel'),
  },
  {
    id: 'lists',
    title: { zh: '名单', en: 'Lists' },
    icon: 'M3 4h14M3 8h9M3 12h9M3 16h5M12 15l2 2 4-5',
    order: 16,
    place: 'dock',
    needs: ['register'],
    load: () => import('./elements/list_panel'),
  },
  {
    id: 'regions',
    title: { zh: '区划调整', en: 'Regions' },
    icon: 'M3 4h14v12H3zM10 4v12M3 10h7M13 8l2 2-2 2',
    order: 17,
    place: 'side',
    needs: ['register'],
    load: () => import('./elements/region_panel'),
  },
  {
    id: 'table',
    title: { zh: '属性表', en: 'Table' },
    icon: 'M2.5 4h15v12h-15zM2.5 8h15M2.5 12h15M8 4v12',
    order: 20,
    place: 'dock',
    needs: ['layers'],
    load: () => import('./elements/table_panel'),
  },
  {
    id: 'compare',
    title: { zh: '对比', en: 'Compare' },
    icon: 'M2.5 4h15v12h-15zM10 2v16M12.5 8.5l2 1.5-2 1.5M7.5 8.5l-2 1.5 2 1.5',
    order: 25,
    place: 'side',
    needs: ['map', 'layers'],
    load: () => import('./elements/compare_panel'),
  },
  {
    id: 'measure',
    title: { zh: '量测', en: 'Measure' },
    icon: 'M2.5 13 13 2.5l4.5 4.5L7 17.5zM6 9.5l2 2M9 6.5l2 2M12 3.5l2 2',
    order: 30,
    place: 'side',
    needs: [],
    load: () => import('./elements/measure_panel'),
  },
  {
    id: 'sketch',
    title: { zh: '草图', en: 'Sketch' },
    icon: 'M3.5 16.5 5 11.5 13.5 3l3.5 3.5L8.5 15zM11.5 5l3.5 3.5M3 18h14',
    order: 40,
    place: 'side',
    needs: [],
    load: () => import('./elements/sketch_panel'),
  },
  {
    id: 'planning',
    title: { zh: '规划', en: 'Planning' },
    icon: 'M5 3h10v14H5zM7.5 10l2 2 3.5-4',
    order: 45,
    place: 'side',
    needs: [],
    load: () => import('./elements/planning_panel'),
  },
  {
    id: 'monitoring',
    title: { zh: '监测设施', en: 'Monitoring' },
    icon: 'M10 10v7M7 17h6M7 7a4 4 0 0 0 0 6M13 7a4 4 0 0 1 0 6',
    order: 46,
    place: 'side',
    needs: ['layers'],
    load: () => import('./elements/monitoring_panel'),
  },
  {
    id: 'rivers',
    title: { zh: '数字河流', en: 'Rivers' },
    icon: 'M3 6q3.5-3 7 0t7 0M3 11q3.5-3 7 0t7 0M3 16q3.5-3 7 0t7 0',
    order: 47,
    place: 'side',
    needs: ['layers'],
    load: () => import('./elements/rivers_panel'),
  },
  {
    id: 'floods',
    title: { zh: '防洪四预', en: 'Floods' },
    icon: 'M10 3 4 8v5h12V8zM3 16q3.5-3 7 0t7 0',
    order: 48,
    place: 'side',
    needs: ['layers'],
    load: () => import('./elements/floods_panel'),
  },
  {
    id: 'edit',
    title: { zh: '编辑', en: 'Edit' },
    icon: 'M5.5 5h9M15.5 6v6.5M4.5 6v9M5.5 16h5M3.5 4h2v2h-2zM14.5 4h2v2h-2zM3.5 15h2v2h-2zM11.5 17l.4-2.2 4-4 1.8 1.8-4 4z',
    order: 50,
    place: 'side',
    needs: ['layers'],
    load: () => import('./elements/edit_panel'),
  },
  {
    id: 'print',
    title: { zh: '出图', en: 'Print' },
    icon: 'M5.5 7V2.5h9V7M5.5 14h-3V7h15v7h-3M5.5 11.5h9v6h-9z',
    order: 60,
    place: 'side',
    needs: ['layers'],
    load: () => import('./elements/print_panel'),
  },
]

/** What the page opens by itself where there is room. */
export const FIRST_PANEL = 'layers'
/** In the link: the visitor has closed every panel. */
export const NO_PANEL = 'none'

/** The panels that can work with what is there, from the top of the rail down. */
export function offered(has: Readonly<Record<Panel['needs'][number], boolean>>): readonly Panel[] {
  return ALL.filter((panel) => panel.needs.every((need) => has[need])).sort((a, b) => a.order - b.order)
}

/** Id of the open panel: the link's, or where it says nothing the first, if there is room for it. */
export function openPanel({ panel }: MapState, roomy: boolean): string {
  return panel ?? (roomy ? FIRST_PANEL : NO_PANEL)
}

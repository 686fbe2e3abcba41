/** What is said of layers that came, changed or went while the page was open. */
import { learn } from './known'

export const layerNewsMessages = {
  layersCame: { zh: '新增图层', en: 'New layers' },
  layersBack: { zh: '图层恢复可用', en: 'Layers available again' },
  layersChanged: { zh: '图层有更新', en: 'Layers changed' },
  layersGone: { zh: '图层已撤下或不再授权', en: 'Layers withdrawn or no longer granted' },
  layersMore: { zh: '等 {count} 个', en: ' and others, {count} in all' },
  layerPartTitle: { zh: '名称', en: 'title' },
  layerPartFields: { zh: '字段', en: 'fields' },
  layerPartLegend: { zh: '图例', en: 'legend' },
  layerPartDescription: { zh: '说明', en: 'description' },
  inBrackets: { zh: '({of})', en: ' ({of})' },
  showThese: { zh: '显示', en: 'Show' },
} as const

learn(layerNewsMessages)

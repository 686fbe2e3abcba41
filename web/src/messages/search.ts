/** What the box for finding says. */
import { learn } from './known'
import type { Title } from '../title'

export const searchMessages = {
  search: { zh: '查找要素或坐标', en: 'Find features or coordinates' },
  searchPlaceholder: { zh: '查找名称、编号或坐标', en: 'Name, number or coordinates' },
  searchResults: { zh: '查找结果', en: 'Search results' },
  searching: { zh: '正在查找', en: 'Searching' },
  nothingFound: { zh: '显示的图层中没有找到', en: 'Nothing found in the layers shown' },
  foundSome: { zh: '找到 {count} 项,用上下键选择', en: '{count} found, choose with the arrow keys' },
  clearSearch: { zh: '清除查找', en: 'Clear the search' },
  formerAddress: { zh: '已停用', en: 'no longer in use' },
  coordinatesIn: { zh: '坐标 · {frame}', en: 'Coordinates · {frame}' },
} satisfies Record<string, Title>

learn(searchMessages)

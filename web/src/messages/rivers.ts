/** What the parts of the panel of the rivers share. */
import type { Title } from '../title'
import { learn } from './known'

export const riverMessages = {
  riverParts: { zh: '数字河流的各部分', en: 'Parts of the rivers' },
  river: { zh: '河道', en: 'River' },
  riverNone: { zh: '还没有河道:请先载入河道中心线图层。', en: 'There is no river yet: deliver the layer of centre lines first.' },
  riverSpan: { zh: '{from} 至 {to},{length} km', en: '{from} to {to}, {length} km' },
  riverInto: { zh: '汇入{name}', en: 'flows into {name}' },
  riverUnread: { zh: '{what}没有读到:{why}', en: '{what} could not be read: {why}' },
  bankLeft: { zh: '左岸', en: 'left bank' },
  bankRight: { zh: '右岸', en: 'right bank' },
  bankBoth: { zh: '两岸', en: 'both banks' },
  bankChannel: { zh: '河道', en: 'channel' },
  bankCentre: { zh: '中心线', en: 'centre line' },
  chainage: { zh: '桩号', en: 'Chainage' },
  riverShow: { zh: '地图定位', en: 'Show on the map' },
  riverCard: { zh: '要素卡片', en: 'Feature card' },
  riverWork: { zh: '工程页', en: 'Works page' },
  riverGauge: { zh: '测站页', en: 'Station page' },
  riverMore: { zh: '再显示 {count} 项', en: '{count} more' },
  riverCut: { zh: '只读到前 {count} 项。', en: 'Only the first {count} were read.' },
  datumUnstated: { zh: '基面未注明', en: 'datum not stated' },
} satisfies Record<string, Title>

learn(riverMessages)

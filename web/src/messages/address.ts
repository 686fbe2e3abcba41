/** What the address panel says. */
import { learn } from './known'
import type { Title } from '../title'

export const addressMessages = {
  addressHow: {
    zh: '在上方查找框输入地址、拼音或首字母:选一条建议打开地址卡,回车按整段文字解析定位。',
    en: 'Type an address, pinyin or initials above: a suggestion opens its card, Enter reads and locates the whole text.',
  },
  addressRead: { zh: '解析', en: 'As read' },
  addressParts: { zh: '解析出的地址要素', en: 'Elements that were read' },
  partFound: { zh: '登记簿中有', en: 'in the register' },
  partInferred: { zh: '推定', en: 'inferred' },
  partMissing: { zh: '登记簿中没有', en: 'not in the register' },
  partConflict: { zh: '矛盾', en: 'conflict' },
  addressResults: { zh: '定位结果', en: 'Where it may be' },
  addressNowhere: { zh: '登记簿中找不到这段文字。', en: 'Nothing of this text is in the register.' },
  confidence: { zh: '可信度 {value}', en: 'confidence {value}' },
  decided: { zh: '可自动采用', en: 'may be taken unseen' },
  toReview: { zh: '须人工确认', en: 'to be confirmed' },
  roughly: { zh: '位置约 ±{metres} 米', en: 'placed within about {metres} m' },
  pointHigher: { zh: '只定位到上级', en: 'placed by what it lies in' },
  noPosition: { zh: '没有位置', en: 'without position' },
  withoutParts: { zh: '未登记:{names}', en: 'not in the register: {names}' },
  noLonger: { zh: '已停用', en: 'no longer in use' },

  cardAt: { zh: '显示 {time} 的登记', en: 'As registered at {time}' },
  aliasOfRegister: { zh: '登记簿', en: 'the register' },
  addressAbsent: { zh: '这一天没有这个地址构件。', en: 'This component is not there on that day.' },
  addressPath: { zh: '所在路径', en: 'What it lies in' },
  addressBelow: { zh: '下级({count})', en: 'What lies in it ({count})' },
  addressTexts: { zh: '标准地址', en: 'Standard address' },
  addressNames: { zh: '地名', en: 'Place names' },
  addressCodes: { zh: '编码', en: 'Codes' },
  addressAliases: { zh: '别写', en: 'Other writings' },
  addressLineage: { zh: '沿革', en: 'Lineage' },
  addressEvents: { zh: '办理', en: 'Life' },
  addressPlates: { zh: '门牌', en: 'Door plates' },
  plateCode: { zh: '门牌二维码', en: 'QR of the plate' },
  addressLinks: { zh: '人户房企事物组织', en: 'People, households, houses, firms, events, things' },
  linksUnshared: { zh: '关联对象不对您共享。', en: 'Linked objects are not shared with you.' },
  addressKind: { zh: '要素', en: 'Element' },
  addressStatus: { zh: '状态', en: 'State' },
  succeededBy: { zh: '承继', en: 'Taken over by' },
  addressKey: { zh: '标识', en: 'Identity' },
  firstFew: { zh: '只列前 {count} 条', en: 'the first {count} only' },
} satisfies Record<string, Title>

learn(addressMessages)

/** What the address card says, and the reading of an address above it. */
import { learn } from './known'
import type { Title } from '../title'

export const addressMessages = {
  addressHow: {
    zh: '在查找框中写地址后按回车,或选一条提示;也可以在图上点选地址、门牌、地名。',
    en: 'Write an address in the search box and press Enter, or take a suggestion; or pick an address, plate or name on the map.',
  },
  addressRead: { zh: '地址解析', en: 'The address as read' },
  readToday: { zh: '按今天的登记簿解析', en: 'Read by the register of today' },
  found: { zh: '在登记簿中', en: 'in the register' },
  inferred: { zh: '推得', en: 'inferred' },
  missing: { zh: '登记簿中没有', en: 'not in the register' },
  conflict: { zh: '矛盾', en: 'in conflict' },
  noSuchAddress: { zh: '登记簿中找不到这段文字', en: 'Nothing of it is in the register' },
  candidates: { zh: '可能的地址({count})', en: 'Places it may mean ({count})' },
  confidence: { zh: '置信度 {percent}%', en: 'confidence {percent}%' },
  automatic: { zh: '可自动采用', en: 'may be taken unseen' },
  review: { zh: '须人工审核', en: 'to be reviewed' },
  reject: { zh: '不宜采用', en: 'not to be taken' },
  coarser: {
    zh: '落点只到{level},误差约 {metres} 米,见图上的圆',
    en: 'placed only to the {level}, within about {metres} m: the circle on the map',
  },
  coarserOnly: { zh: '落点只到{level}', en: 'placed only to the {level}' },
  noPosition: { zh: '没有位置', en: 'without a position' },
  noLonger: { zh: '已停用', en: 'no longer in use' },
  registerNow: { zh: '登记簿现状:今天', en: 'The register as it stands today' },
  addressPath: { zh: '所在路径,自上而下', en: 'The path, from the top down' },
  liesIn: { zh: '所在村、社区', en: 'Lies in' },
  succeededBy: { zh: '现为', en: 'Now' },
  objectLinks: { zh: '人户房企事物组织', en: 'People, households, houses, firms, things' },
  notShared: { zh: '关联对象含个人信息,未向您共享。', en: 'What is tied to the address is personal data and not shared with you.' },
  namesNotShared: { zh: '对象的名称和标识未向您共享。', en: 'Names and identities of the objects are not shared with you.' },
  plateNotKept: { zh: '没有登记门牌,图为样式', en: 'No plate is registered; this is what it would be' },
  plateWithQr: { zh: '门牌样式,带二维码', en: 'The plate with its QR code' },
  left: { zh: '未计入地址:{notes}', en: 'No part of the address: {notes}' },
} satisfies Record<string, Title>

learn(addressMessages)

/** What a point is of, by its level. */
export const POINT_LEVELS: readonly Title[] = [
  { zh: '无', en: 'nothing' },
  { zh: '省', en: 'province' },
  { zh: '地市', en: 'prefecture' },
  { zh: '县市区', en: 'county' },
  { zh: '镇街', en: 'town' },
  { zh: '村、社区', en: 'village' },
  { zh: '街路、小区', en: 'road or estate' },
  { zh: '门牌', en: 'door' },
  { zh: '楼栋', en: 'building' },
  { zh: '户室', en: 'room' },
]

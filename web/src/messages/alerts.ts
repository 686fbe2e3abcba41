/** What the list of alerts 预警 says. */
import type { Title } from '../title'
import { learn } from './known'

export const alertMessages = {
  alertHow: {
    zh: '图层变更后平台自动监测限值,达到分级阈值即发出预警;分级阈值待核。',
    en: 'After each change limits are watched by the platform itself; the shares of the levels are to be checked.',
  },
  alertLevel: { zh: '级别', en: 'Level' },
  alertState: { zh: '状态', en: 'State' },
  alertCode: { zh: '监测项', en: 'Limit' },
  alertAll: { zh: '全部', en: 'All' },
  alertBlue: { zh: '蓝色', en: 'Blue' },
  alertYellow: { zh: '黄色', en: 'Yellow' },
  alertOrange: { zh: '橙色', en: 'Orange' },
  alertRed: { zh: '红色', en: 'Red' },
  alertRaised: { zh: '已发出', en: 'Raised' },
  alertAcknowledged: { zh: '已签收', en: 'Acknowledged' },
  alertHandled: { zh: '已处置', en: 'Handled' },
  alertClosed: { zh: '已销号', en: 'Closed' },
  alertNoted: { zh: '备注', en: 'Note' },
  alertDoAcknowledge: { zh: '签收', en: 'Acknowledge' },
  alertDoReturn: { zh: '退回重办', en: 'Send back' },
  alertDoHandle: { zh: '已处置', en: 'Handled' },
  alertDoClose: { zh: '销号', en: 'Close' },
  alertDoNote: { zh: '只作备注', en: 'Note only' },
  alertNone: { zh: '没有这样的预警。', en: 'There is no such alert.' },
  alertCount: { zh: '预警 {count} 个', en: 'Alerts: {count}' },
  alertMore: { zh: '更早的预警', en: 'Earlier alerts' },
  alertRefresh: { zh: '刷新', en: 'Refresh' },
  alertWho: { zh: '预警须登录后查看。', en: 'Sign in to see alerts.' },
  alertValue: { zh: '监测值', en: 'Value' },
  alertLimit: { zh: '限值', en: 'Limit' },
  alertAtMost: { zh: '不高于', en: 'at most' },
  alertAtLeast: { zh: '不低于', en: 'at least' },
  alertOfLimit: { zh: '为限值的 {share}', en: '{share} of the limit' },
  alertDocument: { zh: '限值文件', en: 'Document' },
  alertRegion: { zh: '区域', en: 'Region' },
  alertCity: { zh: '全市', en: 'Whole city' },
  alertFollows: { zh: '取代预警 {number}', en: 'Takes the place of alert {number}' },
  alertShow: { zh: '在图上看变化', en: 'Show what changed' },
  alertNoPlace: { zh: '首次监测发出,没有对应的变化图形。', en: 'Raised by a first measurement: there is no change to show.' },
  alertWithheld: { zh: '图形受连续范围限制,不予提供。', en: 'The shapes may not leave and are not shown.' },
  alertMayNot: { zh: '办理须有该图层的编辑权。', en: 'To answer takes the right to edit the layer.' },
  alertUnverified: { zh: '阈值待核', en: 'shares to be checked' },
} satisfies Record<string, Title>

learn(alertMessages)

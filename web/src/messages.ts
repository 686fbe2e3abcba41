/**
 * What the page says, in both languages; `{name}` stands for a value.
 *
 * A message without one of its languages does not pass the type check. What only a part of
 * the page says stands in `messages/` and comes with the modules that say it.
 */
import type { addressMessages } from './messages/address'
import type { assetMessages } from './messages/assets'
import type { alertMessages } from './messages/alerts'
import type { compareMessages } from './messages/compare'
import type { cardMessages } from './messages/card'
import type { editingMessages } from './messages/editing'
import type { extractMessages } from './messages/extract'
import type { findingMessages } from './messages/findings'
import type { formatMessages } from './messages/format'
import type { groups } from './messages/groups'
import type { identityMessages } from './messages/identity'
import type { indicatorMessages } from './messages/indicators'
import { learn, learnt } from './messages/known'
import type { layerMessages } from './messages/layers'
import type { layerNewsMessages } from './messages/layer_news'
import type { linkMessages } from './messages/link'
import type { tableMessages } from './messages/table'
import type { listMessages } from './messages/lists'
import type { monitoringMessages } from './messages/monitoring'
import type { monitoringPartMessages } from './messages/monitoring_parts'
import type { maplessMessages } from './messages/mapless'
import type { measureMessages } from './messages/measure'
import type { planningMessages } from './messages/planning'
import type { planningPartMessages } from './messages/planning_parts'
import type { planReviewMessages } from './messages/plan_review'
import type { publicationMessages } from './messages/publication'
import type { receiptMessages } from './messages/receipts'
import type { regionMessages } from './messages/regions'
import type { riverMessages } from './messages/rivers'
import type { riverStripMessages } from './messages/river_strip'
import type { gaugeMessages } from './messages/gauges'
import type { sectionMessages } from './messages/sections'
import type { worksMessages } from './messages/works'
import type { archiveMessages } from './messages/archive'
import type { flightMessages } from './messages/flights'
import type { floodMessages } from './messages/floods'
import type { floodForecastMessages } from './messages/flood_forecasts'
import type { floodWarningMessages } from './messages/flood_warnings'
import type { floodRunMessages } from './messages/flood_runs'
import type { floodReplayMessages } from './messages/flood_replay'
import type { routingMessages } from './messages/routing'
import type { scenarioMessages } from './messages/scenario'
import type { evacuationMessages } from './messages/evacuation'
import type { thresholdMessages } from './messages/thresholds'
import type { floodBoardMessages } from './messages/flood_board'
import type { responsePlanMessages } from './messages/response_plans'
import type { searchMessages } from './messages/search'
import type { printMessages } from './messages/print'
import type { seriesMessages } from './messages/series'
import type { sketchMessages } from './messages/sketch'
import type { surfaceMessages } from './messages/surface'
import type { sketchFileMessages } from './messages/sketch_files'
import type { statisticMessages } from './messages/statistics'
import type { versionMessages } from './messages/versions'
import type { Title } from './title'

const first = {
  oneMap: { zh: '一张图', en: 'One Map' },
  comma: { zh: '、', en: ', ' },
  colon: { zh: ':', en: ': ' },
  now: { zh: '现在', en: 'Now' },
  close: { zh: '关闭', en: 'Close' },
  retry: { zh: '重试', en: 'Try again' },

  readingLayers: { zh: '正在读取图层目录', en: 'Reading the layers' },
  reading: { zh: '正在读取', en: 'Reading' },
  loading: { zh: '正在读取', en: 'loading' },
  loaded: { zh: '已读取', en: 'loaded' },
  isItUp: { zh: '请确认服务已启动:', en: 'Is the service up?' },
  noLayers: { zh: '还没有图层。载入第一份数据:', en: 'No layers yet. Load a first file:' },
  notices: { zh: '许可', en: 'Notices' },

  map: { zh: '地图', en: 'Map' },
  mapKeys: { zh: ':方向键移动,加减键缩放,回车查看中心要素', en: ': arrows move, + and − zoom, Enter opens what lies in the middle' },
  skipToMap: { zh: '跳到地图', en: 'Skip to the map' },
  zoomIn: { zh: '放大', en: 'Zoom in' },
  zoomOut: { zh: '缩小', en: 'Zoom out' },
  tilted: { zh: '2.5D 倾斜', en: '2.5D, tilted' },
  northUp: { zh: '转回北向上', en: 'North up' },
  wholeCity: { zh: '全市', en: 'Whole city' },
  lonLatDegrees: { zh: '经度、纬度(度)', en: 'Longitude, latitude in degrees' },
  northEastMetres: {
    zh: '高斯-克吕格 3 度带北坐标、东坐标(米)',
    en: 'Gauss–Krüger northing and easting in metres',
  },
  zone: { zh: '{meridian}° 带', en: 'CM {meridian}°' },
  scaleBar: { zh: '比例尺', en: 'Scale bar' },

  panels: { zh: '功能面板', en: 'Panels' },
  closePanel: { zh: '关闭面板:{title}', en: 'Close panel: {title}' },
  foldPanel: { zh: '收起{title}', en: 'Fold {title}' },
  unfoldPanel: { zh: '展开{title}', en: 'Unfold {title}' },
  opening: { zh: '正在打开', en: 'Opening' },
  panelUnread: {
    zh: '面板没有读到,可能平台刚刚更新:请重试或刷新页面。',
    en: 'The panel could not be read; the platform may have been updated: try again or reload the page.',
  },

  synthetic: { zh: '合成数据', en: 'Synthetic' },
  syntheticWhy: { zh: '图上有生成的、并非实测的图层', en: 'Some layers shown are generated, not surveyed' },

  clocks: { zh: '时间', en: 'Time' },
  beijing: { zh: '(北京时间)', en: '(Beijing time)' },
  validTime: { zh: '现状时间', en: 'Valid at' },
  validTimeMeans: { zh: '城市在这一时刻的样子', en: 'What held in the city at that instant' },
  recordedTime: { zh: '认知时间', en: 'As known at' },
  recordedTimeMeans: { zh: '平台在这一时刻所知的', en: 'What the platform knew at that instant' },
  timeForm: { zh: '2026-06-30 或 2026-06-30 08:00', en: '2026-06-30 or 2026-06-30 08:00' },
  clockToNow: { zh: '{clock}回到现在', en: '{clock}: back to now' },
  calendar: { zh: '打开日历', en: 'Open the calendar' },
  wrongTime: {
    zh: '请写成 2026-06-30 或 2026-06-30 08:00',
    en: 'Write a date, 2026-06-30, or a date and time, 2026-06-30 08:00',
  },
  validAt: { zh: '现状 {time}', en: 'Valid at {time}' },
  knownAt: { zh: '认知 {time}', en: 'As known at {time}' },
  backToNow: { zh: '回到现在', en: 'Back to now' },

  frame: { zh: '图面', en: 'Frame' },
  frameOfMap: { zh: '图面坐标系', en: 'Frame of the map' },
  frameWhy: { zh: '地图按哪个坐标系绘制', en: 'The frame the map is drawn in' },
  connectionLost: {
    zh: '与服务器的连接中断,图上是此前读到的数据,恢复后自动更新。',
    en: 'Connection lost; the map shows what was read before, and follows again by itself.',
  },

  layers: { zh: '图层', en: 'Layers' },
  steward: { zh: '主管', en: 'Steward' },
  source: { zh: '来源', en: 'Source' },
  opacity: { zh: '不透明度', en: 'Opacity' },

  area: { zh: '面积', en: 'Area' },

  signIn: { zh: '登录', en: 'Sign in' },
  signInAgain: { zh: '重新登录', en: 'Sign in again' },
  signedInAs: { zh: '已登录:{name}', en: 'Signed in: {name}' },
  thisMachine: { zh: '本机', en: 'Local' },
  sessionOver: {
    zh: '登录已过期或被撤销:公开图层照常可看,填写的内容都在。',
    en: 'The sign-in has expired or was revoked: public layers stay, and nothing typed is lost.',
  },
  swipe: { zh: '卷帘', en: 'Swipe' },
  sideBySide: { zh: '并列', en: 'Side by side' },
  differenceOf: { zh: '差异', en: 'Difference' },
  ownMap: { zh: '本图', en: 'This map' },
  otherMap: { zh: '对比图', en: 'Compared map' },
  comparing: { zh: '{mode}对比', en: 'Comparing: {mode}' },
  presentNow: { zh: '现在', en: 'now' },
  bareEver: {
    zh: '所选时间没有数据:图层的历史未及此时',
    en: 'Nothing at this time: the history of these layers does not reach it',
  },
  bareHere: { zh: '此处没有要素', en: 'No feature here' },
  differenceUnread: { zh: '差异', en: 'Difference' },
  endCompare: { zh: '结束对比', en: 'Stop comparing' },
} satisfies Record<string, Title>

type All = typeof first &
  typeof addressMessages &
  typeof cardMessages &
  typeof compareMessages &
  typeof editingMessages &
  typeof formatMessages &
  typeof groups &
  typeof identityMessages &
  typeof tableMessages &
  typeof linkMessages &
  typeof listMessages &
  typeof maplessMessages &
  typeof measureMessages &
  typeof monitoringMessages &
  typeof monitoringPartMessages &
  typeof assetMessages &
  typeof seriesMessages &
  typeof surfaceMessages &
  typeof layerMessages &
  typeof layerNewsMessages &
  typeof regionMessages &
  typeof riverMessages &
  typeof riverStripMessages &
  typeof thresholdMessages &
  typeof flightMessages &
  typeof floodMessages &
  typeof floodRunMessages &
  typeof floodReplayMessages &
  typeof routingMessages &
  typeof scenarioMessages &
  typeof evacuationMessages &
  typeof floodForecastMessages &
  typeof floodWarningMessages &
  typeof floodBoardMessages &
  typeof responsePlanMessages &
  typeof archiveMessages &
  typeof worksMessages &
  typeof sectionMessages &
  typeof gaugeMessages &
  typeof searchMessages &
  typeof planningMessages &
  typeof planningPartMessages &
  typeof extractMessages &
  typeof findingMessages &
  typeof indicatorMessages &
  typeof receiptMessages &
  typeof alertMessages &
  typeof statisticMessages &
  typeof versionMessages &
  typeof planReviewMessages &
  typeof publicationMessages &
  typeof printMessages &
  typeof sketchMessages &
  typeof sketchFileMessages

export type Message = keyof All

learn(first)

/** A message in both languages; of a part that has not been read, its name. */
export function messageOf(message: Message): Title {
  return learnt(message) ?? { zh: message, en: message }
}

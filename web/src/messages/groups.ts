/** What is said of features that are shown together from afar. */
import { learn } from './known'

export const groups = {
  groupCount: { zh: '{count} 个要素', en: '{count} features' },
  groupPatch: { zh: '本图块内 {count} 个要素,约 {area} 公顷', en: '{count} features in this tile, about {area} ha' },
  groupPatchOnly: { zh: '本图块内约 {area} 公顷', en: 'about {area} ha in this tile' },
  groupWhy: { zh: '远看合并显示,放大后可逐个查看。', en: 'Shown together from afar; nearer, each is by itself.' },
  groupNearer: { zh: '放大到此处', en: 'Zoom in here' },
  groupOther: { zh: '未分类', en: 'without a class' },
  groupMore: { zh: '另有 {count} 类', en: 'and {count} more classes' },
} as const

learn(groups)

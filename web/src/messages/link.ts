/** What is said of a link that says more than the page can show. */
import { learn } from './known'

export const linkMessages = {
  linkDoubt: { zh: '链接里有的内容用不上', en: 'Part of the link cannot be used' },
  linkTime: { zh: '“{said}”不是有效的时间,显示的是现在', en: '“{said}” is no valid time; the present is shown' },
  linkLayer: { zh: '没有图层“{said}”,或您无权查看', en: 'there is no layer “{said}”, or you may not see it' },
  linkPart: { zh: '“{said}”读不懂,未采用', en: '“{said}” is not understood and left out' },
  linkMore: { zh: '另有 {count} 处', en: '{count} more' },
} as const

learn(linkMessages)

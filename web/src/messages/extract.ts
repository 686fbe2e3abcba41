/** What the restriction extract 管控要求查询 says. */
import type { Title } from '../title'
import { learn } from './known'

export const extractMessages = {
  extractHow: {
    zh: '点选地块、取一点或给出范围,查它在图上时间受哪些管控。',
    en: 'Choose a parcel, a point or an area: what restricts it at the time of the map.',
  },
  extractParcel: { zh: '点选地块', en: 'Parcel' },
  extractPoint: { zh: '图上取点', en: 'Point' },
  extractArea: { zh: '给出范围', en: 'Area' },
  extractWhence: { zh: '查询对象', en: 'What is asked about' },
  extractPick: {
    zh: '在图上点一下;键盘:方向键移动地图,回车取十字处。',
    en: 'Click on the map; by keyboard move it with the arrow keys and press Enter for its centre.',
  },
  extractChosen: { zh: '查询选中的地块 {bsm}', en: 'Ask about the selected parcel {bsm}' },
  extractNoParcel: { zh: '这里在图上时间没有地类图斑。', en: 'There is no parcel of the survey here at that time.' },
  extractNoSite: { zh: '还没有范围:先画出、选出或读入一块地。', en: 'There is no area yet: draw, choose or read in one.' },
  extractAsk: { zh: '查询', en: 'Ask' },
  extractAgain: { zh: '按现在的时间再查', en: 'Ask again at the time of the map' },
  extractRunning: { zh: '正在查询', en: 'Asking' },
  extractOn: { zh: '查询时点 {time}', en: 'As of {time}' },
  extractKnown: { zh: '认知时间 {time}', en: 'as known at {time}' },
  extractStale: {
    zh: '以下是改动前的结果:图上时间已变。',
    en: 'This was found before the time of the map changed.',
  },
  extractOfPoint: { zh: '点位', en: 'A point' },
  extractOfArea: { zh: '划定范围', en: 'An area' },
  extractOfParcel: { zh: '地块', en: 'Parcel' },
  extractDone: {
    zh: '涉及 {concerned} 项,不涉及 {clear} 项,缺数据 {unknown} 项',
    en: 'Concerned: {concerned}; not concerned: {clear}; without data: {unknown}',
  },
  extractConcerned: { zh: '涉及 {count} 项', en: 'Concerned: {count}' },
  extractClear: { zh: '不涉及 {count} 项', en: 'Not concerned: {count}' },
  extractUnknown: { zh: '缺数据,不能判断 {count} 项', en: 'Without data, cannot be said: {count}' },
  extractUnknownMeans: {
    zh: '缺数据不等于不涉及。',
    en: 'Without data does not mean not concerned.',
  },
  extractNone: { zh: '能判断的各项中没有涉及的。', en: 'Of what can be said nothing concerns it.' },
  extractIgnored: {
    zh: '容差内忽略 {count} 处碎片,共 {area} m²',
    en: 'Slivers within tolerance left out: {count}, {area} m² in all',
  },
  extractUnchecked: { zh: '条款待核', en: 'clause to be checked' },
  extractObjects: { zh: '管控要素 {count} 个', en: 'Features: {count}' },
  extractMore: { zh: '其余 {count} 个见 JSON', en: 'The other {count} stand in the JSON' },
  extractWithheld: {
    zh: '无权查看该图层:只告知涉及及面积({count} 个要素)',
    en: 'You may not see this layer: only that it concerns, and the area (features: {count})',
  },
  extractCode: { zh: '验证码', en: 'Verification code' },
  extractPdf: { zh: '出具查询证明 PDF', en: 'Extract as PDF' },
  extractPdfMaking: { zh: '正在出具', en: 'Making the PDF' },
  extractPdfWho: {
    zh: '登录后可出具带验证码的查询证明。',
    en: 'Sign in for an extract with a verification code.',
  },
  extractJson: { zh: '下载 JSON', en: 'Download JSON' },
  extractFile: { zh: '管控要求查询', en: 'restrictions' },
  extractSynthetic: {
    zh: '查询所据图层含合成数据,结果不作依据。',
    en: 'The layers are generated, not surveyed: nothing may be decided by it.',
  },
} satisfies Record<string, Title>

learn(extractMessages)

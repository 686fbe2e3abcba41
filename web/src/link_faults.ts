/** What a link says that cannot be shown: made by another version of the page, by hand, cut off, or outlived by its layers. */
import { wallTimeOf } from './clock'
import { NO_PANEL, offered } from './panels'
import { fromHash } from './url'

export interface LinkFault {
  /** Which message tells of it. */
  readonly kind: (typeof KINDS)[number]
  readonly said: string
}

const LONGEST = 40
/** The gravest first: another time than was meant, then another picture. */
const KINDS = ['linkTime', 'linkLayer', 'linkPart'] as const
const TIMES = ['datetime', 'asof', 'b.datetime', 'b.asof']
const LAYERS = ['layers', 'b.layers', 'differing', 'selected']
/** Told of by the panel of the sketch, or of no consequence where they are not understood. */
const FREE = ['sketch', 'detail', 'opacity', 'order', 'b.selected']
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  frame: ['gk', '4490', 'mercator'],
  images: ['picture', 'heights', 'hillshade'],
  'b.images': ['picture', 'heights', 'hillshade'],
  compare: ['swipe', 'side', 'difference'],
  axis: ['valid', 'recorded'],
  lang: ['zh', 'en'],
}

/** The faults of a link; `layers`: those that there are. */
export function faultsOf(hash: string, layers: readonly { readonly id: string }[]): readonly LinkFault[] {
  const panels = offered({ map: true, layers: true, register: true }).map(({ id }) => id)
  const known: Readonly<Record<string, readonly string[]>> = { ...CHOICES, panel: [...panels, NO_PANEL] }
  const part = (key: string, text: string): LinkFault => ({ kind: 'linkPart', said: cut(`${key}=${text}`) })
  const faults = [...new URLSearchParams(hash.replace(/^#/, ''))].flatMap(([key, text]): LinkFault[] => {
    if (!text || FREE.includes(key)) return []
    if (TIMES.includes(key)) return wallTimeOf(text) ? [] : [{ kind: 'linkTime', said: cut(text) }]
    if (LAYERS.includes(key)) {
      const ids = key === 'selected' ? [text.split('/')[0] ?? ''] : text.split(',')
      const lost = ids.filter((id) => !layers.some((layer) => layer.id === id))
      return lost.map((id) => ({ kind: 'linkLayer', said: cut(id) }))
    }
    const choice = known[key]
    if (choice) return choice.includes(text) ? [] : [part(key, text)]
    if (key === 'map') return fromHash(hash).camera ? [] : [part(key, text)]
    if (key === 'divider') return Number(text) >= 0 && Number(text) <= 100 ? [] : [part(key, text)]
    return [part(key, text)]
  })
  return faults.sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind))
}

function cut(text: string): string {
  const letters = [...text]
  return letters.length > LONGEST ? `${letters.slice(0, LONGEST).join('')}…` : text
}

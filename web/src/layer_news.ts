/** 图层动态: what became of the city's layers while the page was open. */
import type { Config, Layer } from './model'

/** `back`: it had gone before. */
export type NewsKind = 'came' | 'back' | 'changed' | 'gone'
export type Part = 'title' | 'fields' | 'legend' | 'description'

export interface LayerNews {
  readonly kind: NewsKind
  readonly layer: Layer
  /** What of a layer has changed. */
  readonly parts: readonly Part[]
}

/** The layers as the page goes on with them, and what is to be told. */
export interface Followed {
  readonly config: Config
  readonly news: readonly LayerNews[]
}

/**
 * What the page knows, brought to what the platform tells now; `before`: what it told last.
 *
 * A layer that is as it was stays the same object. One that has gone stays known by its name: what was shown of
 * it is told to be missing, and may come back.
 */
export function followed(known: Config, before: Config, told: Config): Followed {
  const layers = told.layers.map((layer) => {
    const own = find(known, layer)
    return own && same(own, layer) ? own : layer
  })
  for (const [at, layer] of known.layers.entries()) {
    if (find(told, layer)) continue
    const below = known.layers.slice(0, at).reverse().find((each) => layers.some(({ id }) => id === each.id))
    layers.splice(layers.findIndex(({ id }) => id === below?.id) + 1, 0, layer)
  }
  const news = [
    ...told.layers.flatMap((layer): LayerNews[] => {
      const [own, last] = [find(known, layer), find(before, layer)]
      if (!last) return [{ kind: own ? 'back' : 'came', layer, parts: [] }]
      return same(last, layer) ? [] : [{ kind: 'changed', layer, parts: partsOf(last, layer) }]
    }),
    ...before.layers.filter((layer) => !find(told, layer)).map((layer): LayerNews => ({ kind: 'gone', layer, parts: [] })),
  ]
  return { config: { ...told, layers }, news }
}

/** What is still to be told when this is new: of each layer the last. */
export function toldOf(old: readonly LayerNews[], news: readonly LayerNews[]): readonly LayerNews[] {
  return [...old.filter((each) => !news.some(({ layer }) => layer.id === each.layer.id)), ...news]
}

function partsOf(last: Layer, layer: Layer): readonly Part[] {
  const parts = (['title', 'fields', 'legend'] as const).filter((part) => !same(last[part], layer[part]))
  return parts.length ? parts : ['description']
}

function find({ layers }: Config, { id }: Layer): Layer | undefined {
  return layers.find((each) => each.id === id)
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

import type { ExpressionSpecification, FillLayerSpecification } from 'maplibre-gl'
import { address } from './config'
import type { Layer } from './model'

/** The pictures of the hatches, as the platform draws them for every map. */
export function hatchSprite(): string {
  return address('styles/sprite').href
}

/** Lines over the colour of those classes that colour alone does not tell apart; nothing where there are none. */
export function hatchLayers(layer: Layer, fill: Omit<FillLayerSpecification, 'id' | 'paint'>): FillLayerSpecification[] {
  const { by, entries } = layer.legend
  const hatches = new Map(
    entries.flatMap(({ code, hatch }) => (code === null || !hatch ? [] : [[code, `hatch-${hatch}`] as const])),
  )
  const [first] = hatches.values()
  if (!by || !first) return []
  const value: ExpressionSpecification = ['to-string', ['get', by]]
  const shapes = fill.filter as ExpressionSpecification
  const pattern = ['match', value, ...[...hatches].flat(), first] as unknown as ExpressionSpecification
  return [
    {
      ...fill,
      id: `${layer.id}:hatch`,
      filter: ['all', shapes, ['in', value, ['literal', [...hatches.keys()]]]],
      paint: { 'fill-pattern': pattern, 'fill-opacity': 1 },
    },
  ]
}

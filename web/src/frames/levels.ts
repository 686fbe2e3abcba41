/** Style layers as the legend states them → style layers over a layer's tiles in one frame. */
import type { LayerSpecification } from 'maplibre-gl'
import type { Layer } from '../model'
import type { Frame } from './frame'

/** The same look at the same size on the ground: every level is moved to the frame's own. */
export function inFrame(style: LayerSpecification, layer: Layer, frame: Frame): LayerSpecification {
  const { minzoom, paint, layout } = style as LayerSpecification & { minzoom?: number }
  return {
    ...style,
    ...(style.type === 'raster' ? {} : { 'source-layer': layer.id }),
    ...(minzoom === undefined ? {} : { minzoom: Math.max(0, minzoom + frame.zoomShift) }),
    ...(paint ? { paint: moved(paint, frame.zoomShift) } : {}),
    ...(layout ? { layout: moved(layout, frame.zoomShift) } : {}),
  } as LayerSpecification
}

function moved(properties: object, shift: number): object {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [name, movedStops(value, shift)]),
  )
}

/** `interpolate` over the zoom: its stops begin at the fourth place, level before value. */
function movedStops(value: unknown, shift: number): unknown {
  if (!Array.isArray(value) || value[0] !== 'interpolate' || value[2]?.[0] !== 'zoom') return value
  return value.map((part, at) => (at > 2 && at % 2 === 1 ? (part as number) + shift : part))
}

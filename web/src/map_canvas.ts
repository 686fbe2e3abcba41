/** MapLibre's map as every map of the page has it: how it is made, where it may go, what covers it. */
import { Map as MapLibre, type PaddingOptions } from 'maplibre-gl'
import { headersFor } from './credential'
import type { Frame } from './frames/frame'
import type { Bounds4490, City } from './model'
import { FADE_MS } from './motion'
import { MAX_PITCH_DEG } from './url'

const MARGIN_DEG = 1
/** In the levels of the state. */
const MIN_ZOOM = 7
const MAX_ZOOM = 19
/** What the panel takes on the left of a wide page, and what it takes at most of a narrow one. */
const PANEL_PX = 460

export function createMap(container: HTMLElement, city: City): MapLibre {
  const map = new MapLibre({
    container,
    attributionControl: false,
    bounds: boundsOf(city.extent),
    renderWorldCopies: false,
    // Tiles beyond the deepest are enlarged, not cut anew: a label or an edge stays whole.
    zoomLevelsToOverscale: 24,
    dragRotate: false,
    touchPitch: false,
    maxPitch: MAX_PITCH_DEG,
    fadeDuration: FADE_MS,
    transformRequest: (url) => ({ url, headers: headersFor(url) }),
  })
  map.touchZoomRotate.disableRotation()
  map.keyboard.disableRotation()
  return map
}

/** A tilted map is turned and tilted by hand; a flat one keeps north at the top whatever a hand does. */
export function turnable(map: MapLibre, tilted: boolean): void {
  if (tilted === map.dragRotate.isEnabled()) return
  for (const each of [map.dragRotate, map.touchPitch]) {
    if (tilted) each.enable()
    else each.disable()
  }
  if (tilted) {
    map.touchZoomRotate.enableRotation()
    map.keyboard.enableRotation()
  } else {
    map.touchZoomRotate.disableRotation()
    map.keyboard.disableRotation()
  }
}

/** Keeps the map around the city, between the levels of the frame. */
export function limit(map: MapLibre, { extent: [west, south, east, north] }: City, { zoomShift }: Frame): void {
  map.setMinZoom(null)
  map.setMaxZoom(MAX_ZOOM + zoomShift)
  map.setMinZoom(MIN_ZOOM + zoomShift)
  map.setMaxBounds([west - MARGIN_DEG, south - MARGIN_DEG, east + MARGIN_DEG, north + MARGIN_DEG])
}

/** What stands on the left of a window that is narrow and low; 0 in any other. */
export function sheet_px(): number {
  return innerWidth <= 900 && innerHeight <= 520 ? Math.min(0.54 * innerWidth, 360) : 0
}

/** Room for the panel on the left, where the window is wide enough, or low enough, to have it there. */
export function padding(map: MapLibre): PaddingOptions {
  const { left, right, width } = map.getContainer().getBoundingClientRect()
  const wide = right > 900 && width > 500
  return { left: Math.max(24, (wide ? PANEL_PX : sheet_px() + 24) - left), right: 32, top: wide ? 32 : 60, bottom: wide ? 56 : 60 }
}

/** How far right of the map's middle the middle of its free part lies. */
export function aside_px(map: MapLibre): number {
  const { left = 0, right = 0 } = padding(map)
  return (left - right) / 2
}

export function boundsOf([west, south, east, north]: Bounds4490): [number, number, number, number] {
  return [west, south, east, north]
}

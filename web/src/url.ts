/** The map's state ⇄ the fragment of its address: a link reopens what was seen. */
import { isWallTime } from './clock'
import type { Language } from './language'
import { initialState } from './model'
import type { Camera, FeatureRef, FrameId, ImageStyle, MapState } from './model'
import { fromLink, toLink } from './sketch'

const COORDINATE_DIGITS = 5
const ZOOM_DIGITS = 2
const FRAMES: readonly FrameId[] = ['gk', '4490', 'mercator']
const IMAGES: readonly ImageStyle[] = ['picture', 'heights', 'hillshade']
/** Characters a fragment may carry as they are; a readable link is a trusted link. */
const READABLE = /%(2C|3A|2F)/gi

export function toHash(state: MapState): string {
  const params = new URLSearchParams()
  if (state.camera) params.set('map', cameraText(state.camera))
  if (state.frame !== initialState.frame) params.set('frame', state.frame)
  if (state.images !== initialState.images) params.set('images', state.images)
  if (state.visible) params.set('layers', state.visible.join(','))
  const dimmed = Object.entries(state.opacity)
  if (dimmed.length) params.set('opacity', dimmed.map(([id, value]) => `${id}:${value}`).join(','))
  if (state.datetime) params.set('datetime', state.datetime)
  if (state.asof) params.set('asof', state.asof)
  if (state.selected) params.set('selected', `${state.selected.layer}/${state.selected.fid}`)
  if (state.order) params.set('order', state.order.join(','))
  if (state.panel) params.set('panel', state.panel)
  if (state.detail) params.set('detail', state.detail)
  const sketch = toLink(state.sketch)
  if (sketch) params.set('sketch', sketch)
  if (state.language !== initialState.language) params.set('lang', state.language)
  const text = params.toString().replace(READABLE, decodeURIComponent)
  return text ? `#${text}` : ''
}

/** What the fragment says; parts that are not understood count as not said. Without a language, the preferred one. */
export function fromHash(hash: string, preferred: Language = initialState.language): MapState {
  const params = new URLSearchParams(hash.replace(/^#/, ''))
  const layers = params.get('layers')
  return {
    frame: frameOf(params.get('frame')),
    images: IMAGES.find((each) => each === params.get('images')) ?? initialState.images,
    camera: cameraOf(params.get('map')),
    visible: layers === null ? null : layers.split(',').filter(Boolean),
    opacity: opacityOf(params.get('opacity')),
    datetime: wallTimeOf(params.get('datetime')),
    asof: wallTimeOf(params.get('asof')),
    selected: refOf(params.get('selected')),
    order: params.get('order')?.split(',').filter(Boolean) ?? null,
    panel: params.get('panel') || null,
    detail: params.get('detail') || null,
    sketch: fromLink(params.get('sketch')),
    language: languageOf(params.get('lang')) ?? preferred,
  }
}

function frameOf(text: string | null): FrameId {
  return FRAMES.find((each) => each === text) ?? initialState.frame
}

function cameraText({ center: [lon, lat], zoom }: Camera): string {
  const place = [lon, lat].map((each) => each.toFixed(COORDINATE_DIGITS))
  return [...place, zoom.toFixed(ZOOM_DIGITS)].join(',')
}

function cameraOf(text: string | null): Camera | null {
  const [lon, lat, zoom] = (text ?? '').split(',').map(Number.parseFloat)
  if (lon === undefined || lat === undefined || zoom === undefined) return null
  const sound = Math.abs(lon) <= 180 && Math.abs(lat) <= 85 && zoom >= 0 && zoom <= 24
  return sound ? { center: [lon, lat], zoom } : null
}

function opacityOf(text: string | null): Record<string, number> {
  const opacity: Record<string, number> = {}
  for (const pair of (text ?? '').split(',')) {
    const [id, value] = pair.split(':')
    const share = Number.parseFloat(value ?? '')
    if (id && share >= 0 && share <= 1) opacity[id] = share
  }
  return opacity
}

function wallTimeOf(text: string | null): string | null {
  return text !== null && isWallTime(text) ? text : null
}

function languageOf(text: string | null): Language | null {
  return text === 'zh' || text === 'en' ? text : null
}

function refOf(text: string | null): FeatureRef | null {
  const slash = text?.indexOf('/') ?? -1
  if (!text || slash < 1 || slash === text.length - 1) return null
  return { layer: text.slice(0, slash), fid: text.slice(slash + 1) }
}

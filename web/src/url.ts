/** The map's state ⇄ the fragment of its address: a link reopens what was seen. */
import { wallTimeOf } from './clock'
import { compareOf, imagesOf, setCompare } from './compare_link'
import type { Language } from './language'
import { initialState } from './model'
import type { Camera, FeatureRef, FrameId, MapState } from './model'
import { fromLink, toLink } from './sketch'

/** A metre, less than a pixel; near, a centimetre. */
const COORDINATE_DIGITS = 5
const NEAR_DIGITS = 7
const NEAR_ZOOM = 15
const TILT_DIGITS = 1
/** Farther up the horizon would be seen, and tiles without end. */
export const MAX_PITCH_DEG = 60
const FRAMES: readonly FrameId[] = ['gk', '4490', 'mercator']
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
  if (state.compare) setCompare(params, state.compare)
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
    images: imagesOf(params.get('images')) ?? initialState.images,
    camera: cameraOf(params.get('map')),
    visible: layers === null ? null : layers.split(',').filter(Boolean),
    opacity: opacityOf(params.get('opacity')),
    datetime: wallTimeOf(params.get('datetime')),
    asof: wallTimeOf(params.get('asof')),
    selected: refOf(params.get('selected')),
    compare: compareOf(params),
    order: params.get('order')?.split(',').filter(Boolean) ?? null,
    panel: params.get('panel') || null,
    detail: params.get('detail') || null,
    sketch: fromLink(params.get('sketch')),
    language: languageOf(params.get('lang')) ?? preferred,
  }
}

/** Whether a link says something that its state does not hold, or names layers that are not there. */
export function isMisread(hash: string, layers: readonly { readonly id: string }[]): boolean {
  const state = fromHash(hash)
  const kept = new URLSearchParams(toHash(state).slice(1))
  const named = [...(state.visible ?? []), ...(state.compare?.visible ?? []), state.selected?.layer, state.compare?.layer]
  return (
    [...new URLSearchParams(hash.slice(1)).keys()].some((key) => !kept.has(key)) ||
    named.some((id) => id && !layers.some((layer) => layer.id === id))
  )
}

function frameOf(text: string | null): FrameId {
  return FRAMES.find((each) => each === text) ?? initialState.frame
}

function cameraText({ center: [lon, lat], zoom, pitch_deg, bearing_deg }: Camera): string {
  const place = [lon, lat].map((each) => each.toFixed(zoom > NEAR_ZOOM ? NEAR_DIGITS : COORDINATE_DIGITS))
  const tilt = pitch_deg || bearing_deg ? [pitch_deg, bearing_deg].map((each) => each.toFixed(TILT_DIGITS)) : []
  return [...place, zoom.toFixed(3).replace(/0$/, ''), ...tilt].join(',')
}

function cameraOf(text: string | null): Camera | null {
  const [lon, lat, zoom, pitch_deg = 0, bearing_deg = 0] = (text ?? '').split(',').map(Number.parseFloat)
  if (lon === undefined || lat === undefined || zoom === undefined) return null
  const sound = Math.abs(lon) <= 180 && Math.abs(lat) <= 85 && zoom >= 0 && zoom <= 24
  const tilted = pitch_deg >= 0 && pitch_deg <= MAX_PITCH_DEG && Math.abs(bearing_deg) <= 180
  return sound && tilted ? { center: [lon, lat], zoom, pitch_deg, bearing_deg } : null
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

function languageOf(text: string | null): Language | null {
  return text === 'zh' || text === 'en' ? text : null
}

function refOf(text: string | null): FeatureRef | null {
  const slash = text?.indexOf('/') ?? -1
  if (!text || slash < 1 || slash === text.length - 1) return null
  return { layer: text.slice(0, slash), fid: text.slice(slash + 1) }
}

/** The nouns of the map page, as `/map/config.json` and the address bar carry them. */
import { NO_SKETCH, type Sketch } from './sketch'
import type { Language, Title } from './title'

export type { Title }

/** Longitude and latitude in degrees, CGCS2000 (EPSG:4490). */
export type Position4490 = readonly [lon: number, lat: number]

/** West, south, east, north in degrees, CGCS2000. */
export type Bounds4490 = readonly [west: number, south: number, east: number, north: number]

export interface City {
  readonly code: string
  readonly name: Title
  readonly extent: Bounds4490
  readonly central_meridian_deg: number
}

export interface Code {
  readonly value: string
  readonly title: Title
}

export interface Field {
  readonly name: string
  readonly type: string
  readonly title: Title
  readonly unit: string | null
  readonly codes: readonly Code[]
}

export interface LegendEntry {
  /** null: every value that has no entry of its own. */
  readonly code: string | null
  readonly title: Title
  readonly color: string
  /** Lines over the colour, where colour alone does not tell: `slash`, `dots`, … */
  readonly hatch?: string
}

export interface Legend {
  readonly kind: 'fill' | 'line' | 'circle' | 'none'
  readonly color: string
  readonly outline: string | null
  readonly width_px: number
  readonly radius_px: number
  readonly opacity: number
  readonly label: string | null
  readonly min_zoom: number
  /** Whether the layer is drawn where nobody chose layers. */
  readonly shown: boolean
  /** Field by which areas rise where the map is tilted, in metres. */
  readonly height: string | null
  readonly by: string | null
  /** Empty where no field decides the colour. */
  readonly entries: readonly LegendEntry[]
}

export interface Layer {
  readonly id: string
  readonly title: Title
  readonly description: Title
  readonly geometry: string | null
  readonly steward: string
  readonly source_standard: string
  readonly valid_time: Title
  readonly synthetic: boolean
  /** Its features are the outlines of images, which are drawn themselves. */
  readonly imagery: boolean
  readonly legend: Legend
  readonly fields: readonly Field[]
}

export interface Config {
  readonly city: City
  /** In drawing order: the first lies deepest. */
  readonly layers: readonly Layer[]
}

/** Where the two clocks stand; null is now. Beijing wall time, `2026-06-30T08:00`. */
export interface Times {
  /** 现状时间: what held in the city at that instant. */
  readonly datetime: string | null
  /** 认知时间: what the platform believed at that instant. */
  readonly asof: string | null
}

/** 图面坐标系: the city's Gauss–Krüger zone, CGCS2000 longitude and latitude, or Web Mercator. */
export type FrameId = 'gk' | '4490' | 'mercator'

/** 表现方式 of catalogued images: as they are, or surface models by colours of height or as relief. */
export type ImageStyle = 'picture' | 'heights' | 'hillshade'

/** 对比方式: a divider between two maps that lie on each other, two maps beside each other, one map of what differs. */
export type CompareMode = 'swipe' | 'side' | 'difference'

/** The clock along which states differ: what held in the city, or what the platform believed. */
export type Axis = 'valid' | 'recorded'

/** What the map is compared with: the other map 对比图, or the state before. */
export interface Compare extends Times {
  readonly mode: CompareMode
  /** Of a swipe: where the divider stands, in percent of the maps from their left, or upper, edge. */
  readonly divider: number
  /** Layers of the other map; null: those of the map. */
  readonly visible: readonly string[] | null
  /** null: as on the map. */
  readonly images: ImageStyle | null
  /** The layer whose differences are drawn; null: the topmost of those shown. */
  readonly layer: string | null
  readonly axis: Axis
  /** The selected feature is meant as the other map has it. */
  readonly picked: boolean
}

export interface Camera {
  readonly center: Position4490
  /** In Web Mercator's levels whatever the frame: a zoom, a legend's too, means a size on the ground. */
  readonly zoom: number
  /** 倾斜: how far the map is tilted; 0 looks straight down, as planners draw. */
  readonly pitch_deg: number
  /** What lies at the top of a tilted map, from north clockwise. */
  readonly bearing_deg: number
}

export interface FeatureRef {
  readonly layer: string
  readonly fid: string
}

/** All that a link reopens. */
export interface MapState extends Times {
  readonly frame: FrameId
  readonly images: ImageStyle
  readonly camera: Camera | null
  /** Layers shown; null: all of them. */
  readonly visible: readonly string[] | null
  /** Opacity 0–1 of layers that are not at their own. */
  readonly opacity: Readonly<Record<string, number>>
  readonly selected: FeatureRef | null
  /** 对比; null: nothing is compared. */
  readonly compare: Compare | null
  /** Layers from the topmost down; null: the catalogue's order. Layers that are not named lie below. */
  readonly order: readonly string[] | null
  /** The open panel; null: the page's own choice, `none`: none. */
  readonly panel: string | null
  /** What the open panel keeps in the link, in its own words. */
  readonly detail: string | null
  /** 草图: what the visitor has drawn. */
  readonly sketch: Sketch
  readonly language: Language
}

export const initialState: MapState = {
  frame: 'gk',
  images: 'picture',
  camera: null,
  visible: null,
  opacity: {},
  datetime: null,
  asof: null,
  selected: null,
  compare: null,
  order: null,
  panel: null,
  detail: null,
  sketch: NO_SKETCH,
  language: 'zh',
}

/** 2.5 维: the map is tilted, and what has a height rises. */
export function isTilted(state: MapState): boolean {
  return (state.camera?.pitch_deg ?? 0) > 0
}

/** Where nobody chose, what its legend shows by itself. */
export function isVisible(state: MapState, layer: Layer): boolean {
  return state.visible?.includes(layer.id) ?? layer.legend.shown
}

/** Areas drawn as lines: boundaries, which lie on everything unless the visitor orders them otherwise. */
export function isBoundary(layer: Layer): boolean {
  return layer.legend.kind === 'line' && (layer.geometry?.endsWith('Polygon') ?? false)
}

/** The layers from the topmost down: those the visitor ordered, then the others as the catalogue has them. */
export function ordered(state: MapState, layers: readonly Layer[]): readonly Layer[] {
  const own = [...layers.filter((layer) => !isBoundary(layer)), ...layers.filter(isBoundary)].reverse()
  const place = (layer: Layer) => {
    const at = state.order?.indexOf(layer.id) ?? -1
    return at < 0 ? own.length : at
  }
  return own.sort((a, b) => place(a) - place(b))
}

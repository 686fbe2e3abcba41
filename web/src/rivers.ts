/** The rivers 河流: their centre lines, and what lies along them by chainage 桩号, bank and offset. */
import type { Feature, Geometry, Position } from 'geojson'
import { toInstant } from './clock'
import { address, fetchJson } from './config'
import { fetchItems, itemsAddress, text } from './items'
import { named } from './language'
import type { Config, FeatureRef, Layer, Position4490, Times } from './model'
import { answered } from './process'

export const ROUTES = 'river-routes'
export const NODES = 'river-nodes'
export const STATIONS = 'river-stations'
export const CAMERA = 'cameras'
/** The rivers' own register of cameras, which knows their chainage. */
export const RIVER_CAMERA = 'river-cameras'
const STAMP = '合成数据'
const ROUTES_MOST = 1000
const THINGS_MOST = 2000
/** A camera this far off still looks at the river. */
const CAMERA_WITHIN_M = 300

/** A route as it stands: one river or arm, drawn downstream. */
export interface River {
  readonly id: string
  readonly name: string
  readonly version: number
  /** Chainage of its first vertex, and of its last; the second may be the smaller one. */
  readonly from_m: number
  readonly to_m: number
  readonly flowsInto: string | null
  readonly synthetic: boolean
  readonly line: readonly Position[]
}

export type Bank = 'left' | 'right' | 'both' | 'channel'

/** Something at a chainage of a river, or from one to another. */
export interface Thing extends FeatureRef {
  readonly name: string
  /** Class of the work, node or station, as its layer codes it. */
  readonly kind: string
  readonly bank: Bank
  readonly chainage_m: number
  readonly chainage_to_m: number
  readonly synthetic: boolean
  readonly geometry: Geometry | null
  readonly properties: Readonly<Record<string, unknown>>
}

/** Where a place is on a river. */
export interface Located {
  readonly chainage: string | null
  readonly chainage_m: number
  /** To the right going down; negative to the left. */
  readonly offset_m: number
  readonly bank: 'left' | 'right' | 'centre'
  /** Beyond which end, where it has no chainage. */
  readonly beyond?: 'beginning' | 'end'
  readonly beyond_m?: number
  readonly end_chainage?: string
}

/** 12345.6 m → K12+345.6, to so many decimals. */
export function chainageText(metres: number, decimals = 0): string {
  const unit = 10 ** decimals
  const units = Math.round(Math.abs(metres) * unit)
  const kilometres = Math.floor(units / (1000 * unit))
  const rest = (units - kilometres * 1000 * unit) / unit
  const written = rest.toFixed(decimals).padStart(decimals ? 4 + decimals : 3, '0')
  return `K${metres < 0 && units ? '-' : ''}${kilometres}+${written}`
}

/** Metres of what somebody writes: `K12+345.6`, `12+345.6`, or plain metres; null for what is none. */
export function chainageOf(written: string): number | null {
  const found = /^\s*[Kk]?(-?)(\d{1,6})[++](\d{3}(?:\.\d+)?)\s*$/.exec(written)
  if (found) return (found[1] ? -1 : 1) * (Number(found[2]) * 1000 + Number(found[3]))
  return /^\s*-?\d+(\.\d+)?\s*$/.test(written) ? Number(written) : null
}

export function layerOf({ layers }: Config, id: string): Layer | undefined {
  return layers.find((each) => each.id === id)
}

/** Whether a layer holds cameras: the city's, or the rivers' own. */
export function isCamera(layer: string): boolean {
  return layer === CAMERA || layer === RIVER_CAMERA
}

/** What a layer calls a value of one of its fields. */
export function codeName(layer: Layer | undefined, field: string, value: string) {
  return layer?.fields.find(({ name }) => name === field)?.codes.find((each) => each.value === value)?.title ?? null
}

/** A value of a station's field in words; the value itself where the register has none. */
export function stationCode(config: Config, field: string, value: string): string {
  const title = codeName(layerOf(config, STATIONS), field, value)
  return title ? named(title) : value
}

/** The rivers as they stand, the longest first. */
export async function fetchRivers(times: Times, signal: AbortSignal): Promise<readonly River[]> {
  const { features } = await fetchItems(itemsAddress(ROUTES, { limit: ROUTES_MOST }, times), signal)
  return features
    .flatMap(({ id, geometry, properties }): River[] => {
      if (geometry?.type !== 'LineString') return []
      const said = properties ?? {}
      const from_m = Number(said.from_m ?? 0)
      const river = {
        id: String(id),
        name: String(said.name ?? id),
        version: Number(said.version ?? 1),
        from_m,
        to_m: typeof said.to_m === 'number' ? said.to_m : from_m + Number(said.length_m ?? 0),
        flowsInto: typeof said.flows_into === 'string' ? said.flows_into : null,
        synthetic: said.data_nature === STAMP,
        line: geometry.coordinates,
      }
      return [river]
    })
    .sort((a, b) => Math.abs(b.to_m - b.from_m) - Math.abs(a.to_m - a.from_m))
}

/** Works, defects, inspections or documents along a river, by `kinds`; `more`: not all of them. */
export async function fetchAlong(
  river: River,
  kinds: readonly ('works' | 'defects' | 'inspections' | 'documents')[],
  times: Times,
  signal: AbortSignal,
): Promise<{ readonly things: readonly Thing[]; readonly more: boolean }> {
  const url = address(`rivers/${encodeURIComponent(river.id)}/along`)
  url.searchParams.set('kinds', kinds.join(','))
  setMoment(url, times)
  const found = await fetchJson<{ more: boolean; features: readonly (Feature & { layer: string })[] }>(url, signal)
  return { more: found.more, things: found.features.map((each) => thingOf(each.layer, each)) }
}

/** What of a layer says itself that it is on the river: its nodes, its stations. */
export async function fetchOn(layer: string, river: River, times: Times, signal: AbortSignal): Promise<readonly Thing[]> {
  const query = { filter: `"route_id" = ${text(river.id)}`, limit: THINGS_MOST }
  const { features } = await fetchItems(itemsAddress(layer, query, times), signal)
  return features.filter(({ properties }) => typeof properties?.chainage_m === 'number').map((each) => thingOf(layer, each))
}

/** Cameras beside the river, by where they stand. */
export async function fetchCameras(river: River, times: Times, signal: AbortSignal): Promise<readonly Thing[]> {
  const url = address(`linked-data/${ROUTES}/${encodeURIComponent(river.id)}/navigation/DM/cameras`)
  url.searchParams.set('distance', String(Math.max(1, Math.ceil(Math.abs(river.to_m - river.from_m) / 1000))))
  url.searchParams.set('within', String(CAMERA_WITHIN_M))
  setMoment(url, times)
  interface Met {
    readonly route_id: string
    readonly chainage_m: number
    readonly bank: Bank | 'centre' | null
  }
  const { features } = await fetchJson<{ features: readonly (Feature & { river: Met })[] }>(url, signal)
  return features
    .filter((each) => each.river.route_id === river.id)
    .map((each) => {
      const { bank, chainage_m } = each.river
      const place = { bank, chainage_m }
      return thingOf(CAMERA, { ...each, properties: { ...each.properties, ...place, chainage_to_m: null } })
    })
}

/** Where a place of the map is on a river; as its centre line stands at these times. */
export async function locate(
  river: River,
  [lon, lat]: Position4490,
  times: Times,
  signal: AbortSignal,
): Promise<Located | null> {
  const inputs = { route: river.id, positions: [[lon, lat]], ...momentOf(times) }
  const { chainages } = await answered<{ chainages: readonly Located[] }>('river-locate', inputs, signal)
  return chainages[0] ?? null
}

/** The place of a chainage on the map. */
export async function placeOf(river: Pick<River, 'id'>, chainage_m: number, times: Times, signal: AbortSignal): Promise<Position4490 | null> {
  const inputs = { route: river.id, chainages: [{ chainage_m }], ...momentOf(times) }
  interface Found {
    readonly places: readonly { readonly coordinates: Position4490 }[]
  }
  return (await answered<Found>('river-locate', inputs, signal)).places[0]?.coordinates ?? null
}

export function setMoment(url: URL, times: Times): void {
  for (const [name, value] of Object.entries(momentOf(times))) url.searchParams.set(name, value)
}

function momentOf({ datetime, asof }: Times): Record<string, string> {
  return { ...(datetime ? { datetime: toInstant(datetime) } : {}), ...(asof ? { asof: toInstant(asof) } : {}) }
}

function thingOf(layer: string, { id, geometry, properties }: Feature): Thing {
  const said = properties ?? {}
  const chainage_m = Number(said.chainage_m)
  return {
    layer,
    fid: String(id),
    name: String(said.name ?? said.title ?? id),
    kind: String(said.kind ?? ''),
    bank: bankOf(said.bank),
    chainage_m,
    chainage_to_m: typeof said.chainage_to_m === 'number' ? said.chainage_to_m : chainage_m,
    synthetic: said.data_nature === STAMP,
    geometry: geometry ?? null,
    properties: said,
  }
}

function bankOf(said: unknown): Bank {
  return said === 'left' || said === 'right' || said === 'both' ? said : 'channel'
}

/** 预警: the list, one alert with its receipts, and the answer to it. */
import type { Feature, Geometry } from 'geojson'
import type { DataDrivenPropertyValueSpecification } from 'maplibre-gl'
import { address, fetchJson } from './config'
import { middleOf } from './extent'
import type { Level } from './indicators'
import type { Bounds4490, Position4490 } from './model'
import type { Overlay } from './overlay'
import { run } from './process'
import type { Title } from './title'

export type State = 'raised' | 'acknowledged' | 'handled' | 'closed'
export const STATES: readonly State[] = ['raised', 'acknowledged', 'handled', 'closed']
export type Action = State | 'noted'

export interface Receipt {
  readonly number: number
  readonly action: Action
  readonly subject: string
  readonly department: string
  readonly note: string
  readonly recorded_at: string
}

export interface Alert {
  readonly id: number
  readonly code: string
  readonly title: Title
  readonly region: string
  readonly level: Level
  readonly state: State
  /** Decimals, so that no digit is lost. */
  readonly value: string
  readonly limit: string
  readonly unit: string
  readonly side: 'at-most' | 'at-least'
  readonly document: string
  readonly verified: boolean
  readonly layers: readonly string[]
  readonly follows: number | null
  readonly raised_at: string
  /** What the visitor may answer; empty where nothing. */
  readonly steps: readonly Action[]
  /** Where what raised it lies. */
  readonly extent: Bounds4490 | null
}

export interface Whole extends Alert {
  readonly receipts: readonly Receipt[]
  readonly changed: Geometry | null
  /** The shapes may not leave. */
  readonly limited: boolean
}

export interface Wanted {
  readonly level: string
  readonly state: string
  readonly code: string
}

export interface Page {
  readonly alerts: readonly Alert[]
  /** Number below which the next page begins; null on the last. */
  readonly before: number | null
}

interface Listed {
  readonly alerts: readonly Alert[]
  readonly links: readonly { readonly rel: string }[]
}

/** So many stand on a page. */
export const PAGE = 20

export async function list(wanted: Wanted, before: number | null, signal: AbortSignal): Promise<Page> {
  const url = address('alerts')
  url.searchParams.set('limit', String(PAGE))
  for (const [name, value] of Object.entries(wanted)) if (value) url.searchParams.set(name, value)
  if (before !== null) url.searchParams.set('before', String(before))
  const { alerts, links } = await fetchJson<Listed>(url, signal)
  const more = links.some(({ rel }) => rel === 'next')
  return { alerts, before: more ? (alerts.at(-1)?.id ?? null) : null }
}

export function read(id: number, signal: AbortSignal): Promise<Whole> {
  return fetchJson<Whole>(address(`alerts/${id}`), signal)
}

/** Writes a receipt; `by` names who acts where that is this machine. */
export async function answer(
  { code, id }: Alert,
  action: Action,
  note: string,
  by: { readonly author: string; readonly department: string } | null,
  signal: AbortSignal,
): Promise<void> {
  const inputs = { code, alert: id, action, note, ...(by ?? {}) }
  await run('answer-alert', inputs, 'outcome', signal, () => undefined)
}

const COLOR: DataDrivenPropertyValueSpecification<string> = ['get', 'color']
const INK = '#1b2a31'

/** Where alerts lie: a mark of each in the list, and what changed of the one that is open. */
export const ALERTS: Overlay = {
  id: 'alerts',
  level: 2.1,
  layers: [
    {
      id: 'alerts:area',
      type: 'fill',
      source: 'alerts',
      filter: ['==', ['geometry-type'], 'Polygon'],
      paint: { 'fill-color': COLOR, 'fill-opacity': 0.5 },
    },
    {
      id: 'alerts:line',
      type: 'line',
      source: 'alerts',
      filter: ['!=', ['geometry-type'], 'Point'],
      layout: { 'line-join': 'round' },
      paint: { 'line-color': INK, 'line-width': 1.6 },
    },
    {
      id: 'alerts:mark',
      type: 'circle',
      source: 'alerts',
      filter: ['==', ['geometry-type'], 'Point'],
      paint: {
        'circle-radius': 8,
        'circle-color': COLOR,
        'circle-stroke-color': INK,
        'circle-stroke-width': 2,
      },
    },
  ],
}

/** The middle of where an alert lies; null where it has no place. */
export function placeOf({ extent }: Alert): Position4490 | null {
  return extent && middleOf(extent)
}

/** The mark of an alert on the map; none where it has no place. */
export function markOf(alert: Alert, color: string): Feature[] {
  const at = placeOf(alert)
  return at ? [{ type: 'Feature', properties: { color }, geometry: { type: 'Point', coordinates: [...at] } }] : []
}

/** What share of its limit a value is; null of a limit of none. */
export function shareOf({ value, limit }: Alert): number | null {
  return Number(limit) === 0 ? null : Number(value) / Number(limit)
}

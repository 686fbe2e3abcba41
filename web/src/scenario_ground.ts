/** The ground of a scenario 地面, as typed: terrain, roughness of land, what soaks in, the scheme. */
import { address, fetchJson } from './config'
import { fetchFlightsIn, type Surface } from './flights'
import type { Message } from './messages'
import './messages/scenario'
import type { Bounds4490 } from './model'
import { clean, numberOf, without, writtenOf, type Inputs } from './scenario_typed'
import type { Title } from './title'

const SAMPLE = 'sample'
const STEEPEST = 1
export const SCHEMES = ['', 'inertia', 'godunov'] as const
export type Scheme = (typeof SCHEMES)[number]

export interface Loss {
  readonly by: 'constant' | 'green-ampt'
  readonly typed: Readonly<Record<string, string>>
}

export interface Ground {
  /** A surface of the catalogue of images; none is the sample terrain. */
  readonly surface: string
  /** Manning's n by class of land, where it is not that of the table. */
  readonly roughness: Readonly<Record<string, string>>
  readonly loss: Loss | null
  /** None: as the platform chooses. */
  readonly scheme: Scheme
}

/** What inputs the ground has. */
export const GROUND_INPUTS: readonly string[] = ['terrain', 'roughness', 'infiltration', 'scheme']
export const SAMPLE_GROUND: Ground = { surface: '', roughness: {}, loss: null, scheme: '' }
export const LOSSES: Readonly<Record<Loss['by'], readonly (readonly [name: string, title: Message])[]>> = {
  constant: [['capacity_mm_h', 'scenCapacityLoss']],
  'green-ampt': [
    ['conductivity_mm_h', 'scenConductivity'],
    ['suction_m', 'scenSuction'],
    ['deficit', 'scenDeficit'],
  ],
}

/** What a figure of the ground is called; undefined for a class of land. */
export function groundTitle(name: string): Message | undefined {
  return Object.values(LOSSES).flat().find(([each]) => each === name)?.[1]
}

/** The ground of the inputs of a kept run. */
export function groundOf({ terrain, roughness, infiltration, scheme }: Inputs): Ground {
  const figures = Object.entries((roughness as Inputs | undefined) ?? {})
  return {
    surface: typeof terrain === 'string' && terrain !== SAMPLE ? terrain : '',
    roughness: Object.fromEntries(figures.map(([name, value]) => [name, writtenOf(value, 1)])),
    loss: lossOf(infiltration as Inputs | undefined),
    scheme: SCHEMES.find((each) => each === scheme) ?? '',
  }
}

function lossOf(given: Inputs | undefined): Loss | null {
  if (!given) return null
  const by = given.capacity_mm_h === undefined ? 'green-ampt' : 'constant'
  return { by, typed: Object.fromEntries(LOSSES[by].map(([name]) => [name, writtenOf(given[name], 1)])) }
}

/** What it means; what is wrong is told by the class of land or the figure. */
export function groundInputs({ surface, roughness, loss, scheme }: Ground, wrong: (name: string, message: Message) => void): Inputs {
  const figures: Record<string, number> = {}
  for (const [name, text] of Object.entries(roughness).sort(([a], [b]) => a.localeCompare(b))) {
    const value = numberOf(text)
    if (value !== null && value >= 0 && value <= STEEPEST) figures[name] = value
    else if (text.trim()) wrong(name, 'scenNoRoughness')
  }
  const soaked: Record<string, number> = {}
  for (const [name] of loss ? LOSSES[loss.by] : []) {
    const value = numberOf(loss?.typed[name] ?? '')
    if (value === null) wrong(name, loss?.typed[name]?.trim() ? 'scenNoNumber' : 'scenMissing')
    else soaked[name] = value
  }
  return clean({
    terrain: surface || undefined,
    roughness: Object.keys(figures).length ? figures : undefined,
    infiltration: loss ? soaked : undefined,
    scheme: scheme || undefined,
  })
}

/** A class of land 地类 with Manning's n of the table. */
export interface Cover {
  readonly class: string
  readonly title: Title
  readonly manning: number
  readonly source: string
  /** Whether somebody calibrated it on these rivers. */
  readonly checked: boolean
}

export interface Roughness {
  readonly classes: readonly Cover[]
  /** What all land over a catalogued surface counts as. */
  readonly unknown: string
}

export function fetchRoughness(signal: AbortSignal): Promise<Roughness> {
  return fetchJson<Roughness>(address('flood/roughness'), signal)
}

/** Surface models of the catalogue of images whose flights meet an area, named by both; null: all. */
export async function fetchSurfaces(area: Bounds4490 | null, signal: AbortSignal): Promise<readonly Surface[]> {
  const flights = await fetchFlightsIn(area, signal)
  return flights.flatMap(({ title, surfaces }) => surfaces.map(({ id, name }) => ({ id, name: [title, name].filter(Boolean).join(' · ') })))
}

/** A ground with another figure of one class of land; none: that of the table. */
export function rougher(ground: Ground, name: string, text: string): Ground {
  const others = without(ground.roughness, [name]) as Ground['roughness']
  return { ...ground, roughness: text.trim() ? { ...others, [name]: text } : others }
}

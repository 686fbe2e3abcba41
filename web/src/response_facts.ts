/** Facts for a trigger 启动事实: what the platform knows of them, and what they make as they are typed. */
import { fetchGauge, stageOf } from './gauges'
import type { Warning } from './flood_warnings'
import type { Condition, Trigger } from './response_plans'

type Typed = Readonly<Record<string, string>>

/** The name of a field of the condition at this place. */
export const factName = (at: number, name: string): string => `fact/${at}/${name}`

/** Stage and threshold of the station as they are known, for the fields of the condition at this place. */
export async function readFacts(condition: Condition, at: number, signal: AbortSignal): Promise<Typed> {
  const gauge = await fetchGauge(String(condition.station), { datetime: null, asof: null }, signal)
  const stage = stageOf(gauge)?.value
  const mark = gauge.thresholds.find(({ kind, quantity }) => kind === condition.threshold && quantity === 'stage')
  return {
    [factName(at, 'datum')]: gauge.vertical_datum,
    ...(condition.kind === 'stage' && typeof stage === 'number' ? { [factName(at, 'stage')]: String(stage) } : {}),
    ...(mark ? { [factName(at, 'threshold')]: String(mark.value), [factName(at, 'datum')]: mark.vertical_datum } : {}),
  }
}

/** The facts as the platform takes them; what is not typed is not told. */
export function factsOf({ all }: Trigger, typed: Typed, standing: readonly Warning[] | null): Readonly<Record<string, unknown>> {
  const facts: Record<string, unknown> = {}
  const add = (name: string, fact: object) => {
    facts[name] = [...((facts[name] as readonly object[] | undefined) ?? []), fact]
  }
  all.forEach((condition, at) => {
    const said = (name: string) => typed[factName(at, name)]?.trim() ?? ''
    const { kind, station } = condition
    const datum = said('datum') || String(condition.datum ?? '')
    if (kind === 'warning' && standing) {
      facts.warnings = standing.map(({ id, colour, station_name, station: code }) => ({ id: String(id), level: colour, place: station_name ?? code }))
    }
    if (kind === 'order' && (said('by') || said('document'))) facts.order = { by: said('by'), document: said('document') }
    if (condition.threshold !== undefined && said('threshold')) {
      add('thresholds', { station, kind: condition.threshold, stage_m: number(said('threshold')), datum })
    }
    if (kind === 'stage' && said('stage')) add('stages', { station, stage_m: number(said('stage')), datum })
    if (kind === 'forecast' && (said('stage') || said('flow'))) {
      add('forecasts', {
        station,
        ...(said('stage') ? { stage_m: number(said('stage')), datum } : {}),
        ...(said('flow') ? { flow_m3_s: number(said('flow')) } : {}),
        ...(said('probability') ? { probability: number(said('probability')) } : {}),
        ...(said('lead') ? { lead_h: number(said('lead')) } : {}),
      })
    }
  })
  return facts
}

/** A number; the text itself where it is none, which the platform refuses by its place. */
function number(text: string): number | string {
  return Number.isFinite(Number(text)) ? Number(text) : text
}

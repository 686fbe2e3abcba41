/** A station's element over a span of time, as the chart of series draws it; gaps told, not joined. */
import { readable, toInstant } from './clock'
import { csvOf } from './csv'
import { fetchSeries, type Element, type Gap, type Gauge, type Value } from './gauges'
import { say } from './language'
import { unitOf } from './measured'
import type { Message } from './messages'
import './messages/gauges'
import './messages/series'
import { FLAGS } from './monitoring'
import { STATIONS } from './rivers'
import { readSeries, type Drawn, type Source, type Span } from './series'

/** Within so many days every value is read, and where one is wanting. */
export const TOLD_DAYS = 31
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** Tells spreadsheets that it is UTF-8. */
const MARK = '\ufeff'

export const GAP_NAMES: Readonly<Record<Gap['kind'], Message>> = {
  silent: 'gapSilent',
  missing: 'gapMissing',
  failed: 'gapFailed',
}

export interface Measured {
  readonly drawn: Drawn
  /** null: the span is too long for them. */
  readonly gaps: readonly Gap[] | null
  /** In the element's own unit; of long spans null. */
  readonly points: readonly Value[] | null
}

/** What the chart takes for a datastream. */
export function sourceOf(gauge: Gauge, element: Element, title: string): Source {
  const stream = {
    id: gauge.datastreams[element.id] ?? 0,
    name: title,
    unit: element.unit,
    property: 0,
    count: 0,
    ...{ first: null, value: null, time: null, recorded_at: null, flag: null, due: null },
    tests: [],
  }
  const station = { thing: 0, key: null, name: gauge.name, layer: STATIONS, position: gauge.position, datastreams: [stream] }
  const property = { id: 0, key: null, name: title, rules: null, basis: null, version: null }
  return { station, stream, property }
}

/** Every value with the gaps, or of a long span its envelope. */
export async function readMeasured(
  gauge: Gauge,
  element: Element,
  title: string,
  span: Span,
  asof: string | null,
  signal: AbortSignal,
): Promise<Measured> {
  const source = sourceOf(gauge, element, title)
  if (span.to_ms - span.from_ms > TOLD_DAYS * DAY_MS) {
    const drawn = await readSeries(source, span, asof && toInstant(asof), signal)
    return { drawn, gaps: null, points: null }
  }
  const { points, gaps } = await fetchSeries(gauge.id, element.id, span, asof, signal)
  return { drawn: drawnOf(source, points), gaps, points }
}

function drawnOf(source: Source, values: readonly Value[]): Drawn {
  const all = values.map(({ time, value, flag }) => ({ time_ms: Date.parse(time), value, flag }))
  const flagged = all.filter(({ value, flag }) => value === null || flag >= FLAGS.suspect)
  const points = all.flatMap(({ time_ms, value, flag }) =>
    value === null || flag === FLAGS.fail ? [] : [{ time_ms, low: value, mean: value, high: value, count: 1, flag }],
  )
  const apart = points.slice(1).map(({ time_ms }, at) => time_ms - (points[at]?.time_ms ?? time_ms))
  const usual = apart.sort((a, b) => a - b)[apart.length >> 1] ?? HOUR_MS
  return { source, points, flagged, cut: false, exact: true, gap_ms: Math.max(usual, HOUR_MS) * 1.5 }
}

/** Every value with its flag, and every gap with its reason, as a file. */
export function fileOf(gauge: Gauge, element: Element, title: string, points: readonly Value[], gaps: readonly Gap[], datum: string): Blob {
  const head = [say('gaugeStation'), say('gaugeElement'), `${say('columnTime')}${say('beijing')}`, say('columnValue'), 'unit', 'vertical_datum', 'QARTOD', say('columnFlag')]
  const rows = points.map(({ time, value, flag, filled }) => ({
    time,
    cells: [readable(time), value, unitOf(element.unit), element.unit === 'm' ? datum : '', flag, filled ?? ''],
  }))
  const told = gaps.map(({ start, end, kind }) => ({
    time: start,
    cells: [readable(start), null, unitOf(element.unit), '', FLAGS.missing, `${say(GAP_NAMES[kind])} – ${readable(end)}`],
  }))
  const all = [...rows, ...told].sort((a, b) => Date.parse(a.time) - Date.parse(b.time))
  const lines = [csvOf(head), ...all.map(({ cells }) => csvOf([gauge.id, title, ...cells]))]
  return new Blob([MARK, lines.join('\r\n'), '\r\n'], { type: 'text/csv;charset=utf-8' })
}

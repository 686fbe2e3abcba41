/** Every value of some series over a span of time, with its flag, as a file 观测值文件. */
import { readable } from './clock'
import { csvOf } from './csv'
import { say } from './language'
import { FLAG_NAMES, unitOf } from './measured'
import './messages/series'
import { FILE_MOST, readAll, type Source, type Span } from './series'

/** Tells spreadsheets that it is UTF-8. */
const MARK = '\ufeff'

export interface SeriesFile {
  readonly content: Blob
  readonly name: string
  /** Not all values of a series fitted. */
  readonly cut: boolean
}

/** `asof`: as it was believed then. */
export async function fileOf(
  sources: readonly Source[],
  span: Span,
  asof: string | null,
  signal: AbortSignal,
): Promise<SeriesFile> {
  const time = `${say('columnTime')}${say('beijing')}`
  const rows = [csvOf([time, 'datastream', say('columnSeries'), say('columnValue'), 'unit', 'QARTOD', say('columnFlag')])]
  let cut = false
  for (const source of sources) {
    const { station, stream, property } = source
    const values = await readAll(source, span, asof, signal)
    cut ||= values.length >= FILE_MOST
    const name = `${station.name} ${property?.name ?? stream.name}`
    for (const [instant, result, flag] of values) {
      const flagName = FLAG_NAMES[flag]
      const when = readable(instant.split('/')[0] ?? instant)
      rows.push(csvOf([when, stream.id, name, result, unitOf(stream.unit), flag, flagName ? say(flagName) : '']))
    }
  }
  const content = new Blob([MARK, rows.join('\r\n'), '\r\n'], { type: 'text/csv;charset=utf-8' })
  return { content, name: `series-${sources.map(({ stream }) => stream.id).join('-')}.csv`, cut }
}

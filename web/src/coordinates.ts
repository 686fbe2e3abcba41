/** Typed coordinates 坐标: degrees, degrees-minutes-seconds, Gauss–Krüger northing and easting; the frame is named. */
import { unproject } from './gauss_kruger'
import type { Position4490, Title } from './model'

export interface Place {
  readonly position: Position4490
  /** The frame in which the text was read. */
  readonly frame: Title
}

const DEGREES: Title = { zh: 'CGCS2000 经纬度', en: 'CGCS2000 longitude, latitude' }
const SEXAGESIMAL: Title = { zh: 'CGCS2000 经纬度(度分秒)', en: 'CGCS2000 longitude, latitude (DMS)' }
const NUMBER = String.raw`[-+]?\d+(?:\.\d+)?`
const ANGLE = new RegExp(
  String.raw`([NSEW北南东西]?(?:纬|经)?)\s*(\d{1,3})\s*[°度]\s*(?:(\d{1,2}(?:\.\d+)?)\s*['′’分]\s*)?(?:(\d{1,2}(?:\.\d+)?)\s*(?:["″”秒]|''|′′)\s*)?([NSEW]?)`,
  'gi',
)
/** 6-degree zones 13 to 23, 3-degree zones 25 to 45 cover the country. */
const SIX_DEGREE_ZONES = [13, 23] as const
const THREE_DEGREE_ZONES = [25, 45] as const

/** The place a text names; null where it is no coordinates. Northings and eastings without zone are the city's own. */
export function placeOf(typed: string, cityMeridian_deg: number): Place | null {
  const text = typed.normalize('NFKC').trim()
  return sexagesimal(text) ?? decimal(text, cityMeridian_deg)
}

function sexagesimal(text: string): Place | null {
  const angles = [...text.matchAll(ANGLE)]
  if (angles.length !== 2 || text.replace(ANGLE, '').replace(/[\s,;、]/g, '')) return null
  const read = angles.map(([, before = '', degrees, minutes = '0', seconds = '0', after = '']) => ({
    value: Number(degrees) + Number(minutes) / 60 + Number(seconds) / 3600,
    letter: (before[0] ?? after).toUpperCase(),
    sound: Number(minutes) < 60 && Number(seconds) < 60,
  }))
  const [first, second] = read
  if (!first?.sound || !second?.sound) return null
  const latitudeFirst = /[NS北南]/.test(first.letter) || /[EW东西]/.test(second.letter)
  const pair = latitudeFirst ? [second.value, first.value] : [first.value, second.value]
  return geographic(pair[0] ?? NaN, pair[1] ?? NaN, SEXAGESIMAL)
}

function decimal(text: string, cityMeridian_deg: number): Place | null {
  const bare = text.replace(/[XYNE北东经纬]\s*[=:]?/gi, ' ').trim()
  const parts = bare.split(/[\s,;、]+/)
  if (parts.length !== 2 || !parts.every((part) => new RegExp(`^${NUMBER}$`).test(part))) return null
  const [a = NaN, b = NaN] = parts.map(Number)
  return geographic(a, b, DEGREES) ?? plane(a, b, cityMeridian_deg) ?? plane(b, a, cityMeridian_deg)
}

/** In this country a longitude is always the larger of the two. */
function geographic(a: number, b: number, frame: Title): Place | null {
  const [lon, lat] = a > b ? [a, b] : [b, a]
  return lon >= 73 && lon <= 136 && lat >= 3 && lat <= 54 ? { position: [lon, lat], frame } : null
}

function plane(north_m: number, east_m: number, cityMeridian_deg: number): Place | null {
  if (north_m < 1.5e6 || north_m > 6.5e6) return null
  if (east_m > 100_000 && east_m < 900_000) {
    const frame = {
      zh: `CGCS2000 3°带 中央经线 ${cityMeridian_deg}°`,
      en: `CGCS2000 3° zone, central meridian ${cityMeridian_deg}°`,
    }
    return { position: unproject(north_m, east_m, cityMeridian_deg), frame }
  }
  const zone = Math.floor(east_m / 1e6)
  const within_m = east_m - zone * 1e6
  if (within_m < 100_000 || within_m > 900_000) return null
  const width_deg = among(zone, THREE_DEGREE_ZONES) ? 3 : among(zone, SIX_DEGREE_ZONES) ? 6 : null
  if (width_deg === null) return null
  const meridian_deg = width_deg === 3 ? zone * 3 : zone * 6 - 3
  const frame = {
    zh: `CGCS2000 ${width_deg}°带 第 ${zone} 带(中央经线 ${meridian_deg}°)`,
    en: `CGCS2000 ${width_deg}° zone ${zone} (central meridian ${meridian_deg}°)`,
  }
  return { position: unproject(north_m, within_m, meridian_deg), frame }
}

function among(zone: number, [first, last]: readonly [number, number]): boolean {
  return zone >= first && zone <= last
}

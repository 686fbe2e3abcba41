/**
 * Figures ⇄ the short text in which a link carries them.
 *
 * Positions are whole numbers of 10⁻⁸ degrees (about 1 mm), each told by how far it lies from the
 * one before; bytes become the 64 characters that need no escape in an address.
 */
import type { Geometry, Position } from 'geojson'
import type { Figure } from './figure'

const VERSION = 1
export const STEPS_PER_DEG = 1e8
const KINDS = ['Point', 'LineString', 'Polygon', 'MultiPoint', 'MultiLineString', 'MultiPolygon'] as const
/** How many lists lie around the positions of each kind. */
const DEPTH = [0, 1, 2, 1, 2, 3] as const
const SIGNS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const MOST_VERTICES = 1e6

type Nested = Position | Nested[]

/** A position as the sketch holds it, to 10⁻⁸ degrees. */
export function rounded([lon = 0, lat = 0]: Position): Position {
  return [lon, lat].map((value) => Math.round(value * STEPS_PER_DEG) / STEPS_PER_DEG)
}

/** Throws for a collection: its parts are figures of their own. */
export function encoded(figures: readonly Figure[]): string {
  const writer = new Writer()
  writer.byte(VERSION)
  for (const figure of figures) writer.figure(figure)
  return signsOf(writer.bytes)
}

/** The figures of a text; null where it is none, or not whole. */
export function decoded(text: string): Figure[] | null {
  try {
    const reader = new Reader(bytesOf(text))
    if (reader.byte() !== VERSION) return null
    const figures: Figure[] = []
    while (reader.more) figures.push(reader.figure())
    return figures
  } catch {
    return null
  }
}

class Writer {
  readonly bytes: number[] = []
  #before: [number, number] = [0, 0]

  byte(value: number): void {
    this.bytes.push(value)
  }

  figure({ name, note, color, geometry }: Figure): void {
    const kind = KINDS.findIndex((each) => each === geometry.type)
    if (kind < 0 || geometry.type === 'GeometryCollection') throw new Error(geometry.type)
    this.byte(kind)
    for (let at = 1; at < 7; at += 2) this.byte(Number.parseInt(color.slice(at, at + 2), 16) || 0)
    this.#text(name)
    this.#text(note)
    this.#nested(geometry.coordinates as Nested, DEPTH[kind] ?? 0)
  }

  #text(text: string): void {
    const bytes = new TextEncoder().encode(text)
    this.#count(bytes.length)
    this.bytes.push(...bytes)
  }

  #nested(nested: Nested, depth: number): void {
    if (depth === 0) return this.#position(nested as Position)
    this.#count(nested.length)
    for (const each of nested as Nested[]) this.#nested(each, depth - 1)
  }

  #position(position: Position): void {
    for (const axis of [0, 1] as const) {
      const value = Math.round((position[axis] ?? 0) * STEPS_PER_DEG)
      const apart = value - this.#before[axis]
      this.#before[axis] = value
      this.#count(apart < 0 ? -2 * apart - 1 : 2 * apart)
    }
  }

  /** Seven bits a byte, the lowest first. Not by bit operators: these end at 32 bits. */
  #count(value: number): void {
    let rest = value
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.byte(128 + (rest % 128))
    this.byte(rest)
  }
}

class Reader {
  #at = 0
  #vertices = 0
  readonly #bytes: Uint8Array
  readonly #before: [number, number] = [0, 0]

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get more(): boolean {
    return this.#at < this.#bytes.length
  }

  byte(): number {
    const value = this.#bytes[this.#at++]
    if (value === undefined) throw new RangeError('cut off')
    return value
  }

  figure(): Figure {
    const kind = this.byte()
    const type = KINDS[kind]
    if (!type) throw new RangeError('no such kind')
    const channels = [this.byte(), this.byte(), this.byte()]
    const color = `#${channels.map((each) => each.toString(16).padStart(2, '0')).join('')}`
    const [name, note] = [this.#text(), this.#text()]
    const coordinates = this.#nested(DEPTH[kind] ?? 0)
    return { name, note, color, geometry: { type, coordinates } as Geometry }
  }

  #text(): string {
    const length = this.#count()
    if (this.#at + length > this.#bytes.length) throw new RangeError('cut off')
    const bytes = this.#bytes.subarray(this.#at, (this.#at += length))
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  }

  #nested(depth: number): Nested {
    if (depth === 0) return this.#position()
    const length = this.#count()
    const nested: Nested[] = []
    for (let at = 0; at < length; at++) nested.push(this.#nested(depth - 1))
    return nested
  }

  #position(): Position {
    if (++this.#vertices > MOST_VERTICES) throw new RangeError('too many')
    for (const axis of [0, 1] as const) {
      const told = this.#count()
      this.#before[axis] += told % 2 ? -(told + 1) / 2 : told / 2
    }
    return this.#before.map((value) => value / STEPS_PER_DEG)
  }

  #count(): number {
    let [value, unit] = [0, 1]
    for (;;) {
      const byte = this.byte()
      value += (byte % 128) * unit
      if (byte < 128) return value
      unit *= 128
      if (unit > Number.MAX_SAFE_INTEGER) throw new RangeError('too large')
    }
  }
}

function signsOf(bytes: readonly number[]): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.slice(at, at + 3)
    const signs = [a >> 2, ((a & 3) << 4) | (b >> 4), ((b & 15) << 2) | (c >> 6), c & 63]
    for (const sign of signs.slice(0, Math.min(3, bytes.length - at) + 1)) text += SIGNS[sign]
  }
  return text
}

function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let [held, bits, at] = [0, 0, 0]
  for (const sign of text) {
    const value = SIGNS.indexOf(sign)
    if (value < 0) throw new RangeError('no such sign')
    held = ((held << 6) | value) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes[at++] = (held >> bits) & 255
  }
  return bytes
}

/** The one hand that changes the sketch: every change can be taken back, and none is lost. */
import type { Geometry } from 'geojson'
import type { Figure } from './figure'
import { codeOf, LINK_MOST, type Sketch } from './sketch'
import { decoded, rounded } from './sketch_code'
import { freshName, keep, keepLast, lastSketch } from './sketch_shelf'
import type { Store } from './store'

const MOST_STEPS = 200
const books = new WeakMap<Store, SketchBook>()

/** The book of a page: it outlives the panel. */
export function bookOf(store: Store): SketchBook {
  const known = books.get(store)
  if (known) return known
  const book = new SketchBook(store)
  books.set(store, book)
  return book
}

export class SketchBook {
  #past: (readonly Figure[])[] = []
  #future: (readonly Figure[])[] = []
  /** The browser refused to keep what the link cannot carry. */
  unkept = false

  constructor(private readonly store: Store) {}

  get sketch(): Sketch {
    return this.store.state.sketch
  }

  get figures(): readonly Figure[] {
    return this.sketch.figures
  }

  get canUndo(): boolean {
    return this.#past.length > 0
  }

  get canRedo(): boolean {
    return this.#future.length > 0
  }

  add(figures: readonly Figure[]): void {
    this.#change([...this.figures, ...figures.map(sound)])
  }

  /** Other words, another colour or another shape for a figure; `on`: as part of the change before. */
  alter(at: number, change: Partial<Figure>, on = false): void {
    const figures = this.figures.map((each, index) => (index === at ? sound({ ...each, ...change }) : each))
    if (codeOf(figures) === codeOf(this.figures)) return
    if (on) this.#put(figures)
    else this.#change(figures)
  }

  remove(at: number): void {
    this.#change(this.figures.filter((_, index) => index !== at))
  }

  clear(): void {
    this.#change([])
  }

  undo(): void {
    const figures = this.#past.pop()
    if (!figures) return
    this.#future.push(this.figures)
    this.#put(figures)
  }

  redo(): void {
    const figures = this.#future.pop()
    if (!figures) return
    this.#past.push(this.figures)
    this.#put(figures)
  }

  /** What was drawn last in this browser, where nothing is drawn here. */
  last(): readonly Figure[] | null {
    const code = this.figures.length ? null : lastSketch()
    const figures = code && decoded(code)
    return figures && figures.length ? figures : null
  }

  #change(figures: readonly Figure[]): void {
    this.#past = [...this.#past, this.figures].slice(-MOST_STEPS)
    this.#future = []
    this.#put(figures)
  }

  #put(figures: readonly Figure[]): void {
    const code = codeOf(figures)
    const tooLong = code.length > LINK_MOST
    const keptAs = tooLong ? (this.sketch.keptAs ?? freshName()) : null
    this.unkept = keptAs !== null && !keep(keptAs, code)
    // An emptied sketch is no loss that anybody wants back but by undo: the last drawn one stays.
    if (figures.length) keepLast(code)
    this.store.update({ sketch: { figures, keptAs, missing: null } })
  }
}

/** A figure as the link can carry it: flat, to a millimetre. */
function sound(figure: Figure): Figure {
  return { ...figure, geometry: flat(figure.geometry) }
}

function flat(geometry: Geometry): Geometry {
  if (geometry.type === 'GeometryCollection') return geometry
  return { ...geometry, coordinates: deep(geometry.coordinates) } as Geometry
}

function deep(nested: unknown): unknown {
  const list = nested as unknown[]
  return typeof list[0] === 'number' ? rounded(list as number[]) : list.map(deep)
}

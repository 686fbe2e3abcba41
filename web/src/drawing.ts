/** Draws or reshapes one geometry on the map, by mouse, touch and keyboard. */
import type { Geometry, Position } from 'geojson'
import type { Position4490 } from './model'
import { between, DRAWN, marks, next, shapeOf } from './drawn'
import {
  closed,
  FEWEST,
  gapsOf,
  halfWay,
  pathsOf,
  placeOfVertex,
  replaced,
  vertexAt,
  withPaths,
  type Path,
  type Place,
} from './paths'
import type { Grip, Pixel, Stage } from './stage'

export type Shape = 'point' | 'line' | 'area'

export interface DrawingListener {
  /** The geometry as it is now, null while it is none yet; done: nothing more will come of it. */
  changed(geometry: Geometry | null, done: boolean): void
  /** Another vertex was chosen, or none. */
  chose?(vertex: number | null): void
}

type Task =
  | { readonly kind: 'draw'; readonly shape: Shape }
  | { readonly kind: 'reshape'; readonly geometry: Geometry }

const KIND = { point: 'point', line: 'line', area: 'ring' } as const
const ENDS_PX = 9
const SNAP_PX = 8
const FAR_STEP_PX = 10
const STEPS: Readonly<Record<string, Pixel>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

export class Drawing {
  /** Positions that vertices stick to when they come near. */
  snaps: readonly Position4490[] = []
  #task: Task | null = null
  #paths: readonly Path[] = []
  #past: (readonly Path[])[] = []
  #future: (readonly Path[])[] = []
  #chosen: number | null = null
  /** From the pixel that was pressed to the vertex; null while nothing is held. */
  #held: Pixel | null = null
  #moved = false
  #pointer: Position4490 | null = null
  readonly #grip: Grip = {
    press: (pixel, reach_px) => this.#press(pixel, reach_px),
    drag: (pixel) => this.#drag(pixel),
    release: () => this.#release(),
    hover: (pixel) => this.#hover(pixel),
    key: (event) => this.key(event),
  }

  constructor(
    private readonly stage: Stage,
    private readonly listener: DrawingListener,
  ) {}

  /**
   * A new shape: clicks, or Enter at the crosshair, add vertices; a double click, a click on the
   * first vertex or `finish` ends it; Backspace takes the last back; Escape gives it up.
   * It can go on from positions drawn earlier.
   */
  draw(shape: Shape, begun: readonly Position[] = []): void {
    this.#begin({ kind: 'draw', shape }, [{ kind: KIND[shape], positions: begun }])
  }

  /**
   * An existing geometry: vertices are dragged, handles between two vertices add one, Delete
   * removes; arrow keys move the chosen vertex. Throws for a collection.
   */
  reshape(geometry: Geometry): void {
    this.#begin({ kind: 'reshape', geometry }, pathsOf(geometry))
  }

  /** Which of the two is under way. */
  get busy(): Task['kind'] | null {
    return this.#task?.kind ?? null
  }

  get geometry(): Geometry | null {
    const task = this.#task
    if (!task) return null
    if (task.kind === 'reshape') return withPaths(task.geometry, this.#paths)
    const positions = this.vertices
    if (positions.length < FEWEST[KIND[task.shape]]) return null
    if (task.shape === 'area') return { type: 'Polygon', coordinates: [closed(positions)] }
    if (task.shape === 'line') return { type: 'LineString', coordinates: [...positions] }
    return { type: 'Point', coordinates: positions[0] ?? [] }
  }

  /** All vertices, path after path. */
  get vertices(): readonly Position[] {
    return this.#paths.flatMap(({ positions }) => positions)
  }

  /** Number of the chosen vertex. */
  get chosen(): number | null {
    return this.#chosen
  }

  get canUndo(): boolean {
    return this.#past.length > 0
  }

  get canRedo(): boolean {
    return this.#future.length > 0
  }

  undo(): void {
    this.#step(this.#past, this.#future)
  }

  redo(): void {
    this.#step(this.#future, this.#past)
  }

  /** Ends with what is there; a new shape with too few vertices stays as it is. */
  finish(): void {
    const { geometry } = this
    if (geometry) this.#end(geometry)
  }

  /** Ends without a word. */
  stop(): void {
    if (!this.#task) return
    this.#task = null
    this.#paths = []
    this.stage.take(null)
    this.stage.hold(null)
    this.stage.lay(DRAWN, [])
  }

  choose(vertex: number | null): void {
    if (vertex === this.#chosen) return
    this.#chosen = vertex !== null && vertex >= 0 && vertex < this.vertices.length ? vertex : null
    this.#show()
    this.listener.chose?.(this.#chosen)
  }

  /** Adds a vertex after the chosen one, half way to the next, and chooses it. */
  insert(): void {
    const place = placeOfVertex(this.#paths, this.#chosen)
    const middle = place && halfWay(this.#paths, place)
    if (!place || !middle) return
    this.#insert(place, middle)
    this.#tell()
  }

  /** Takes the chosen vertex away, where enough remain. */
  remove(): void {
    const place = placeOfVertex(this.#paths, this.#chosen)
    const path = place && this.#paths[place.path]
    if (!place || !path) return
    const enough = path.positions.length > FEWEST[path.kind] || this.busy === 'draw'
    if (enough) this.#record(replaced(this.#paths, place, []))
    else if (path.kind === 'point' && this.#paths.length > 1) {
      this.#record(this.#paths.filter((each) => each !== path))
    } else return
    const left = this.vertices.length
    this.#chosen = left ? Math.min(this.#chosen ?? 0, left - 1) : null
    this.#tell()
    this.listener.chose?.(this.#chosen)
  }

  /** Moves the chosen vertex on the screen. */
  nudge([right, down]: Pixel): void {
    const vertex = this.#chosen === null ? undefined : this.vertices[this.#chosen]
    if (!vertex) return
    const [x, y] = this.stage.pixel(flat(vertex))
    this.moveTo(this.stage.ground([x + right, y + down]))
  }

  /** Moves the chosen vertex to a position. */
  moveTo(position: Position4490): void {
    this.#record(this.#paths)
    this.#put(position)
    this.#tell()
  }

  /** A further vertex of a new shape. */
  add(position: Position4490): void {
    const task = this.#task
    if (task?.kind !== 'draw') return
    this.#record([{ kind: KIND[task.shape], positions: [...this.vertices, [...position]] }])
    if (task.shape === 'point') return this.finish()
    this.#tell()
  }

  /** What a key does on the map or in a list of the vertices; whether it does anything. */
  key(event: KeyboardEvent): boolean {
    if (event.altKey) return false
    if (event.ctrlKey || event.metaKey) return this.#shortcut(event)
    const step = STEPS[event.key]
    if (step && this.#chosen !== null) {
      const by = event.shiftKey ? FAR_STEP_PX : 1
      this.nudge([step[0] * by, step[1] * by])
      return true
    }
    if (event.key === 'Escape') this.#escape()
    else if (event.key === 'Insert' && this.#chosen !== null) this.insert()
    else if (event.key === 'Delete' && this.#chosen !== null) this.remove()
    else if (event.key === 'Backspace' && this.busy) this.#back()
    else return false
    return true
  }

  #begin(task: Task, paths: readonly Path[]): void {
    this.stop()
    this.#task = task
    this.#paths = paths
    this.#past = []
    this.#future = []
    this.#chosen = null
    this.#held = null
    this.#pointer = null
    this.stage.take((position) => this.#taken(position))
    this.stage.hold(this.#grip)
    this.#show()
  }

  #end(geometry: Geometry | null): void {
    this.stop()
    this.listener.changed(geometry, true)
  }

  #tell(): void {
    this.#show()
    this.listener.changed(this.geometry, false)
  }

  #record(next: readonly Path[]): void {
    this.#past.push(this.#paths)
    this.#future = []
    this.#paths = next
  }

  #step(from: (readonly Path[])[], to: (readonly Path[])[]): void {
    const paths = from.pop()
    if (!paths) return
    to.push(this.#paths)
    this.#paths = paths
    if (this.#chosen !== null && this.#chosen >= this.vertices.length) this.choose(null)
    this.#tell()
  }

  #shortcut(event: KeyboardEvent): boolean {
    const key = event.key.toLowerCase()
    if (key === 'y' || (key === 'z' && event.shiftKey)) this.redo()
    else if (key === 'z') this.undo()
    else return false
    return true
  }

  #escape(): void {
    if (this.#task?.kind === 'draw') this.#end(null)
    else if (this.#chosen !== null) this.choose(null)
    else if (this.#task) this.#end(this.#task.geometry)
  }

  #back(): void {
    if (this.#chosen !== null) return this.remove()
    const [path] = this.#paths
    if (this.busy !== 'draw' || !path?.positions.length) return
    this.#record([{ ...path, positions: path.positions.slice(0, -1) }])
    this.#tell()
  }

  /** A click, or Enter at the crosshair. */
  #taken(position: Position4490): void {
    const pixel = this.stage.pixel(position)
    if (this.#task?.kind === 'reshape') {
      if (!this.#press(pixel, ENDS_PX)) this.choose(null)
      return this.#release()
    }
    if (this.#closes(pixel)) return this.finish()
    this.add(this.#snapped(position, pixel))
  }

  /** Whether a click here ends the shape: on its last vertex, or on the first one of an area. */
  #closes(pixel: Pixel): boolean {
    const { vertices } = this
    const first = this.#task?.kind === 'draw' && this.#task.shape === 'area' ? vertices[0] : undefined
    return [first, vertices.at(-1)].some((each) => each && this.#apart(each, pixel) <= ENDS_PX)
  }

  #press(pixel: Pixel, reach_px: number): boolean {
    if (this.#task?.kind !== 'reshape') return false
    const vertex = this.#nearest(this.vertices, pixel, reach_px)
    if (vertex !== null) this.choose(vertex)
    else {
      const gaps = gapsOf(this.#paths)
      const near = this.#nearest(
        gaps.map(({ middle }) => middle),
        pixel,
        reach_px,
      )
      const found = near === null ? undefined : gaps[near]
      if (!found) return false
      this.#insert(found.place, found.middle)
      this.#tell()
    }
    const [x, y] = this.stage.pixel(flat(this.vertices[this.#chosen ?? 0] ?? []))
    this.#held = [x - pixel[0], y - pixel[1]]
    this.#moved = false
    return true
  }

  #drag(pixel: Pixel): void {
    if (!this.#held) return
    if (!this.#moved) this.#record(this.#paths)
    this.#moved = true
    const to: Pixel = [pixel[0] + this.#held[0], pixel[1] + this.#held[1]]
    this.#put(this.#snapped(this.stage.ground(to), to))
    this.#tell()
  }

  #release(): void {
    this.#held = null
  }

  #hover(pixel: Pixel): void {
    if (this.#task?.kind !== 'draw' || !this.vertices.length) return
    this.#pointer = this.stage.ground(pixel)
    this.#show()
  }

  #put([lon, lat]: Position4490): void {
    const place = placeOfVertex(this.#paths, this.#chosen)
    const old = this.vertices[this.#chosen ?? -1]
    // What a position has beside longitude and latitude stays with it.
    if (place && old) this.#paths = replaced(this.#paths, place, [[lon, lat, ...old.slice(2)]])
  }

  #insert(place: Place, middle: Position): void {
    const before = this.#paths[place.path]?.positions[place.at]
    if (!before) return
    this.#record(replaced(this.#paths, place, [before, middle]))
    this.choose(vertexAt(this.#paths, place) + 1)
  }

  #nearest(positions: readonly (readonly number[])[], pixel: Pixel, reach_px: number): number | null {
    let [best, least]: [number | null, number] = [null, reach_px]
    for (const [index, position] of positions.entries()) {
      const apart = this.#apart(position, pixel)
      if (apart <= least) [best, least] = [index, apart]
    }
    return best
  }

  #apart([lon = 0, lat = 0]: readonly number[], [x, y]: Pixel): number {
    const [px, py] = this.stage.pixel([lon, lat])
    return Math.hypot(px - x, py - y)
  }

  #snapped(position: Position4490, pixel: Pixel): Position4490 {
    const near = this.#nearest(this.snaps, pixel, SNAP_PX)
    return (near === null ? undefined : this.snaps[near]) ?? position
  }

  #show(): void {
    const { geometry, vertices } = this
    const handles =
      this.busy === 'reshape'
        ? between(gapsOf(this.#paths).map(({ middle }) => middle))
        : next(vertices, this.#pointer, this.#task?.kind === 'draw' && this.#task.shape === 'area')
    this.stage.lay(DRAWN, [...shapeOf(geometry), ...handles, ...marks(vertices, this.#chosen)])
  }
}

function flat([lon = 0, lat = 0]: Position): Position4490 {
  return [lon, lat]
}

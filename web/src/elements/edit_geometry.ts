import type { Geometry, Position } from 'geojson'
import { html, nothing, type PropertyValues } from 'lit'
import { contrasted, CONTRAST } from '../contrast'
import { Drawing, type Shape } from '../drawing'
import { sameGeometry } from '../edit_change'
import { extentOf } from '../extent'
import { named, say } from '../language'
import '../messages/editing'
import type { Fault } from '../edit_fields'
import type { Stage } from '../stage'
import { editStyle } from './edit_style'
import { Spoken } from './spoken'
import { theme } from './theme'

/** The geometry of the feature that is edited, drawn on the map. Fires `shape` with each state of it, `under` when drawing begins and ends. */
export class EditGeometry extends Spoken {
  static override properties = {
    stage: { attribute: false },
    kind: { attribute: false },
    base: { attribute: false },
    geometry: { attribute: false },
    fault: { attribute: false },
    under: { state: true },
  }
  declare stage: Stage | null
  /** As the layer has it: `Point`, `MultiPolygon` … */
  declare kind: string
  declare base: Geometry | null
  declare geometry: Geometry | null
  declare fault: Fault | null
  /** What is done on the map just now. */
  declare under: 'draw' | 'reshape' | null
  #drawing: Drawing | null = null
  #before: Geometry | null = null

  constructor() {
    super()
    this.under = null
  }

  static override styles = [theme, editStyle]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#drawing?.stop()
    this.under = null
    this.stage?.lay(CONTRAST, [])
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('under')) this.dispatchEvent(new CustomEvent('under', { detail: this.under !== null }))
    const moved = !sameGeometry(this.base, this.geometry)
    this.stage?.lay(
      CONTRAST,
      contrasted({ base: moved || this.under ? this.base : null, mine: this.under ? null : moved ? this.geometry : null }),
    )
  }

  override render() {
    return html`
      <h4>${say('editGeometry')}</h4>
      <p role="status">${this.#told()}</p>
      ${this.stage ? this.#tools() : html`<p class="hint">${say('editNoMap')}</p>`}
      ${this.fault ? html`<p id="fault-geometry" class="fault" role="alert">${named(this.fault)}</p>` : nothing}
    `
  }

  #told(): string {
    if (!this.geometry) return say('editNoShape')
    const count = countOf(this.geometry)
    return say(sameGeometry(this.base, this.geometry) ? 'editShape' : 'editShapeChanged', { count })
  }

  #tools() {
    if (this.under) {
      return html`
        <p class="hint">${say(this.under === 'draw' ? 'editDrawHow' : 'editReshapeHow')}</p>
        <div class="actions">
          <button class="do" @click=${() => this.#drawing?.finish()}>${say('editFinish')}</button>
          <button aria-disabled=${!this.#drawing?.canUndo} @click=${() => this.#drawing?.undo()}>${say('editUndo')}</button>
          <button aria-disabled=${!this.#drawing?.canRedo} @click=${() => this.#drawing?.redo()}>${say('editRedo')}</button>
          <button @click=${() => this.#giveUp()}>${say('editStop')}</button>
        </div>
      `
    }
    const moved = !sameGeometry(this.base, this.geometry)
    return html`
      <div class="actions">
        ${
          this.geometry
            ? html`<button id="reshape" @click=${() => this.#reshape()}>${say('editReshape')}</button>`
            : nothing
        }
        <button id="draw" @click=${() => this.#draw()}>${say(this.geometry ? 'editDrawAgain' : 'editDraw')}</button>
        ${this.base && moved ? html`<button @click=${() => this.#say(this.base)}>${say('editRestore')}</button>` : nothing}
      </div>
    `
  }

  #draw(): void {
    this.#begin()?.draw(shapeOf(this.kind))
    this.under = 'draw'
    this.stage?.focus()
  }

  #reshape(): void {
    if (!this.geometry) return
    this.#begin()?.reshape(this.geometry)
    this.under = 'reshape'
    const extent = extentOf(this.geometry)
    if (extent) this.stage?.reveal(extent)
    this.stage?.focus()
  }

  #begin(): Drawing | null {
    if (!this.stage) return null
    this.#before = this.geometry
    this.#drawing?.stop()
    return (this.#drawing = new Drawing(this.stage, {
      changed: (geometry, done) => {
        if (geometry) this.#say(asKind(geometry, this.kind))
        else if (done) this.#say(this.#before)
        if (done) void this.#ended()
        this.requestUpdate()
      },
    }))
  }

  #giveUp(): void {
    this.#drawing?.stop()
    this.#say(this.#before)
    void this.#ended()
  }

  /** The focus goes back to where the drawing was begun. */
  async #ended(): Promise<void> {
    const begun = this.under
    this.under = null
    await this.updateComplete
    // After the key that ended it: Enter would press the button that gets the focus.
    await new Promise((resolve) => window.setTimeout(resolve))
    const id = begun === 'reshape' && this.geometry ? '#reshape' : '#draw'
    this.renderRoot.querySelector<HTMLElement>(id)?.focus()
  }

  #say(geometry: Geometry | null): void {
    this.dispatchEvent(new CustomEvent('shape', { detail: geometry }))
  }
}

/** How many vertices a geometry has; the end that closes a ring is none. */
export function countOf(geometry: Geometry): number {
  if (geometry.type === 'GeometryCollection') return 0
  const closing = geometry.type.endsWith('Polygon') ? 1 : 0
  const count = (part: unknown): number => {
    if (!Array.isArray(part)) return 0
    const [first] = part as unknown[]
    if (typeof first === 'number') return 1
    const positions = Array.isArray(first) && typeof first[0] === 'number'
    return positions ? part.length - closing : part.reduce((sum: number, each) => sum + count(each), 0)
  }
  return count(geometry.coordinates)
}

function shapeOf(kind: string): Shape {
  return kind.endsWith('Point') ? 'point' : kind.endsWith('LineString') ? 'line' : 'area'
}

/** A single shape in a layer of multiple ones is one of one part. */
function asKind(geometry: Geometry, kind: string): Geometry {
  if (!kind.startsWith('Multi') || geometry.type.startsWith('Multi') || geometry.type === 'GeometryCollection') {
    return geometry
  }
  const coordinates = [geometry.coordinates] as Position[]
  return { type: kind as 'MultiPoint', coordinates }
}

customElements.define('edit-geometry', EditGeometry)

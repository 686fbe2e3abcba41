/** Features that far tiles show together: areas dissolved by class, points in clusters. What they are, and the way nearer. */
import type { Map as MapLibre, PointLike } from 'maplibre-gl'
import type { GroupNote } from './elements/group_note'
import type { Group } from './group'
import type { Layer } from './model'
import type { Stage } from './stage'
import type { TiledLayers } from './tiled_layers'

const TOLERANCE_PX = 5
const NEARER = 2
const MARGIN_PX = 12

export class Groups {
  #note: GroupNote | null = null

  constructor(
    private readonly map: MapLibre,
    private readonly layers: TiledLayers,
    private readonly stage: Stage,
  ) {
    map.on('click', ({ point }) => this.#pick([point.x, point.y], false))
    map.on('zoomstart', () => this.#close())
    const canvas = map.getCanvas()
    canvas.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.#pick([canvas.clientWidth / 2, canvas.clientHeight / 2], true)
    })
  }

  #pick([x, y]: [number, number], byKey: boolean): void {
    this.#close()
    if (this.stage.taken) return
    const box: [PointLike, PointLike] = [
      [x - TOLERANCE_PX, y - TOLERANCE_PX],
      [x + TOLERANCE_PX, y + TOLERANCE_PX],
    ]
    // A feature that is by itself is what was meant.
    if (this.layers.refsIn(box).length) return
    const group = this.#groupIn(box)
    if (group) this.#open(group, [x, y], byKey)
  }

  #groupIn(box: [PointLike, PointLike]): Group | null {
    for (const { source, properties } of this.map.queryRenderedFeatures(box)) {
      const layer = this.layers.layerOf(source)
      const count: unknown = properties['count']
      if (layer && typeof count === 'number') return groupOf(layer, count, properties)
    }
    return null
  }

  #open(group: Group, [x, y]: [number, number], byKey: boolean): void {
    // Read when the first one is wanted; until then the element stands there and waits.
    void import('./elements/group_note')
    const note = (this.#note = document.createElement('group-note') as GroupNote)
    note.group = group
    note.addEventListener('nearer', () => {
      const around = this.map.unproject([x, y])
      this.#leave()
      this.map.easeTo({
        center: around,
        zoom: this.map.getZoom() + NEARER,
        duration: 400,
      })
    })
    note.addEventListener('close', () => this.#leave())
    const container = this.map.getContainer()
    container.append(note)
    void customElements.whenDefined('group-note').then(async () => {
      await note.updateComplete
      const { clientWidth, clientHeight } = container
      const [width, height] = [note.offsetWidth, note.offsetHeight]
      const left = Math.min(Math.max(x - width / 2, MARGIN_PX), clientWidth - width - MARGIN_PX)
      const below = y + MARGIN_PX + height < clientHeight - 4 * MARGIN_PX
      const top = below ? y + MARGIN_PX : Math.max(MARGIN_PX, y - MARGIN_PX - height)
      note.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`
      if (byKey) note.focusFirst()
    })
  }

  /** Closes the note; who was in it is on the map again. */
  #leave(): void {
    this.#close()
    this.map.getCanvas().focus()
  }

  #close(): void {
    this.#note?.remove()
    this.#note = null
  }
}

function groupOf(layer: Layer, count: number, properties: Readonly<Record<string, unknown>>): Group {
  const { area_m2, classes } = properties
  const own = layer.legend.by === null ? null : properties[layer.legend.by]
  const told = typeof classes === 'string' ? classes.split(',').map(readClass) : []
  return {
    layer,
    count,
    area_m2: typeof area_m2 === 'number' ? area_m2 : null,
    classes: told.length || own === undefined || own === null ? told : [[String(own), count]],
  }
}

function readClass(text: string): readonly [string, number] {
  const at = text.lastIndexOf(':')
  return [text.slice(0, at), Number(text.slice(at + 1))]
}

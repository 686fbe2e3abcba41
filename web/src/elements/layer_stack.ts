import { css, html, nothing } from 'lit'
import { named, say } from '../language'
import { isVisible, ordered, type Layer } from '../model'
import { layerFactsStyles, opacity } from './layer_facts'
import { PanelElement } from './panel_element'
import { swatch, swatchStyles } from './swatch'
import { theme } from './theme'
import '../messages/layers'

/** The layers shown, the topmost first, with their legends; moved by dragging or with buttons. */
export class LayerStack extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    dragged: { state: true },
    over: { state: true },
    told: { state: true },
  }
  /** Id of the layer that is dragged. */
  declare dragged: string | null
  /** Id of the layer in whose place it would come. */
  declare over: string | null
  /** What the last move did, for those who hear the page. */
  declare told: string

  constructor() {
    super()
    this.dragged = null
    this.over = null
    this.told = ''
  }

  static override styles = [
    theme,
    swatchStyles,
    layerFactsStyles,
    css`
      :host {
        display: block;
      }
      .hint,
      .none {
        padding: 10px 16px 4px;
        color: var(--ink-2);
        font-size: 12px;
      }
      .hint {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: 8px;
      }
      li.layer {
        border-bottom: 1px solid var(--rule);
        padding: 8px 12px 9px 14px;
      }
      li.layer.over {
        box-shadow: inset 0 2px 0 var(--accent);
      }
      li.layer.dragged {
        opacity: 0.45;
      }
      .head {
        display: flex;
        align-items: center;
        gap: 8px;
      }
      h3 {
        flex: 1;
        min-width: 0;
        font-size: 14px;
        font-weight: 600;
        line-height: 1.3;
        overflow-wrap: anywhere;
      }
      .grip {
        flex: none;
        color: var(--ink-3);
        cursor: grab;
      }
      .head button {
        flex: none;
        width: 28px;
        height: 28px;
        padding: 0;
        line-height: 1;
      }
      .head button[aria-disabled='true'] {
        color: var(--rule-2);
        cursor: default;
      }
      .classes {
        margin: 6px 0 6px 22px;
        color: var(--ink-2);
        font-size: 13px;
      }
      .classes li {
        display: flex;
        align-items: center;
        gap: 8px;
        padding: 1px 0;
      }
      .opacity {
        margin: 4px 0 0 22px;
      }
      .away {
        margin: 2px 0 0 22px;
        color: var(--ink-3);
        font-size: 12px;
      }
    `,
  ]

  override render() {
    const shown = this.#shown()
    if (!shown.length) return html`<p class="none">${say('noneShown')}</p>`
    return html`
      <div class="hint">
        <span>${say('topmostFirst')}</span>
        ${
          this.state.order
            ? html`<button @click=${() => this.workbench.store.update({ order: null })}>${say('ownOrder')}</button>`
            : nothing
        }
      </div>
      <ol aria-label=${say('drawingOrder')}>
        ${shown.map((layer, at) => this.#layer(layer, at, shown.length))}
      </ol>
      <p class="unseen" role="status">${this.told}</p>
    `
  }

  #layer(layer: Layer, at: number, count: number) {
    const title = named(layer.title)
    const away = this.state.camera !== null && this.state.camera.zoom < layer.legend.min_zoom
    return html`
      <li
        class="layer ${this.over === layer.id ? 'over' : ''} ${this.dragged === layer.id ? 'dragged' : ''}"
        @dragover=${(event: DragEvent) => this.#hover(event, layer.id)}
        @drop=${(event: DragEvent) => this.#drop(event, at)}
      >
        <div
          class="head"
          draggable="true"
          @dragstart=${(event: DragEvent) => this.#lift(event, layer.id)}
          @dragend=${() => this.#letGo()}
        >
          <svg class="grip" width="12" height="16" viewBox="0 0 12 16" aria-hidden="true">
            <path d="M3 3h.01M9 3h.01M3 8h.01M9 8h.01M3 13h.01M9 13h.01" stroke="currentColor"
              stroke-width="2.4" stroke-linecap="round"></path>
          </svg>
          ${swatch(layer.legend)}
          <h3>${title}</h3>
          ${this.#mover(layer, at - 1, at > 0, say('moveUp', { title }), '↑', 'up')}
          ${this.#mover(layer, at + 1, at < count - 1, say('moveDown', { title }), '↓', 'down')}
        </div>
        ${away ? html`<p class="away">${say('shownCloserWhy')}</p>` : this.#legend(layer)}
        ${opacity(layer, this.state, this.workbench.store)}
      </li>
    `
  }

  #mover(layer: Layer, to: number, able: boolean, label: string, sign: string, way: string) {
    return html`<button
      id="${way}-${layer.id}"
      aria-label=${label}
      title=${label}
      aria-disabled=${!able}
      @click=${() => {
        if (able) void this.#move(layer.id, to, way)
      }}
    >
      ${sign}
    </button>`
  }

  #legend(layer: Layer) {
    const classes = layer.legend.entries.filter((entry) => layer.legend.by !== null || entry.code !== null)
    if (!classes.length) return nothing
    return html`
      <ul class="classes" aria-label=${say('legendOf', { title: named(layer.title) })}>
        ${classes.map(
          ({ color, title }) => html`<li>${swatch(layer.legend, color)}<span>${named(title)}</span></li>`,
        )}
      </ul>
    `
  }

  #shown(): readonly Layer[] {
    return ordered(this.state, this.workbench.config.layers).filter(
      (layer) => layer.legend.kind !== 'none' && isVisible(this.state, layer),
    )
  }

  /** Puts a layer into the place of another that is shown; those that are not shown keep their neighbours. */
  async #move(id: string, to: number, way: string): Promise<void> {
    const shown = this.#shown()
    const target = shown[to]
    const layer = shown.find((each) => each.id === id)
    if (!target || !layer || target === layer) return
    const ids = ordered(this.state, this.workbench.config.layers).map((each) => each.id)
    const downward = ids.indexOf(target.id) > ids.indexOf(id)
    const others = ids.filter((each) => each !== id)
    others.splice(others.indexOf(target.id) + (downward ? 1 : 0), 0, id)
    this.workbench.store.update({ order: others })
    this.told = say('moved', { title: named(layer.title), place: to + 1, count: shown.length })
    await this.updateComplete
    this.renderRoot.querySelector<HTMLElement>(`[id="${way}-${id}"]`)?.focus()
  }

  #lift(event: DragEvent, id: string): void {
    this.dragged = id
    event.dataTransfer?.setData('text/plain', id)
    if (event.dataTransfer) event.dataTransfer.effectAllowed = 'move'
  }

  #hover(event: DragEvent, id: string): void {
    if (!this.dragged) return
    event.preventDefault()
    this.over = id
  }

  #drop(event: DragEvent, at: number): void {
    event.preventDefault()
    if (this.dragged) void this.#move(this.dragged, at, 'up')
    this.#letGo()
  }

  #letGo(): void {
    this.dragged = null
    this.over = null
  }
}

customElements.define('layer-stack', LayerStack)

import { html, nothing } from 'lit'
import { named, say } from '../language'
import type { LayerNews, NewsKind, Part } from '../layer_news'
import '../messages/layer_news'
import { isVisible, type MapState } from '../model'
import { noteStyle } from './note_style'
import { Spoken } from './spoken'
import { theme } from './theme'

const FEW = 4
const HEADS = { came: 'layersCame', back: 'layersBack', changed: 'layersChanged', gone: 'layersGone' } as const
const PARTS = {
  title: 'layerPartTitle',
  fields: 'layerPartFields',
  legend: 'layerPartLegend',
  description: 'layerPartDescription',
} as const satisfies Record<Part, string>

/** Layers that came, changed or went while the page was open. Fires `show` with ids, and `close`. */
export class LayerNewsNote extends Spoken {
  static override properties = {
    news: { attribute: false },
    state: { attribute: false },
    placed: { state: true },
  }
  declare news: readonly LayerNews[]
  declare state: MapState
  /** It stands on the page: what is said in it from now on is read out. */
  declare placed: boolean

  constructor() {
    super()
    this.placed = false
  }

  static override styles = [theme, noteStyle]

  override firstUpdated(): void {
    this.placed = true
  }

  override render() {
    const lines = (['came', 'back', 'changed', 'gone'] as const).flatMap((kind) => this.#line(kind))
    return html`<div role="status">
      ${
        this.placed && lines.length
          ? html`<div class="note">
              <span>${lines.map((line) => html`<span class="line">${line}</span>`)}</span>
              ${this.#showing()}
              <button class="plain" aria-label=${say('close')} title=${say('close')} @click=${() => this.#fire('close')}>✕</button>
            </div>`
          : nothing
      }
    </div>`
  }

  #line(kind: NewsKind): string[] {
    // What is missing from the map is told there by its name.
    const all = this.news.filter((each) => each.kind === kind && !(kind === 'gone' && isVisible(this.state, each.layer)))
    if (!all.length) return []
    const names = all.slice(0, FEW).map(({ layer, parts }) => {
      const of = parts.map((part) => say(PARTS[part])).join(say('comma'))
      return named(layer.title) + (of && say('inBrackets', { of }))
    })
    const more = all.length > FEW ? say('layersMore', { count: all.length }) : ''
    return [say(HEADS[kind]) + say('colon') + names.join(say('comma')) + more]
  }

  #showing() {
    const hidden = this.news.filter(
      ({ kind, layer }) =>
        (kind === 'came' || kind === 'back') && layer.legend.kind !== 'none' && !isVisible(this.state, layer),
    )
    if (!hidden.length) return nothing
    const ids = hidden.map(({ layer }) => layer.id)
    return html`<button @click=${() => this.#fire('show', ids)}>${say('showThese')}</button>`
  }

  #fire(name: 'show' | 'close', detail?: readonly string[]): void {
    this.dispatchEvent(new CustomEvent(name, { detail }))
  }
}

customElements.define('layer-news', LayerNewsNote)

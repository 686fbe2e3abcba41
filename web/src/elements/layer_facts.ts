import { css, html, nothing } from 'lit'
import { address } from '../config'
import { language, named, say } from '../language'
import type { Message } from '../messages'
import type { ImageStyle, Layer, MapState } from '../model'
import type { Store } from '../store'
import '../messages/layers'
import { Spoken } from './spoken'
import { theme } from './theme'

export const layerFactsStyles = css`
  .facts {
    border-left: 2px solid var(--rule);
    padding-left: 12px;
    color: var(--ink-2);
    font-size: 13px;
  }
  .facts > p {
    margin-bottom: 6px;
  }
  .facts dl {
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 2px 10px;
    margin-bottom: 6px;
    font-size: 12px;
  }
  .facts dt {
    color: var(--ink-3);
    white-space: nowrap;
  }
  .facts dd {
    overflow-wrap: anywhere;
  }
  .opacity {
    display: flex;
    align-items: center;
    gap: 8px;
    color: var(--ink-2);
    font-size: 12px;
  }
  .opacity input {
    flex: 1;
    min-width: 0;
    accent-color: var(--accent);
  }
  .opacity output {
    width: 3em;
    text-align: right;
    font-variant-numeric: tabular-nums;
  }
`

/** What a layer is, who answers for it and by which standard, and where its record stands. */
export class LayerFacts extends Spoken {
  static override properties = {
    layer: { attribute: false },
    state: { attribute: false },
    store: { attribute: false },
  }
  declare layer: Layer
  declare state: MapState
  declare store: Store

  static override styles = [theme, layerFactsStyles]

  override render() {
    const { layer, state, store } = this
    const other = language() === 'zh' ? layer.title.en : layer.title.zh
    return html`
      <div class="facts">
        <p>
          ${layer.synthetic ? html`<span class="seal">${say('synthetic')}</span> ` : nothing}${named(layer.description)}
        </p>
        <dl>
          <dt>${say('alsoNamed')}</dt>
          <dd lang=${language() === 'zh' ? 'en' : 'zh-CN'}>${other}</dd>
          <dt>${say('steward')}</dt>
          <dd lang="zh-CN">${layer.steward}</dd>
          <dt>${say('source')}</dt>
          <dd lang="zh-CN">${layer.source_standard}</dd>
          <dt>${say('validTime')}</dt>
          <dd>${named(layer.valid_time)}</dd>
          <dt>${say('record')}</dt>
          <dd>
            <a href=${recordAddress(layer)} target="_blank" rel="noopener">${say('openRecord')}</a>
          </dd>
        </dl>
        ${layer.imagery ? imageStyle(state, store) : nothing}
        ${layer.legend.kind === 'none' ? nothing : opacity(layer, state, store)}
      </div>
    `
  }
}

const IMAGE_STYLES = [
  ['picture', 'asTaken'],
  ['heights', 'byHeight'],
  ['hillshade', 'asRelief'],
] as const satisfies readonly (readonly [ImageStyle, Message])[]

/** How images are drawn: photographs as taken, surface models by height or as relief. */
function imageStyle(state: MapState, store: Store) {
  const chosen = (event: Event) => store.update({ images: (event.target as HTMLSelectElement).value as ImageStyle })
  return html`
    <label class="opacity">
      ${say('imageStyle')}
      <select @change=${chosen}>
        ${IMAGE_STYLES.map(
          ([id, message]) =>
            html`<option value=${id} ?selected=${id === state.images}>${say(message)}</option>`,
        )}
      </select>
    </label>
  `
}

/** How strongly a layer is drawn, from a tenth to all of what its legend says. */
export function opacity(layer: Layer, state: MapState, store: Store) {
  const share = state.opacity[layer.id] ?? 1
  return html`
    <label class="opacity">
      ${say('opacity')}
      <input
        type="range"
        min="0.1"
        max="1"
        step="0.1"
        .value=${String(share)}
        aria-label=${say('opacityOf', { title: named(layer.title) })}
        @input=${(event: Event) => dim(layer.id, Number((event.target as HTMLInputElement).value), state, store)}
      />
      <output>${Math.round(share * 100)}%</output>
    </label>
  `
}

function recordAddress(layer: Layer): string {
  return address(`collections/records/items/${encodeURIComponent(layer.id)}?f=html&lang=${language()}`).href
}

function dim(id: string, share: number, state: MapState, store: Store): void {
  const { [id]: _, ...others } = state.opacity
  store.update({ opacity: share < 1 ? { ...others, [id]: share } : others })
}

customElements.define('layer-facts', LayerFacts)

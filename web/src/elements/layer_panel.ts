import { css, html, LitElement, nothing } from 'lit'
import type { FeedStatus } from '../feed'
import { isVisible, type Layer, type MapState } from '../model'
import { swatch, swatchStyles } from './swatch'
import { theme } from './theme'

/** The layer list and its legend. Fires `visible` with layer ids, `opacity` with shares by layer id. */
export class LayerPanel extends LitElement {
  static override properties = {
    layers: { attribute: false },
    state: { attribute: false },
    statuses: { attribute: false },
    open: { state: true },
  }
  declare layers: readonly Layer[]
  declare state: MapState
  declare statuses: ReadonlyMap<string, FeedStatus>
  declare open: ReadonlySet<string>

  constructor() {
    super()
    this.open = new Set()
  }

  static override styles = [
    theme,
    swatchStyles,
    css`
      :host {
        display: block;
        padding: 14px 8px 8px;
      }
      header {
        display: flex;
        align-items: baseline;
        justify-content: space-between;
        padding: 0 8px 6px;
      }
      h2 {
        font-size: 13px;
        font-weight: 600;
      }
      .row {
        display: flex;
        align-items: center;
        gap: 9px;
        border-radius: 8px;
        padding: 5px 8px;
      }
      .row:hover {
        background: var(--paper);
      }
      input[type='checkbox'] {
        flex: none;
        width: 16px;
        height: 16px;
        margin: 0;
        accent-color: var(--accent);
      }
      label {
        display: flex;
        flex: 1;
        align-items: center;
        gap: 9px;
        min-width: 0;
        cursor: pointer;
      }
      .title {
        min-width: 0;
        line-height: 1.3;
      }
      .title .en {
        display: block;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .count {
        color: var(--ink-3);
        font-size: 12px;
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      .failed {
        color: var(--seal);
      }
      .more {
        flex: none;
        width: 26px;
        padding: 2px 0;
        color: var(--ink-3);
        line-height: 1;
      }
      .more svg {
        display: block;
        margin: auto;
        transition: transform 0.15s;
      }
      .more[aria-expanded='true'] svg {
        transform: rotate(90deg);
      }
      .about {
        margin: 2px 8px 10px 33px;
        border-left: 2px solid var(--rule);
        padding-left: 12px;
        color: var(--ink-2);
        font-size: 13px;
      }
      .about p {
        margin-bottom: 6px;
      }
      .about .fact {
        font-size: 12px;
        color: var(--ink-3);
        overflow-wrap: anywhere;
      }
      .classes {
        display: grid;
        grid-template-columns: 1fr;
        gap: 1px;
        margin: 0 8px 6px 56px;
        color: var(--ink-2);
        font-size: 13px;
      }
      .classes li {
        display: flex;
        align-items: center;
        gap: 8px;
      }
      .opacity {
        gap: 8px;
        font-size: 12px;
        cursor: default;
      }
      input[type='range'] {
        flex: 1;
        min-width: 0;
        accent-color: var(--accent);
      }
    `,
  ]

  override render() {
    return html`
      <header>
        <h2>图层 <span class="en">Layers</span></h2>
        <button class="plain en" @click=${() => this.#all()}>${this.#allShown() ? '全不选 None' : '全选 All'}</button>
      </header>
      <ul>
        ${[...this.layers].reverse().map((layer) => this.#layer(layer))}
      </ul>
    `
  }

  #layer(layer: Layer) {
    const shown = isVisible(this.state, layer.id)
    const open = this.open.has(layer.id)
    const drawable = layer.legend.kind !== 'none'
    return html`
      <li>
        <div class="row">
          <label>
            <input
              type="checkbox"
              .checked=${shown && drawable}
              ?disabled=${!drawable}
              @change=${() => this.#toggle(layer.id)}
            />
            ${swatch(layer.legend)}
            <span class="title">
              <span lang="zh-CN">${layer.title.zh}</span>
              <span class="en" lang="en">${layer.title.en}</span>
            </span>
          </label>
          ${shown && drawable ? this.#status(layer) : nothing}
          <button
            class="plain more"
            aria-expanded=${open}
            aria-label="${layer.title.zh}:说明与不透明度 about and opacity"
            @click=${() => this.#fold(layer.id)}
          >
            <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
              <path d="M3 1l4 4-4 4" fill="none" stroke="currentColor" stroke-width="1.6"></path>
            </svg>
          </button>
        </div>
        ${shown && layer.legend.entries.length ? this.#classes(layer) : nothing}
        ${open ? this.#about(layer) : nothing}
      </li>
    `
  }

  #status(layer: Layer) {
    const status = this.statuses.get(layer.id)
    const { camera } = this.state
    if (camera && camera.zoom < layer.legend.min_zoom) {
      return html`<span class="count" title="放大后显示 shown when zoomed in">放大可见</span>`
    }
    if (!status || status.phase === 'idle') return nothing
    if (status.phase === 'failed') {
      const { problem } = status
      return html`<span class="count failed" title="${problem?.zh} ${problem?.en}">读取失败</span>`
    }
    if (status.phase === 'loading') return html`<span class="count" aria-hidden="true">…</span>`
    return nothing
  }

  #classes(layer: Layer) {
    return html`
      <ul class="classes" aria-label="${layer.title.zh}图例 legend">
        ${layer.legend.entries.map(
          ({ color, title }) => html`
            <li>${swatch(layer.legend, color)}<span>${title.zh}</span><span class="en">${title.en}</span></li>
          `,
        )}
      </ul>
    `
  }

  #about(layer: Layer) {
    const share = this.state.opacity[layer.id] ?? 1
    return html`
      <div class="about">
        <p>${layer.synthetic ? html`<span class="seal">合成数据</span> ` : nothing}${layer.description.zh}</p>
        <p class="fact">主管 ${layer.steward} · 来源 ${layer.source_standard}</p>
        <p class="fact">现状时间:${layer.valid_time.zh}</p>
        <label class="opacity">
          不透明度
          <input
            type="range"
            min="0.1"
            max="1"
            step="0.1"
            .value=${String(share)}
            aria-label="${layer.title.zh}不透明度 opacity"
            @input=${(event: Event) => this.#dim(layer.id, Number((event.target as HTMLInputElement).value))}
          />
        </label>
      </div>
    `
  }

  #allShown(): boolean {
    return this.layers.every((layer) => isVisible(this.state, layer.id))
  }

  #all(): void {
    this.#show(this.#allShown() ? [] : this.layers.map((layer) => layer.id))
  }

  #toggle(id: string): void {
    const shown = this.layers.filter((layer) => isVisible(this.state, layer.id) !== (layer.id === id))
    this.#show(shown.map((layer) => layer.id))
  }

  #show(ids: string[]): void {
    const detail = ids.length === this.layers.length ? null : ids
    this.dispatchEvent(new CustomEvent<string[] | null>('visible', { detail }))
  }

  #dim(id: string, share: number): void {
    const { [id]: _, ...others } = this.state.opacity
    const detail = share < 1 ? { ...others, [id]: share } : others
    this.dispatchEvent(new CustomEvent<Record<string, number>>('opacity', { detail }))
  }

  #fold(id: string): void {
    const open = new Set(this.open)
    if (!open.delete(id)) open.add(id)
    this.open = open
  }
}

customElements.define('layer-panel', LayerPanel)

import { css, html, nothing } from 'lit'
import { named, say } from '../language'
import { isVisible, ordered, type Layer } from '../model'
import type { Workbench } from '../workbench'
import '../messages/layers'
import { equipped, PanelElement } from './panel_element'
import { swatch, swatchStyles } from './swatch'
import { theme } from './theme'

type Tab = 'all' | 'shown'

/** All layers by the department that answers for them; and those shown, as they lie, with their legends. */
export class LayerPanel extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    tab: { state: true },
    wanted: { state: true },
    open: { state: true },
    folded: { state: true },
  }
  declare tab: Tab
  /** What the titles of the layers listed contain. */
  declare wanted: string
  /** Layers whose facts are shown. */
  declare open: ReadonlySet<string>
  /** Departments whose layers are not listed. */
  declare folded: ReadonlySet<string>

  constructor() {
    super()
    this.tab = 'all'
    this.wanted = ''
    this.open = new Set()
    this.folded = new Set()
  }

  static override styles = [
    theme,
    swatchStyles,
    css`
      :host {
        display: block;
        padding-bottom: 10px;
      }
      .tabs {
        display: flex;
        gap: 4px;
        border-bottom: 1px solid var(--rule);
        padding: 0 10px;
      }
      .tabs button {
        flex: 1;
        border: 0;
        border-bottom: 2px solid transparent;
        border-radius: 0;
        padding: 8px 6px 7px;
        background: none;
        color: var(--ink-2);
      }
      .tabs button[aria-selected='true'] {
        border-color: var(--accent);
        color: var(--accent);
        font-weight: 600;
      }
      .filter {
        display: flex;
        gap: 6px;
        padding: 10px 14px 6px;
      }
      .filter input {
        flex: 1;
        min-width: 0;
        border: 1px solid var(--rule-2);
        border-radius: 8px;
        background: var(--paper);
        padding: 4px 10px;
      }
      .filter input::placeholder {
        color: var(--ink-3);
        opacity: 1;
      }
      .group > .head {
        display: flex;
        align-items: center;
        gap: 8px;
        padding: 4px 8px 4px 14px;
      }
      .group > .head button {
        display: flex;
        flex: 1;
        align-items: center;
        gap: 6px;
        min-width: 0;
        padding: 4px 2px;
        font-size: 13px;
        font-weight: 600;
        text-align: left;
      }
      .group .number {
        color: var(--ink-3);
        font-size: 12px;
        font-weight: 400;
        font-variant-numeric: tabular-nums;
      }
      .turn {
        flex: none;
        transition: transform 0.15s;
      }
      [aria-expanded='true'] > .turn {
        transform: rotate(90deg);
      }
      .row {
        display: flex;
        align-items: center;
        gap: 4px;
        margin: 0 8px;
        border-radius: 8px;
        padding: 3px 4px 3px 28px;
      }
      .row:hover {
        background: var(--paper);
      }
      .row label {
        display: flex;
        flex: 1;
        align-items: center;
        gap: 9px;
        min-width: 0;
        padding: 3px 0;
        line-height: 1.3;
        cursor: pointer;
      }
      .row .title {
        min-width: 0;
        overflow-wrap: anywhere;
      }
      input[type='checkbox'] {
        flex: none;
        width: 16px;
        height: 16px;
        margin: 0;
        accent-color: var(--accent);
      }
      .state {
        flex: none;
        color: var(--ink-3);
        font-size: 12px;
        white-space: nowrap;
      }
      .failed {
        color: var(--seal);
      }
      .more {
        flex: none;
        padding: 5px 7px;
        color: var(--ink-3);
        line-height: 0;
      }
      .more[aria-expanded='true'] {
        color: var(--accent);
      }
      layer-facts {
        display: block;
        margin: 2px 14px 10px 36px;
      }
      .none {
        padding: 10px 16px;
        color: var(--ink-2);
      }
    `,
  ]

  override render() {
    return html`
      <div class="tabs" role="tablist" aria-label=${say('layers')} @keydown=${(event: KeyboardEvent) => void this.#walk(event)}>
        ${this.#tab('all', say('allLayers'))} ${this.#tab('shown', say('shownLayers', { count: this.#shown().length }))}
      </div>
      <div role="tabpanel" id="page" aria-labelledby="tab-${this.tab}">
        ${
          this.tab === 'all'
            ? this.#all()
            : html`<layer-stack .workbench=${this.workbench}></layer-stack>`
        }
      </div>
    `
  }

  override updated(): void {
    this.renderRoot.querySelector<PanelElement>('layer-stack')?.requestUpdate()
  }

  #tab(id: Tab, title: string) {
    const chosen = id === this.tab
    return html`<button
      id="tab-${id}"
      role="tab"
      aria-selected=${chosen}
      aria-controls="page"
      tabindex=${chosen ? 0 : -1}
      @click=${() => void this.#turn(id)}
    >
      ${title}
    </button>`
  }

  async #turn(tab: Tab): Promise<void> {
    // Read when it is opened for the first time.
    if (tab === 'shown') await import('./layer_stack')
    this.tab = tab
  }

  async #walk(event: KeyboardEvent): Promise<void> {
    if (!['ArrowLeft', 'ArrowRight'].includes(event.key)) return
    event.preventDefault()
    await this.#turn(this.tab === 'all' ? 'shown' : 'all')
    this.renderRoot.querySelector<HTMLElement>(`#tab-${this.tab}`)?.focus()
  }

  #all() {
    const groups = this.#groups()
    return html`
      <div class="filter">
        <input
          type="search"
          aria-label=${say('findLayer')}
          placeholder=${say('findLayer')}
          .value=${this.wanted}
          @input=${(event: Event) => {
            this.wanted = (event.target as HTMLInputElement).value
          }}
        />
        <button @click=${() => this.#show(this.#allShown() ? [] : this.#drawable().map((each) => each.id))}>
          ${say(this.#allShown() ? 'hideAll' : 'showAll')}
        </button>
      </div>
      ${groups.size ? nothing : html`<p class="none" role="status">${say('noSuchLayer', { wanted: this.wanted })}</p>`}
      <ul>
        ${[...groups].map(([steward, layers]) => this.#group(steward, layers))}
      </ul>
    `
  }

  #group(steward: string, layers: readonly Layer[]) {
    const open = this.wanted !== '' || !this.folded.has(steward)
    const shown = layers.filter((layer) => this.#isShown(layer))
    return html`
      <li class="group">
        <div class="head">
          <input
            type="checkbox"
            aria-label=${say('allOf', { steward })}
            .checked=${shown.length === layers.length}
            .indeterminate=${shown.length > 0 && shown.length < layers.length}
            @change=${(event: Event) => this.#toggleAll(layers, (event.target as HTMLInputElement).checked)}
          />
          <button class="plain" aria-expanded=${open} @click=${() => this.#fold(steward)}>
            <svg class="turn" width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
              <path d="M3 1l4 4-4 4" fill="none" stroke="currentColor" stroke-width="1.6"></path>
            </svg>
            <span lang="zh-CN">${steward}</span>
            <span class="number">${shown.length}/${layers.length}</span>
          </button>
        </div>
        ${open ? html`<ul aria-label=${steward}>${layers.map((layer) => this.#layer(layer))}</ul>` : nothing}
      </li>
    `
  }

  #layer(layer: Layer) {
    const open = this.open.has(layer.id)
    const drawable = layer.legend.kind !== 'none'
    return html`
      <li>
        <div class="row">
          <label>
            <input
              type="checkbox"
              .checked=${this.#isShown(layer)}
              ?disabled=${!drawable}
              @change=${() => this.#toggleAll([layer], !this.#isShown(layer))}
            />
            ${swatch(layer.legend)}
            <span class="title">${named(layer.title)}</span>
          </label>
          ${this.#isShown(layer) ? this.#status(layer) : nothing}
          <button
            class="plain more"
            aria-expanded=${open}
            aria-label=${say('aboutLayer', { title: named(layer.title) })}
            title=${say('aboutLayer', { title: named(layer.title) })}
            @click=${() => this.#open(layer.id)}
          >
            <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
              <path d="M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM8 7.2v4M8 4.6v.2" fill="none"
                stroke="currentColor" stroke-width="1.5" stroke-linecap="round"></path>
            </svg>
          </button>
        </div>
        ${
          open
            ? html`<layer-facts .layer=${layer} .state=${this.state} .store=${this.workbench.store}></layer-facts>`
            : nothing
        }
      </li>
    `
  }

  #status(layer: Layer) {
    const { camera } = this.state
    if (camera && camera.zoom < layer.legend.min_zoom) {
      return html`<span class="state" title=${say('shownCloserWhy')}>${say('shownCloser')}</span>`
    }
    const status = this.workbench.status(layer.id)
    if (status?.phase === 'failed') {
      return html`<span class="state failed" title=${status.problem?.words ?? ''}>${say('unread')}</span>`
    }
    return status?.phase === 'loading' ? html`<span class="state" aria-hidden="true">…</span>` : nothing
  }

  /** The layers listed, by steward, in the catalogue's order. */
  #groups(): ReadonlyMap<string, readonly Layer[]> {
    const wanted = this.wanted.trim().toLocaleLowerCase()
    const fits = ({ id, title, steward }: Layer) =>
      [id, title.zh, title.en, steward].some((text) => text.toLocaleLowerCase().includes(wanted))
    const groups = new Map<string, Layer[]>()
    for (const layer of this.workbench.config.layers.filter(fits)) {
      const group = groups.get(layer.steward)
      if (group) group.push(layer)
      else groups.set(layer.steward, [layer])
    }
    return groups
  }

  #drawable(): readonly Layer[] {
    return this.workbench.config.layers.filter((layer) => layer.legend.kind !== 'none')
  }

  #shown(): readonly Layer[] {
    return ordered(this.state, this.#drawable()).filter((layer) => isVisible(this.state, layer))
  }

  #isShown(layer: Layer): boolean {
    return layer.legend.kind !== 'none' && isVisible(this.state, layer)
  }

  #allShown(): boolean {
    return this.#drawable().every((layer) => isVisible(this.state, layer))
  }

  #toggleAll(layers: readonly Layer[], shown: boolean): void {
    const turned = new Set(layers.map((layer) => layer.id))
    this.#show(
      this.workbench.config.layers
        .filter((layer) => (turned.has(layer.id) ? shown : isVisible(this.state, layer)))
        .map((layer) => layer.id),
    )
  }

  #show(ids: readonly string[]): void {
    const unchosen = this.#drawable().every(({ id, legend }) => ids.includes(id) === legend.shown)
    this.workbench.store.update({ visible: unchosen ? null : ids })
  }

  #fold(steward: string): void {
    this.folded = turned(this.folded, steward)
  }

  #open(id: string): void {
    void import('./layer_facts')
    this.open = turned(this.open, id)
  }
}

function turned(set: ReadonlySet<string>, member: string): ReadonlySet<string> {
  const next = new Set(set)
  if (!next.delete(member)) next.add(member)
  return next
}

export const open = (workbench: Workbench) => equipped<LayerPanel>('layer-panel', workbench)

customElements.define('layer-panel', LayerPanel)

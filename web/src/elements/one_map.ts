import { html, nothing, type PropertyValues } from 'lit'
import { loadConfig, ServerProblem } from '../config'
import { onRefused } from '../credential'
import { drawsMaps } from '../drawable'
import { extentOf } from '../extent'
import type { FeedStatus } from '../feed'
import { language, named, say } from '../language'
import type { Connection } from '../live'
import type { MapView } from '../map'
import { isVisible } from '../model'
import type { Config, FeatureRef, FrameId, MapState, Position4490, Times } from '../model'
import { NO_PANEL, offered, openPanel, type Panel } from '../panels'
import sealUrl from '../seal.svg'
import { Selection } from '../selection'
import { Store } from '../store'
import type { Workbench } from '../workbench'
import type { FeatureCard } from './feature_card'
import { mapStyle } from './map_style'
import './notice_board'
import './page_head'
import './panel_frame'
import type { PanelFrame } from './panel_frame'
import './panel_rail'
import type { PanelRail } from './panel_rail'
import { shellStyle } from './shell_style'
import './sign_in'
import { Spoken } from './spoken'
import './status_bar'
import { theme } from './theme'

const NARROW = '(max-width: 900px)'

/** The planners' map page. */
export class OneMap extends Spoken {
  static override styles = [theme, mapStyle, shellStyle]
  static override properties = {
    config: { state: true },
    problem: { state: true },
    mapState: { state: true },
    statuses: { state: true },
    connection: { state: true },
    position: { state: true },
    metersPerPixel: { state: true },
    narrow: { state: true },
    drawn: { state: true },
    aimed: { state: true },
  }
  declare config: Config | null
  declare problem: ServerProblem | null
  declare mapState: MapState
  declare statuses: ReadonlyMap<string, FeedStatus>
  declare connection: Connection
  declare position: Position4490 | null
  declare metersPerPixel: number
  declare narrow: boolean
  /** The map has drawn everything it was given. */
  declare drawn: boolean
  /** The keyboard is on the map: a crosshair shows what Enter picks. */
  declare aimed: boolean

  readonly #store = new Store()
  readonly #selection = new Selection(this.#store, () => this.#selectionChanged())
  #view: MapView | null = null
  #workbench: Workbench | null = null
  #visiting: FeatureRef | null = null

  constructor() {
    super()
    this.#store.bindToAddress()
    this.config = null
    this.problem = null
    this.mapState = this.#store.state
    this.statuses = new Map()
    this.connection = 'live'
    this.position = null
    this.metersPerPixel = 1
    this.drawn = false
    this.aimed = false
    const narrow = matchMedia(NARROW)
    this.narrow = narrow.matches
    narrow.addEventListener('change', () => {
      this.narrow = narrow.matches
    })
    this.#store.subscribe((state) => {
      this.mapState = state
    })
    onRefused(() => this.#view?.reload())
  }

  override connectedCallback(): void {
    super.connectedCallback()
    void this.#load()
  }

  override render() {
    if (this.problem) return this.#failed(this.problem)
    if (!this.config) return this.#opening()
    return this.#page(this.config)
  }

  override updated(changed: PropertyValues<this>): void {
    if (this.config) document.title = titleOf(this.config)
    if (changed.has('config') && this.config) void this.#start(this.config)
  }

  async #load(): Promise<void> {
    this.problem = null
    try {
      this.config = await loadConfig()
    } catch (cause) {
      this.problem =
        cause instanceof ServerProblem ? cause : new ServerProblem(0, '配置无法读取。', String(cause))
    }
  }

  async #start(config: Config): Promise<void> {
    if (this.#workbench) return
    if (!drawsMaps()) return this.#equip(config, null)
    const { MapView } = await import('../map')
    const container = this.renderRoot.querySelector<HTMLElement>('#map')
    if (!container || this.#view) return
    const view = new MapView(container, config, this.#store, {
      feeds: () => this.#feedsChanged(),
      picked: (refs, by) => {
        if (view.stage.taken) return
        this.#selection.pick(refs)
        if (by === 'keyboard' && refs.length) void this.#focusCard()
      },
      position: (position, metersPerPixel) => {
        this.position = position
        this.metersPerPixel = metersPerPixel
      },
      changed: (layers) => this.#selection.refresh(layers),
      connection: (connection) => {
        this.connection = connection
      },
      idle: () => {
        this.drawn = true
      },
    })
    this.#view = view
    this.#equip(config, view)
  }

  #equip(config: Config, view: MapView | null): void {
    this.#workbench = {
      config,
      store: this.#store,
      selection: this.#selection,
      stage: view?.stage ?? null,
      status: (layer) => this.statuses.get(layer),
      changed: (layer) => {
        if (view) view.refresh(new Set([layer]))
        else this.#selection.refresh(new Set([layer]))
      },
      visit: (ref) => this.#visit(ref),
    }
    this.#selection.attach(config)
    this.requestUpdate()
  }

  #feedsChanged(): void {
    if (!this.#view) return
    this.statuses = new Map(this.#view.feeds.map((feed) => [feed.layer.id, feed.status]))
    this.drawn = false
    this.#refreshPanel()
  }

  #refreshPanel(): void {
    this.renderRoot.querySelector<PanelFrame>('panel-frame')?.refresh()
  }

  #selectionChanged(): void {
    this.#view?.mark(this.#selection.feature)
    const { shown } = this.#selection
    // Nobody needs a card before something is selected.
    if (shown) void import('./feature_card')
    const visited = shown && this.#visiting?.fid === shown.fid && this.#visiting.layer === shown.layer.id
    const extent = visited && shown.feature ? extentOf(shown.feature.geometry) : null
    if (extent) {
      this.#visiting = null
      this.#view?.stage.reveal(extent)
    }
    this.#refreshPanel()
    this.requestUpdate()
  }

  #visit(ref: FeatureRef): void {
    const { state } = this.#store
    this.#visiting = ref
    if (state.visible && !isVisible(state, ref.layer)) {
      this.#store.update({ visible: [...state.visible, ref.layer] })
    }
    const known = this.#selection.shown
    this.#selection.pick([ref])
    if (known?.fid === ref.fid && known.layer.id === ref.layer) this.#selectionChanged()
  }

  #opening() {
    return html`<div class="whole" aria-busy="true"><div class="progress"></div>
      <p>${say('readingLayers')}</p></div>`
  }

  #failed(problem: ServerProblem) {
    return html`
      <div class="whole" role="alert">
        <h1>${say('oneMap')}</h1>
        <p>${problem.words}</p>
        <p>${say('isItUp')} <code>./onemap status</code></p>
        <button @click=${() => void this.#load()}>${say('retry')}</button>
      </div>
    `
  }

  #page(config: Config) {
    const busy = this.#busy()
    const panel = this.#panel(config)
    return html`
      <div
        class="page ${panel?.place === 'dock' ? 'docked' : ''} ${this.#selection.shown ? 'with-card' : ''}"
      >
        ${drawsMaps() ? this.#mapArea(busy) : this.#withoutMap()}
        ${this.#rail(config)} ${this.#column(config, panel)} 
        <notice-board
          class=${this.#selection.shown ? 'beside-card' : ''}
          .config=${config}
          .state=${this.mapState}
          .statuses=${this.statuses}
          .connection=${this.connection}
          @now=${() => this.#store.update({ datetime: null, asof: null })}
          @retry=${() => this.#view?.reload()}
        ></notice-board>
        ${this.#card()}
        ${panel?.place === 'dock' ? this.#frame(panel, 'dock') : nothing}
        ${this.#view ? this.#tools() : nothing}
        ${
          this.position
            ? html`<status-bar
                .position=${this.position}
                .metersPerPixel=${this.metersPerPixel}
                .centralMeridian_deg=${config.city.central_meridian_deg}
                .frame=${this.mapState.frame}
                @frame=${(event: CustomEvent<FrameId>) => this.#store.update({ frame: event.detail })}
              ></status-bar>`
            : nothing
        }
        ${busy ? html`<div class="progress"></div>` : nothing}
        <p class="unseen" role="status">${say(busy ? 'loading' : 'loaded')}</p>
      </div>
    `
  }

  #mapArea(busy: boolean) {
    return html`
      <button class="skip" @click=${() => this.#focusMap()}>${say('skipToMap')}</button>
      <div id="map" role="region" aria-label=${say('map')} aria-busy=${busy || !this.drawn}
        @keydown=${() => this.#aim(true)} @pointerdown=${() => this.#aim(false)}
        @focusin=${() => this.#aim(this.#mapCanvas()?.matches(':focus-visible') ?? false)}
        @focusout=${() => this.#aim(false)}
      ></div>
      <svg class="cross ${this.aimed ? 'aimed' : ''}" viewBox="0 0 26 26" aria-hidden="true">
        <path d="M13 1v9M13 16v9M1 13h9M16 13h9" stroke="#125e69" stroke-width="2"></path>
      </svg>
    `
  }

  #withoutMap() {
    return html`<div class="no-map" role="alert">
      <h2>${say('noMapTitle')}</h2>
      <p>${say('noMapWords')}</p>
      <p class="en">${say('noMapRemedy')}</p>
    </div>`
  }

  #rail(config: Config) {
    return html`
      <nav class="rail" aria-label=${say('panels')}>
        <img src=${sealUrl} alt="" />
        <panel-rail
          ?flat=${this.narrow}
          .panels=${this.#offered(config)}
          .opened=${openPanel(this.mapState, !this.narrow)}
          @choose=${(event: CustomEvent<string>) => void this.#choose(event.detail)}
        ></panel-rail>
        <sign-in ?flat=${this.narrow}></sign-in>
        <button
          class="language"
          lang=${language() === 'zh' ? 'en' : 'zh-CN'}
          aria-label=${language() === 'zh' ? 'EN · English' : '中 · 中文'}
          @click=${() => this.#store.update({ language: language() === 'zh' ? 'en' : 'zh' })}
        >
          ${language() === 'zh' ? 'EN' : '中'}
        </button>
        <a class="foot" href="static/THIRD-PARTY-NOTICES.txt" target="_blank" rel="noopener">${say('notices')}</a>
      </nav>
    `
  }

  #column(config: Config, panel: Panel | null) {
    return html`
      <div class="column">
        <page-head
          class="card"
          ?narrow=${this.narrow}
          .config=${config}
          .state=${this.mapState}
          .workbench=${this.#workbench}
          @times=${(event: CustomEvent<Partial<Times>>) => this.#store.update(event.detail)}
        ></page-head>
        ${config.layers.length ? nothing : this.#empty()}
        ${panel?.place === 'side' ? this.#frame(panel, 'side') : nothing}
      </div>
    `
  }

  #empty() {
    return html`<p class="card empty">${say('noLayers')} <code>./onemap load</code></p>`
  }

  #frame(panel: Panel, place: Panel['place']) {
    if (!this.#workbench) return nothing
    return html`<panel-frame
      class="card ${place}"
      role="region"
      aria-label=${named(panel.title)}
      .panel=${panel}
      .workbench=${this.#workbench}
      @close=${() => void this.#closePanel()}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key === 'Escape') void this.#closePanel()
      }}
    ></panel-frame>`
  }

  #card() {
    const { shown } = this.#selection
    if (!shown) return nothing
    return html`<feature-card
      class="card"
      role="region"
      aria-label=${say('attributes')}
      .shown=${shown}
      .times=${this.mapState}
      .layers=${this.config?.layers ?? []}
      .candidates=${this.#selection.candidates}
      .names=${this.#selection.names}
      @close=${() => this.#closeCard()}
      @choose=${(event: CustomEvent<FeatureRef>) => this.#selection.choose(event.detail)}
      @times=${(event: CustomEvent<Times>) => this.#store.update(event.detail)}
      @edit=${(event: CustomEvent<string>) => this.#edit(event.detail)}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key === 'Escape') this.#closeCard()
      }}
    ></feature-card>`
  }

  #tools() {
    return html`
      <div class="card tools ${this.#selection.shown ? 'beside-card' : ''}">
        <button aria-label=${say('zoomIn')} title=${say('zoomIn')} @click=${() => this.#view?.zoomBy(1)}>+</button>
        <button aria-label=${say('zoomOut')} title=${say('zoomOut')} @click=${() => this.#view?.zoomBy(-1)}>−</button>
        <button aria-label=${say('wholeCity')} title=${say('wholeCity')} @click=${() => this.#view?.showCity()}>
          <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
            <path d="M1 5V1h4M11 1h4v4M15 11v4h-4M5 15H1v-4" fill="none" stroke="currentColor" stroke-width="1.6"></path>
          </svg>
        </button>
      </div>
    `
  }

  #offered(config: Config): readonly Panel[] {
    return offered({ map: drawsMaps(), layers: config.layers.length > 0 })
  }

  #panel(config: Config): Panel | null {
    const id = openPanel(this.mapState, !this.narrow)
    return this.#offered(config).find((panel) => panel.id === id) ?? null
  }

  async #choose(id: string): Promise<void> {
    if (openPanel(this.mapState, !this.narrow) === id) return this.#closePanel()
    this.#store.update({ panel: id, detail: null })
    await this.updateComplete
    const frame = this.renderRoot.querySelector<PanelFrame>('panel-frame')
    await frame?.updateComplete
    frame?.focusHeading()
  }

  /** Opens the editing panel with what is to be done; a narrow window has no room for the card beside it. */
  #edit(detail: string): void {
    this.#store.update({ panel: 'edit', detail })
    if (this.narrow) this.#selection.clear()
  }

  async #closePanel(): Promise<void> {
    const id = openPanel(this.mapState, !this.narrow)
    this.#store.update({ panel: NO_PANEL, detail: null })
    await this.updateComplete
    this.renderRoot.querySelector<PanelRail>('panel-rail')?.focusButton(id)
  }

  #busy(): boolean {
    return [...this.statuses.values()].some((status) => status.phase === 'loading')
  }

  #closeCard(): void {
    this.#selection.clear()
    this.#focusMap()
  }

  #aim(aimed: boolean): void {
    this.aimed = aimed
  }

  #mapCanvas(): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>('.maplibregl-canvas')
  }

  #focusMap(): void {
    this.#mapCanvas()?.focus()
  }

  async #focusCard(): Promise<void> {
    await customElements.whenDefined('feature-card')
    await this.updateComplete
    const card = this.renderRoot.querySelector<FeatureCard>('feature-card')
    await card?.updateComplete
    card?.focusHeading()
  }
}

/** Chinese first; the platform's English name always stands with it. */
function titleOf({ city }: Config): string {
  return language() === 'zh' ? `一张图 · ${city.name.zh} One Map` : `One Map · ${city.name.en}`
}

customElements.define('one-map', OneMap)

import { html, nothing, type PropertyValues } from 'lit'
import { isPaired } from '../compare'
import { Catalogue } from '../catalogue'
import { CHANGED, ServerProblem } from '../config'
import { onRefused } from '../credential'
import { drawsMaps } from '../drawable'
import { extentOf } from '../extent'
import { language, named, say, type Language } from '../language'
import type { Connection } from '../live'
import type { Bareness, Maps, Side } from '../maps'
import { isVisible } from '../model'
import type { Config, FeatureRef, MapState, Position4490, Times } from '../model'
import { NO_PANEL, offered, openPanel, type Panel } from '../panels'
import { Selection } from '../selection'
import { Store } from '../store'
import { isMisread } from '../url'
import type { FeedStatus } from '../tile_feed'
import type { Workbench } from '../workbench'
import './map_area'
import type { MapArea } from './map_area'
import { status, tools } from './map_controls'
import './notice_board'
import './page_head'
import { failed, linkNote, newsNote, noLayers, opening } from './page_notes'
import './page_rail'
import type { PageRail } from './page_rail'
import './panel_frame'
import type { PanelFrame } from './panel_frame'
import type { SelectedCard } from './selected_card'
import { shellStyle } from './shell_style'
import { Spoken } from './spoken'
import { theme } from './theme'

const NARROW = '(max-width: 900px)'

/** The planners' map page. */
export class OneMap extends Spoken {
  static override styles = [theme, shellStyle]
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
    bareness: { state: true },
    link: { state: true },
    folded: { state: true },
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
  /** Why a side of what is compared shows nothing. */
  declare bareness: Readonly<Record<Side, Bareness | null>>
  /** A link that says what cannot be shown; empty: none does. */
  declare link: string
  /** In a narrow window the panel shows its heading alone. */
  declare folded: boolean

  readonly #store = new Store()
  readonly #catalogue = new Catalogue()
  readonly #selection = new Selection(this.#store, () => this.#selectionChanged())
  #maps: Maps | null = null
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
    this.bareness = { own: null, other: null }
    this.link = ''
    this.folded = false
    const narrow = matchMedia(NARROW)
    this.narrow = narrow.matches
    narrow.addEventListener('change', () => {
      this.narrow = narrow.matches
    })
    this.#store.subscribe((state) => {
      if (state.panel !== this.mapState.panel) this.folded = false
      this.mapState = state
    })
    onRefused(() => this.#maps?.reload())
    window.addEventListener('hashchange', ({ newURL }) => void this.#doubt(new URL(newURL).hash))
  }

  override connectedCallback(): void {
    super.connectedCallback()
    void this.#load()
  }

  override render() {
    if (this.problem) return failed(this.problem, () => void this.#load())
    if (!this.config) return opening()
    return this.#page(this.config)
  }

  override updated(changed: PropertyValues<this>): void {
    if (this.config) document.title = titleOf(this.config)
    if (changed.has('config') && this.config) void this.#start(this.config)
    if (changed.has('mapState')) void this.#pair()
  }

  async #load(): Promise<void> {
    this.problem = null
    try {
      this.config = await this.#catalogue.read()
    } catch (cause) {
      this.problem =
        cause instanceof ServerProblem ? cause : new ServerProblem(0, '配置无法读取。', String(cause))
    }
  }

  async #start(config: Config): Promise<void> {
    if (this.#workbench) return
    void this.#doubt(location.hash)
    if (!drawsMaps()) {
      void import('./no_map')
      this.#equip(config, null)
      const { Live } = await import('../live')
      return new Live({
        changed: (layers) => this.#changed(layers),
        connection: (connection) => {
          this.connection = connection
        },
      }).start()
    }
    const { Maps } = await import('../maps')
    await this.#area?.updateComplete
    const container = this.#area?.container('own')
    if (!container || this.#maps) return
    const maps = new Maps(container, config, this.#store, {
      feeds: () => this.#feedsChanged(),
      picked: (refs, by, side) => this.#picked(refs, by, side),
      position: (position, metersPerPixel) => {
        this.position = position
        this.metersPerPixel = metersPerPixel
      },
      changed: (layers) => this.#changed(layers),
      connection: (connection) => {
        this.connection = connection
      },
      idle: () => {
        this.drawn = true
      },
      bare: (side, bareness) => {
        this.bareness = { ...this.bareness, [side]: bareness }
      },
    })
    this.#maps = maps
    this.#equip(config, maps)
    void this.#pair()
  }

  /** What of a link cannot be shown is told; how is read when it is so. */
  async #doubt(hash: string): Promise<void> {
    const doubtful = this.config !== null && isMisread(hash, this.config.layers)
    if (doubtful) await import('./link_note')
    this.link = doubtful ? hash : ''
  }

  /** Others changed these layers; null: any may have changed, and layers may have come and gone. */
  #changed(layers: ReadonlySet<string> | null): void {
    this.#selection.refresh(layers)
    window.dispatchEvent(new CustomEvent(CHANGED, { detail: layers }))
    if (!layers) void this.#follow()
  }

  /** What became of the layers is followed, and told. */
  async #follow(): Promise<void> {
    const ids = await this.#catalogue.follow()
    const { config } = this.#catalogue
    if (!ids || !config || !this.#workbench) return
    void import('./layer_news')
    this.config = this.#workbench.config = config
    this.#selection.relayer(config)
    this.#maps?.relayer(config)
    this.#changed(ids)
    this.#refreshPanel()
    if (this.link) void this.#doubt(this.link)
  }

  #equip(config: Config, maps: Maps | null): void {
    this.#workbench = {
      config,
      store: this.#store,
      selection: this.#selection,
      stage: maps?.main.stage ?? null,
      difference: maps?.main.difference ?? null,
      status: (layer) => this.statuses.get(layer),
      changed: (layer) => {
        if (maps) maps.refresh(new Set([layer]))
        else this.#selection.refresh(new Set([layer]))
      },
      visit: (ref) => this.#visit(ref),
    }
    this.#selection.attach(config)
    this.requestUpdate()
  }

  /** The other map comes and goes with what is compared. */
  async #pair(): Promise<void> {
    await this.#area?.updateComplete
    if (!this.#maps || !this.#area) return
    this.#maps.beside(isPaired(this.mapState) ? this.#area.container('other') : null)
  }

  #picked(refs: FeatureRef[], by: 'pointer' | 'keyboard', side: Side): void {
    this.#selection.pick(refs, side === 'other')
    if (by === 'keyboard' && refs.length) void this.#focusCard()
  }

  #feedsChanged(): void {
    const maps = this.#maps
    if (!maps) return
    this.statuses = new Map(
      maps.main.feeds.flatMap(({ layer: { id } }) => {
        const status = maps.status(id)
        return status ? [[id, status] as const] : []
      }),
    )
    this.drawn = false
    this.#refreshPanel()
  }

  #refreshPanel(): void {
    this.renderRoot.querySelector<PanelFrame>('panel-frame')?.refresh()
  }

  #selectionChanged(): void {
    this.#maps?.mark(this.#selection.feature)
    const { shown } = this.#selection
    // Nobody needs a card before something is selected.
    if (shown) void import('./selected_card')
    const visited = shown && this.#visiting?.fid === shown.fid && this.#visiting.layer === shown.layer.id
    const extent = visited && shown.feature ? extentOf(shown.feature.geometry) : null
    if (extent) {
      this.#visiting = null
      this.#maps?.main.stage.reveal(extent)
    }
    this.#refreshPanel()
    this.requestUpdate()
  }

  /** Shows these layers too. */
  #show(ids: readonly string[]): void {
    const { state } = this.#store
    const layers = this.config?.layers ?? []
    const shown = layers.filter((layer) => isVisible(state, layer)).map(({ id }) => id)
    const more = ids.filter((id) => !shown.includes(id))
    if (more.length) this.#store.update({ visible: [...shown, ...more] })
  }

  #visit(ref: FeatureRef): void {
    this.#visiting = ref
    this.#show([ref.layer])
    const known = this.#selection.shown
    this.#selection.pick([ref])
    if (known?.fid === ref.fid && known.layer.id === ref.layer) this.#selectionChanged()
  }

  #page(config: Config) {
    const busy = this.#busy()
    const panel = this.#panel(config)
    return html`
      <div
        class="page ${panel?.place === 'dock' ? 'docked' : ''} ${this.#selection.shown ? 'with-card' : ''} ${
          (panel && !this.folded) || this.#selection.shown ? 'paneled' : ''
        } ${
          this.mapState.compare ? (isPaired(this.mapState) ? 'comparing paired' : 'comparing') : ''
        }"
      >
        ${drawsMaps() ? this.#mapArea(config, busy, panel) : html`<no-map role="alert"></no-map>`}
        ${this.#rail(config)} ${this.#column(config, panel)} 
        <notice-board
          class=${this.#selection.shown ? 'beside-card' : ''}
          .config=${config}
          .state=${this.mapState}
          .statuses=${this.statuses}
          .connection=${this.connection}
          .difference=${this.#maps?.main.difference.feed.status ?? null}
          .bareness=${this.bareness.own}
          @now=${() => this.#dismiss({ datetime: null, asof: null })}
          @retry=${() => this.#maps?.reload()}
          @leave=${() => this.#dismiss({ compare: null })}
        >
          ${linkNote(this.link, config, () => this.#unlink())} ${this.#news()}
        </notice-board>
        ${this.#card(config)}
        ${panel?.place === 'dock' ? this.#frame(panel, 'dock') : nothing}
        ${tools(this.#maps?.main, this.mapState, this.#selection.shown !== null)}
        ${status(config, this.mapState, this.position, this.metersPerPixel, (frame) => this.#store.update({ frame }))}
        ${busy ? html`<div class="progress"></div>` : nothing}
        <p class="unseen" role="status">${say(busy ? 'loading' : 'loaded')}</p>
      </div>
    `
  }

  /** The notice goes with what it tells of; whoever was on its button is on the map then. */
  #dismiss(state: Partial<MapState>): void {
    this.#store.update(state)
    this.#area?.focusMap()
  }

  #unlink(): void {
    this.link = ''
    this.#area?.focusMap()
  }

  #news() {
    const close = () => {
      this.#catalogue.news = []
      this.requestUpdate()
      this.#area?.focusMap()
    }
    return newsNote(this.#catalogue.news, this.mapState, (ids) => this.#show(ids), close)
  }

  #mapArea(config: Config, busy: boolean, panel: Panel | null) {
    const { compare } = this.mapState
    return html`<map-area
      .config=${config}
      .state=${this.mapState}
      .busy=${busy || !this.drawn}
      .bareness=${this.bareness}
      .stacked=${this.narrow}
      .beside=${compare !== null && panel?.place === 'side'}
      .sheet=${compare !== null && this.narrow && ((panel !== null && !this.folded) || this.#selection.shown !== null)}
      @divide=${(event: CustomEvent<number>) => {
        if (compare) this.#store.update({ compare: { ...compare, divider: event.detail } })
      }}
    ></map-area>`
  }

  #rail(config: Config) {
    return html`
      <page-rail
        ?flat=${this.narrow}
        .panels=${this.#offered(config)}
        .opened=${openPanel(this.mapState, !this.narrow)}
        @choose=${(event: CustomEvent<string>) => void this.#choose(event.detail)}
        @speak=${(event: CustomEvent<Language>) => this.#store.update({ language: event.detail })}
      ></page-rail>
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
        ${config.layers.length ? nothing : noLayers()}
        ${panel?.place === 'side' ? this.#frame(panel, 'side') : nothing}
      </div>
    `
  }

  #frame(panel: Panel, place: Panel['place']) {
    if (!this.#workbench) return nothing
    return html`<panel-frame
      class="card ${place}"
      role="region"
      aria-label=${named(panel.title)}
      .panel=${panel}
      .workbench=${this.#workbench}
      .foldable=${this.narrow}
      .folded=${this.narrow && this.folded}
      @fold=${() => {
        this.folded = !this.folded
      }}
      @close=${() => void this.#closePanel()}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key === 'Escape') void this.#closePanel()
      }}
    ></panel-frame>`
  }

  #card(config: Config) {
    const { shown, candidates, names } = this.#selection
    if (!shown) return nothing
    return html`<selected-card
      class="card"
      .config=${config}
      .state=${this.mapState}
      .shown=${shown}
      .candidates=${candidates}
      .names=${names}
      .revision=${this.#maps?.main.difference.tiles?.template ?? ''}
      @close=${() => this.#closeCard()}
      @choose=${(event: CustomEvent<FeatureRef>) => this.#selection.choose(event.detail)}
      @state=${(event: CustomEvent<Partial<MapState>>) => this.#store.update(event.detail)}
      @edit=${(event: CustomEvent<string>) => this.#edit(event.detail)}
    ></selected-card>`
  }

  #offered(config: Config): readonly Panel[] {
    return offered({
      map: drawsMaps(),
      layers: config.layers.length > 0,
      register: config.layers.some(({ id }) => id === 'components'),
    })
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
    this.renderRoot.querySelector<PageRail>('page-rail')?.focusButton(id)
  }

  #busy(): boolean {
    const difference = this.#maps?.main.difference.feed.status
    return [...this.statuses.values(), difference].some((status) => status?.phase === 'loading')
  }

  #closeCard(): void {
    this.#selection.clear()
    this.#area?.focusMap()
  }

  get #area(): MapArea | null {
    return this.renderRoot.querySelector<MapArea>('map-area')
  }

  async #focusCard(): Promise<void> {
    await customElements.whenDefined('selected-card')
    await this.updateComplete
    await this.renderRoot.querySelector<SelectedCard>('selected-card')?.focusHeading()
  }
}

/** Chinese first; the platform's English name always stands with it. */
function titleOf({ city }: Config): string {
  return language() === 'zh' ? `一张图 · ${city.name.zh} One Map` : `One Map · ${city.name.en}`
}

customElements.define('one-map', OneMap)

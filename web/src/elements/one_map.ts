import { html, LitElement, nothing, unsafeCSS, type PropertyValues } from 'lit'
import mapStyle from 'maplibre-gl/dist/maplibre-gl.css?inline'
import { loadConfig, ServerProblem } from '../config'
import type { FeedStatus } from '../feed'
import type { Connection } from '../live'
import { MapView } from '../map'
import { isVisible } from '../model'
import type { Config, FrameId, MapState, Position4490, Times } from '../model'
import sealUrl from '../seal.svg'
import { Selection } from '../selection'
import { Store } from '../store'
import './feature_card'
import type { FeatureCard } from './feature_card'
import './layer_panel'
import { shellStyle } from './shell_style'
import './status_bar'
import { theme } from './theme'
import './time_panel'

const NARROW = '(max-width: 900px)'

/** The planners' map page. */
export class OneMap extends LitElement {
  static override styles = [unsafeCSS(mapStyle), theme, shellStyle]
  static override properties = {
    config: { state: true },
    problem: { state: true },
    mapState: { state: true },
    statuses: { state: true },
    connection: { state: true },
    position: { state: true },
    metersPerPixel: { state: true },
    folded: { state: true },
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
  declare folded: boolean
  /** The map has drawn everything it was given. */
  declare drawn: boolean
  /** The keyboard is on the map: a crosshair shows what Enter picks. */
  declare aimed: boolean

  readonly #store = new Store()
  readonly #selection = new Selection(this.#store, () => this.#selectionChanged())
  #view: MapView | null = null

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
    this.folded = matchMedia(NARROW).matches
    this.drawn = false
    this.aimed = false
    this.#store.subscribe((state) => {
      this.mapState = state
    })
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
    if (changed.has('config') && this.config) this.#startMap(this.config)
  }

  async #load(): Promise<void> {
    this.problem = null
    try {
      const config = await loadConfig()
      document.title = `一张图 · ${config.city.name.zh} One Map`
      this.config = config
    } catch (cause) {
      this.problem =
        cause instanceof ServerProblem ? cause : new ServerProblem(0, '配置无法读取。', String(cause))
    }
  }

  #startMap(config: Config): void {
    const container = this.renderRoot.querySelector<HTMLElement>('#map')
    if (!container || this.#view) return
    const view = new MapView(container, config, this.#store, {
      feeds: () => this.#feedsChanged(),
      picked: (refs, by) => {
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
    this.#selection.attach(config)
  }

  #feedsChanged(): void {
    if (!this.#view) return
    this.statuses = new Map(this.#view.feeds.map((feed) => [feed.layer.id, feed.status]))
    this.drawn = false
  }

  #selectionChanged(): void {
    this.#view?.mark(this.#selection.feature)
    this.requestUpdate()
  }

  #opening() {
    return html`<div class="whole" aria-busy="true"><div class="progress"></div>
      <p>正在读取图层目录 <span class="en">Reading the layers</span></p></div>`
  }

  #failed({ zh, en }: ServerProblem) {
    return html`
      <div class="whole" role="alert">
        <h1>一张图</h1>
        <p>${zh}<br /><span class="en">${en}</span></p>
        <p>请确认服务已启动:<code>./onemap status</code></p>
        <button @click=${() => void this.#load()}>重试 Retry</button>
      </div>
    `
  }

  #page(config: Config) {
    const busy = this.#busy()
    return html`
      <button class="skip" @click=${() => this.#focusMap()}>跳到地图 Skip to the map</button>
      <div id="map" role="region" aria-label="地图 Map" aria-busy=${busy || !this.drawn}
        @keydown=${() => this.#aim(true)} @pointerdown=${() => this.#aim(false)}
        @focusin=${() => this.#aim(this.#mapCanvas()?.matches(':focus-visible') ?? false)}
        @focusout=${() => this.#aim(false)}
      ></div>
      <svg class="cross ${this.aimed ? 'aimed' : ''}" viewBox="0 0 26 26" aria-hidden="true">
        <path d="M13 1v9M13 16v9M1 13h9M16 13h9" stroke="#125e69" stroke-width="2"></path>
      </svg>
      ${this.#side(config)} ${this.#notices(config)} ${this.#card()} ${this.#tools()}
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
      <p class="unseen" role="status">${busy ? '正在读取 loading' : '已读取 loaded'}</p>
    `
  }

  #side(config: Config) {
    const synthetic = config.layers.some(
      (layer) => layer.synthetic && isVisible(this.mapState, layer.id),
    )
    return html`
      <div class="side ${this.folded ? 'folded' : ''}">
        <header class="card brand">
          <img src=${sealUrl} alt="" />
          <div class="words">
            <h1>一张图 <small><span class="dot">· </span>${config.city.name.zh}</small></h1>
            <p class="en">One Map · ${config.city.name.en}</p>
          </div>
          ${
            synthetic
              ? html`<span class="seal" title="图上有生成的图层 some layers shown are generated">合成数据</span>`
              : nothing
          }
          <button
            class="fold"
            aria-expanded=${!this.folded}
            aria-label="图层与时间 layers and time"
            @click=${() => {
              this.folded = !this.folded
            }}
          >
            ☰
          </button>
        </header>
        <nav class="card panel" aria-label="时间与图层 Time and layers">
          <time-panel
            .times=${this.mapState}
            @times=${(event: CustomEvent<Partial<Times>>) => this.#store.update(event.detail)}
          ></time-panel>
          <hr />
          ${config.layers.length ? this.#layers(config) : this.#empty()}
          <p class="foot"><a href="static/THIRD-PARTY-NOTICES.txt" target="_blank" rel="noopener">第三方许可 Notices</a></p>
        </nav>
      </div>
    `
  }

  #layers(config: Config) {
    return html`<layer-panel
      .layers=${config.layers}
      .state=${this.mapState}
      .statuses=${this.statuses}
      @visible=${(event: CustomEvent<string[] | null>) => this.#store.update({ visible: event.detail })}
      @opacity=${(event: CustomEvent<Record<string, number>>) => this.#store.update({ opacity: event.detail })}
    ></layer-panel>`
  }

  #empty() {
    return html`<p class="empty">
      还没有图层。用 <code>./onemap load</code> 载入第一份数据。<br />
      <span class="en">No layers yet: load a first file.</span>
    </p>`
  }

  #notices(config: Config) {
    const { datetime, asof } = this.mapState
    const statuses = [...this.statuses].filter(([id]) => isVisible(this.mapState, id))
    const names = (test: (status: FeedStatus) => boolean) =>
      statuses
        .filter(([, status]) => test(status))
        .map(([id]) => config.layers.find((layer) => layer.id === id)?.title.zh)
        .join('、')
    const failed = names((status) => status.phase === 'failed')
    return html`
      <div class="notices ${this.#selection.shown ? 'beside-card' : ''}">
        ${datetime || asof ? this.#past({ datetime, asof }) : nothing}
        ${this.connection === 'lost' ? this.#lost() : nothing}
        ${failed ? this.#unread(failed, statuses) : nothing}
      </div>
    `
  }

  #past({ datetime, asof }: Times) {
    const text = (wallTime: string) => wallTime.replace('T', ' ')
    return html`
      <p class="notice past" role="status">
        <span
          >${datetime ? `现状 ${text(datetime)}` : ''}${datetime && asof ? ' · ' : ''}${
            asof ? `认知 ${text(asof)}` : ''
          }</span
        >
        <button @click=${() => this.#store.update({ datetime: null, asof: null })}>回到现在 Now</button>
      </p>
    `
  }

  #lost() {
    return html`
      <p class="notice warn" role="alert">
        <span
          >与服务器的连接中断,图上是此前读到的数据,恢复后自动更新。
          <span class="en">Connection lost; the map shows what was read before.</span></span
        >
      </p>
    `
  }

  #unread(names: string, statuses: [string, FeedStatus][]) {
    const problem = statuses.find(([, status]) => status.problem)?.[1].problem
    return html`
      <p class="notice bad" role="alert">
        <span>${names}:${problem?.zh} <span class="en">${problem?.en}</span></span>
        <button @click=${() => this.#view?.reload()}>重试 Retry</button>
      </p>
    `
  }

  #card() {
    const { shown } = this.#selection
    if (!shown) return nothing
    return html`<feature-card
      class="card"
      role="region"
      aria-label="要素属性 Attributes"
      .shown=${shown}
      .place=${this.#selection.place}
      .total=${this.#selection.total}
      @close=${() => this.#close()}
      @step=${(event: CustomEvent<number>) => this.#selection.step(event.detail)}
      @times=${(event: CustomEvent<Times>) => this.#store.update(event.detail)}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key === 'Escape') this.#close()
      }}
    ></feature-card>`
  }

  #tools() {
    return html`
      <div class="card tools">
        <button aria-label="放大 zoom in" @click=${() => this.#view?.zoomBy(1)}>+</button>
        <button aria-label="缩小 zoom out" @click=${() => this.#view?.zoomBy(-1)}>−</button>
        <button aria-label="全市 whole city" title="全市" @click=${() => this.#view?.showCity()}>
          <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
            <path d="M1 5V1h4M11 1h4v4M15 11v4h-4M5 15H1v-4" fill="none" stroke="currentColor" stroke-width="1.6"></path>
          </svg>
        </button>
      </div>
    `
  }

  #busy(): boolean {
    return [...this.statuses.values()].some((status) => status.phase === 'loading')
  }

  #close(): void {
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
    await this.updateComplete
    this.renderRoot.querySelector<FeatureCard>('feature-card')?.focusHeading()
  }
}

customElements.define('one-map', OneMap)

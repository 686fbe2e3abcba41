import type { Feature } from 'geojson'
import { css, html, nothing, type PropertyValues } from 'lit'
import { countAssets, LIFE, queryOf, type Counted, type Life } from '../assets'
import { ServerProblem } from '../config'
import { download } from '../download'
import { fetchItems, itemsAddress, nameOf, type ItemsPage } from '../items'
import { named, say } from '../language'
import { numberText } from '../measured'
import '../messages/assets'
import type { Layer } from '../model'
import { detailWith, keptOf } from '../parts'
import './asset_card'
import { lifeName, lifeSign, lifeStyle } from './life_sign'
import { PanelElement } from './panel_element'
import { partStyle } from './part_style'
import { theme } from './theme'

const PART = 'assets'
const PAGE = 50
const TYPED_MS = 300

/** What is listed, as it stands in the link. */
interface Asked {
  readonly layer: string | null
  readonly status: Life | null
  readonly q: string
  readonly open: string | null
}

/** 设施台账: kinds of assets with their numbers by state of life; the assets of one kind; one asset. */
export class AssetPart extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    counted: { state: true },
    features: { state: true },
    page: { state: true },
    reading: { state: true },
    problem: { state: true },
  }
  declare counted: readonly Counted[] | null
  declare features: readonly Feature[]
  /** The last one that was read. */
  declare page: ItemsPage | null
  declare reading: boolean
  declare problem: string | null
  #abort = new AbortController()
  #counting = new AbortController()
  #read_of = ''
  #counted_at = ''
  #typing = 0

  constructor() {
    super()
    this.counted = null
    this.features = []
    this.page = null
    this.reading = false
    this.problem = null
  }

  static override styles = [
    theme,
    partStyle,
    lifeStyle,
    css`
      .kind > button .what > small {
        display: flex;
        flex-wrap: wrap;
        gap: 0 10px;
      }
      .total {
        font-weight: 600;
      }
      .back {
        display: flex;
        gap: 8px;
        align-items: center;
      }
      .back h3 {
        flex: 1;
        margin: 0;
        min-width: 0;
      }
      .count {
        display: flex;
        justify-content: space-between;
        align-items: center;
        margin: 10px 0 4px;
        color: var(--ink-2);
        font-size: 12px;
      }
      .count a {
        font-size: 13px;
      }
    `,
  ]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
    this.#counting.abort()
    window.clearTimeout(this.#typing)
    this.#read_of = ''
    this.#counted_at = ''
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed)
    void this.#count()
    void this.#list()
  }

  override render() {
    const asked = this.#asked
    const layer = this.#layer(asked)
    return html`
      ${layer ? this.#assets(layer, asked) : this.#kinds()}
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
    `
  }

  #kinds() {
    const { counted } = this
    if (counted === null) return html`<p class="how" role="status">${say('reading')}</p>`
    if (!counted.length) return html`<p class="how" role="status">${say('assetNoLayers')}</p>`
    return html`<p class="how">${say('assetHow')}</p>
      <ul aria-label=${say('assetKinds')}>
        ${this.workbench.config.layers.map((layer) => {
          const found = counted.find((each) => each.layer === layer.id)
          return found ? this.#kind(layer, found) : nothing
        })}
      </ul>`
  }

  #kind(layer: Layer, { counts }: Counted) {
    return html`<li class="row kind">
      <button @click=${() => this.#ask({ layer: layer.id, status: null, q: '', open: null })}>
        <span class="what">
          <span>${named(layer.title)}</span>
          <span class="total">${numberText(totalOf(counts))}</span>
          <small>${LIFE.map((each) => html`<span>${lifeSign(each)} ${numberText(counts[each])}</span>`)}</small>
        </span>
      </button>
    </li>`
  }

  #assets(layer: Layer, { status, q, open }: Asked) {
    const counts = this.counted?.find((each) => each.layer === layer.id)?.counts
    const csv = itemsAddress(layer.id, queryOf(status, q), this.state, 'csv')
    return html`
      <div class="back">
        <button @click=${() => this.#ask({ layer: null, status: null, q: '', open: null })}>‹ ${say('assetBack')}</button>
        <h3>${named(layer.title)}</h3>
        ${layer.synthetic && !named(layer.title).includes(say('synthetic')) ? html`<span class="seal">${say('synthetic')}</span>` : nothing}
      </div>
      <div class="pair">
        <div>
          <label for="status">${say('assetStatus')}</label>
          <select id="status" @change=${(event: Event) => this.#ask({ status: lifeOf((event.target as HTMLSelectElement).value), open: null })}>
            <option value="" ?selected=${!status}>${counts ? say('assetEvery', { count: totalOf(counts) }) : ''}</option>
            ${LIFE.map(
              (each) => html`<option value=${each} ?selected=${each === status}>
                ${say('assetState', { state: lifeName(each), count: counts?.[each] ?? '' })}
              </option>`,
            )}
          </select>
        </div>
        <div>
          <label for="find">${say('assetFind')}</label>
          <input id="find" type="text" autocomplete="off" .value=${q} @input=${(event: Event) => this.#type(event)} />
        </div>
      </div>
      <div class="count">
        <span role="status">${this.reading ? say('reading') : this.#found()}</span>
        <a href=${csv.href} download @click=${(event: Event) => this.#export(event, csv)}>${say('assetCsv')}</a>
      </div>
      <ul>
        ${this.features.map((each) => this.#asset(layer, each, open))}
      </ul>
      ${!this.reading && this.page && !this.features.length ? html`<p class="how">${say('assetNone')}</p>` : nothing}
      ${
        this.page?.next
          ? html`<div class="actions">
              <button @click=${() => void this.#more()}>${say('assetMore', { count: PAGE })}</button>
            </div>`
          : nothing
      }
    `
  }

  #found(): string {
    const { matched = null, estimated = null } = this.page ?? {}
    if (matched !== null) return say('assetFound', { count: matched })
    return estimated === null ? '' : say('assetAbout', { count: estimated })
  }

  #asset(layer: Layer, feature: Feature, open: string | null) {
    const fid = String(feature.id)
    const opened = fid === open
    const name = nameOf(layer, fid, feature.properties)
    return html`<li class="row">
      <button id="asset-${fid}" aria-expanded=${opened} @click=${() => this.#ask({ open: opened ? null : fid })}>
        <span class="what">
          <span>${name}</span>
          ${lifeSign(lifeOf(String(feature.properties?.status)) ?? 'planned')}
          ${name === fid ? nothing : html`<small>${fid}</small>`}
        </span>
      </button>
      ${
        opened
          ? html`<asset-card
              .workbench=${this.workbench}
              .layer=${layer}
              .fid=${fid}
              @advanced=${() => this.#anew(layer)}
            ></asset-card>`
          : nothing
      }
    </li>`
  }

  get #asked(): Asked {
    const kept = keptOf(PART, this.state.detail)
    return {
      layer: kept.get('layer'),
      status: lifeOf(kept.get('status') ?? ''),
      q: kept.get('q') ?? '',
      open: kept.get('open'),
    }
  }

  #ask(change: Partial<Asked>): void {
    const { layer, status, q, open } = { ...this.#asked, ...change }
    this.workbench.store.update({ detail: detailWith(PART, { layer, status, q, open }) })
  }

  #layer({ layer }: Asked): Layer | undefined {
    return this.workbench.config.layers.find(({ id }) => id === layer)
  }

  #type(event: Event): void {
    const q = (event.target as HTMLInputElement).value
    window.clearTimeout(this.#typing)
    this.#typing = window.setTimeout(() => this.#ask({ q, open: null }), TYPED_MS)
  }

  async #count(): Promise<void> {
    const { datetime, asof } = this.state
    const at = JSON.stringify([datetime, asof])
    if (at === this.#counted_at) return
    this.#counted_at = at
    this.#counting.abort()
    this.#counting = new AbortController()
    await this.#guarded(async (signal) => {
      this.counted = await countAssets({ datetime, asof }, signal)
    }, this.#counting)
  }

  /** The first page of what the link asks for; the open asset alone where it is not on it. */
  async #list(): Promise<void> {
    const asked = this.#asked
    const layer = this.#layer(asked)
    if (!layer) {
      this.#read_of = ''
      return
    }
    const url = itemsAddress(layer.id, { ...queryOf(asked.status, asked.q), limit: PAGE, skipGeometry: true }, this.state)
    if (url.href === this.#read_of) return
    this.#read_of = url.href
    this.#abort.abort()
    this.#abort = new AbortController()
    this.reading = true
    await this.#guarded(async (signal) => {
      const page = await fetchItems(url, signal)
      const known = asked.open === null || page.features.some(({ id }) => String(id) === asked.open)
      const alone = known ? [] : await this.#alone(layer, asked.open ?? '', signal)
      Object.assign(this, { page, features: [...alone, ...page.features] })
    })
    if (url.href === this.#read_of) this.reading = false
  }

  async #alone(layer: Layer, fid: string, signal: AbortSignal): Promise<readonly Feature[]> {
    const filter = `id IN ('${fid.replaceAll("'", "''")}')`
    return (await fetchItems(itemsAddress(layer.id, { filter, limit: 1, skipGeometry: true }, this.state), signal)).features
  }

  async #more(): Promise<void> {
    const next = this.page?.next
    if (!next || this.reading) return
    this.reading = true
    await this.#guarded(async (signal) => {
      const page = await fetchItems(new URL(next), signal)
      const known = new Set(this.features.map(({ id }) => id))
      const more = page.features.filter(({ id }) => !known.has(id))
      Object.assign(this, { page: { ...page, matched: this.page?.matched ?? page.matched }, features: [...this.features, ...more] })
    })
    this.reading = false
  }

  /** Somebody took a step: numbers and rows are others now. */
  #anew(layer: Layer): void {
    this.#counted_at = ''
    this.#read_of = ''
    this.workbench.changed(layer.id)
    void this.#count()
    void this.#list()
  }

  /** A link cannot say who asks: the file is fetched and then handed over. */
  #export(event: Event, url: URL): void {
    event.preventDefault()
    void this.#guarded(() => download(url))
  }

  async #guarded(work: (signal: AbortSignal) => Promise<void>, { signal } = this.#abort): Promise<void> {
    try {
      this.problem = null
      await work(signal)
    } catch (cause) {
      if (signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    }
  }
}

function lifeOf(text: string): Life | null {
  return LIFE.find((each) => each === text) ?? null
}

function totalOf(counts: Counted['counts']): number {
  return LIFE.reduce((sum, each) => sum + counts[each], 0)
}

customElements.define('asset-part', AssetPart)

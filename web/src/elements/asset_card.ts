import type { Feature } from 'geojson'
import { css, html, nothing, type PropertyValues } from 'lit'
import { DAY_OF, LIFE, recordsOf, type Life, type Records } from '../assets'
import { readable } from '../clock'
import { address, ServerProblem } from '../config'
import { download } from '../download'
import { fetchFeature, fetchVersions, type Version } from '../feed'
import { valueText } from '../format'
import { mayEdit, NOBODY, whoAmI, type Me } from '../identity'
import { named, say } from '../language'
import '../messages/assets'
import type { Layer } from '../model'
import type { Station } from '../monitoring'
import { detailWith } from '../parts'
import { watchOf, type StationWatch } from '../station_watch'
import './asset_step'
import { lifeName, lifeSign, lifeStyle } from './life_sign'
import { PanelElement } from './panel_element'
import { partStyle } from './part_style'
import { theme } from './theme'

const ADDRESSES = 'addresses'
const TIES: ReadonlySet<string> = new Set(['status', 'data_nature', ...Object.values(DAY_OF)])

/** One asset 设施: its life, fields and upkeep, records and papers, its address and what it measures; the next step. */
export class AssetCard extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    layer: { attribute: false },
    fid: { attribute: false },
    feature: { state: true },
    versions: { state: true },
    records: { state: true },
    me: { state: true },
    problem: { state: true },
  }
  declare layer: Layer
  declare fid: string
  declare feature: Feature | null
  declare versions: readonly Version[]
  declare records: readonly Records[]
  declare me: Me
  declare problem: string | null
  #abort = new AbortController()
  #watch!: StationWatch
  #stop: () => void = () => undefined
  #read_of = ''

  constructor() {
    super()
    this.feature = null
    this.versions = []
    this.records = []
    this.me = NOBODY
    this.problem = null
  }

  static override styles = [
    theme,
    partStyle,
    lifeStyle,
    css`
      :host {
        margin: 0 0 10px 8px;
        border-left: 2px solid var(--rule-2);
        padding: 2px 0 4px 12px;
        font-size: 13px;
      }
      h4 {
        margin: 10px 0 2px;
        font-size: 13px;
        font-weight: 600;
      }
      h4:first-child {
        margin-top: 0;
      }
      .course {
        display: grid;
        grid-template-columns: repeat(4, 1fr);
        gap: 0 6px;
        margin: 4px 0;
      }
      .course li {
        border-top: 3px solid var(--rule-2);
        padding-top: 3px;
        font-size: 12px;
      }
      .course li.reached {
        border-color: var(--accent);
      }
      .course small {
        display: block;
        color: var(--ink-2);
        white-space: nowrap;
      }
      .lines li {
        padding: 2px 0;
        overflow-wrap: anywhere;
      }
      .lines small {
        color: var(--ink-2);
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#abort = new AbortController()
    this.#watch = watchOf(this.workbench.store)
    this.#stop = this.#watch.subscribe(() => this.requestUpdate())
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#stop()
    this.#abort.abort()
    this.#read_of = ''
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed)
    const { datetime, asof } = this.state
    const wanted = JSON.stringify([this.layer.id, this.fid, datetime, asof])
    if (wanted === this.#read_of) return
    this.#read_of = wanted
    void this.#read()
  }

  override render() {
    const { feature, problem } = this
    return html`
      ${problem ? html`<p class="bad" role="alert">${problem}</p>` : nothing}
      ${feature ? this.#told(feature) : problem ? nothing : html`<p class="small" role="status">${say('reading')}</p>`}
    `
  }

  #told({ properties }: Feature) {
    const held = properties ?? {}
    const fields = this.layer.fields.filter(({ name }) => !TIES.has(name) && held[name] !== null && held[name] !== undefined)
    return html`
      <h4>${say('assetLife')}</h4>
      <ol class="course">
        ${LIFE.map((each) => this.#stage(each, held[DAY_OF[each]]))}
      </ol>
      ${this.#ways(held)}
      <h4>${say('assetFields')}</h4>
      <dl>
        ${fields.map((field) => html`<dt>${named(field.title)}</dt><dd>${valueText(field, held[field.name])}</dd>`)}
      </dl>
      ${this.records.map((each) => this.#records(each))}
      ${this.versions.length ? this.#versions() : nothing}
      <h4>${say('assetAdvance')}</h4>
      ${
        mayEdit(this.me, this.layer.id)
          ? html`<asset-step
              .layer=${this.layer.id}
              .asset=${this.fid}
              .status=${LIFE.find((each) => each === held.status) ?? 'planned'}
              .me=${this.me}
              @advanced=${() => this.#advanced()}
            ></asset-step>`
          : html`<p class="small">${say('assetMayNot', { steward: this.layer.steward })}</p>`
      }
    `
  }

  #stage(life: Life, day: unknown) {
    return html`<li class=${day ? 'reached' : ''}>${lifeSign(life)}<small>${day ? String(day) : '—'}</small></li>`
  }

  /** To the map, the address and the observations. */
  #ways({ thing_id, address_id }: Readonly<Record<string, unknown>>) {
    const { workbench } = this
    const station = thing_id ? this.#watch.stations?.find(({ key }) => key === thing_id) : undefined
    const addressed = address_id && workbench.config.layers.some(({ id }) => id === ADDRESSES)
    return html`<div class="actions">
      ${
        this.layer.geometry && workbench.stage
          ? html`<button @click=${() => workbench.visit({ layer: this.layer.id, fid: this.fid })}>${say('assetMap')}</button>`
          : nothing
      }
      ${
        addressed
          ? html`<button @click=${() => workbench.visit({ layer: ADDRESSES, fid: String(address_id) })}>${say('assetAddress')}</button>`
          : nothing
      }
      ${
        station
          ? html`<button
              @click=${() => workbench.store.update({ detail: detailWith('series', { d: idsOf(station) }) })}
            >
              ${say('assetChart')}
            </button>`
          : nothing
      }
    </div>`
  }

  #records({ layer, rows }: Records) {
    return html`<h4>${say('assetRecords', { title: named(layer.title), count: rows.length })}</h4>
      ${rows.length ? nothing : html`<p class="small">${say('assetNoRecords')}</p>`}
      <ul class="lines">
        ${rows.map((row) => html`<li>${lineOf(layer, row)} ${this.#file(row)}</li>`)}
      </ul>`
  }

  /** The way to the file of a document; nothing where there is none. */
  #file({ properties }: Feature) {
    const sha256 = properties?.sha256 as string | null | undefined
    return sha256 ? html`<button @click=${() => void this.#download(sha256)}>${say('assetFile')}</button>` : nothing
  }

  async #download(sha256: string): Promise<void> {
    this.problem = null
    try {
      await download(address(`assets/documents/${sha256}`))
    } catch (cause) {
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    }
  }

  #versions() {
    return html`<h4>${say('assetHistory')}</h4>
      <ul class="lines">
        ${[...this.versions].reverse().map(
          ({ properties, recorded_from, author, department, reason }) => html`<li>
            ${say('assetVersion', {
              from: readable(String(properties?.valid_from ?? recorded_from)),
              state: lifeName(LIFE.find((each) => each === properties?.status) ?? 'planned'),
            })}
            <small>${reason} · ${department} · ${author}</small>
          </li>`,
        )}
      </ul>`
  }

  #advanced(): void {
    this.dispatchEvent(new CustomEvent('advanced'))
    void this.#read()
  }

  async #read(): Promise<void> {
    const { signal } = this.#abort
    const ref = { layer: this.layer.id, fid: this.fid }
    try {
      this.problem = null
      this.feature = await fetchFeature(ref, this.state, signal)
      this.me = await whoAmI()
      const [versions, records] = await Promise.all([
        fetchVersions(ref, signal),
        recordsOf(this.workbench.config, ref.layer, ref.fid, this.state, signal),
      ])
      Object.assign(this, { versions: versions ?? [], records })
    } catch (cause) {
      if (signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    }
  }
}

/** Its datastreams, as many as a chart draws. */
function idsOf({ datastreams }: Station): string {
  return datastreams
    .slice(0, 4)
    .map(({ id }) => id)
    .join(',')
}

/** A record in one line: day, kind and what it says, in the order of its fields. */
function lineOf(layer: Layer, { properties }: Feature): string {
  const left_out = new Set([layer.fields[0]?.name, 'layer', 'asset', 'data_nature', 'sha256'])
  return layer.fields
    .filter(({ name }) => !left_out.has(name) && properties?.[name])
    .map((field) => valueText(field, properties?.[field.name]))
    .join(' · ')
}

customElements.define('asset-card', AssetCard)

import type { Feature } from 'geojson'
import { html, nothing, type PropertyValues } from 'lit'
import { KEPT, plate, readRecord, type AddressRecord, type Kept } from '../address_record'
import { readable, toInstant } from '../clock'
import { ServerProblem } from '../config'
import { valueText } from '../format'
import { named, say } from '../language'
import '../messages/address'
import '../messages/card'
import type { Config, Field, Times } from '../model'
import { addressCardStyle } from './address_card_style'
import { rowStyle } from './row_style'
import { Spoken } from './spoken'
import { theme } from './theme'
import './version_line'

/** Doors, buildings, units, rooms: what bears a plate. */
const PLATED: readonly unknown[] = [50, 60, 70, 90]

/** 地址卡: everything that meets at one component of the register. Fires `choose` with an id, `times`, `located` with a feature. */
export class AddressCard extends Spoken {
  static override properties = {
    config: { attribute: false },
    component: { attribute: false },
    times: { attribute: false },
    record: { state: true },
    problem: { state: true },
    picture: { state: true },
  }
  declare config: Config
  /** Its identity. */
  declare component: string
  declare times: Times
  declare record: AddressRecord | null
  declare problem: ServerProblem | null
  /** Of its plate. */
  declare picture: string | null
  #read = ''
  #abort = new AbortController()

  constructor() {
    super()
    this.record = null
    this.problem = null
    this.picture = null
  }

  static override styles = [theme, rowStyle, addressCardStyle]

  override willUpdate(changed: PropertyValues<this>): void {
    const wanted = JSON.stringify([this.component, this.times.datetime, this.times.asof])
    if (wanted === this.#read) return
    this.#read = wanted
    // At other times of the same place, what is open stays readable while it is read again.
    if (changed.has('component')) this.record = null
    void this.#open()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
    this.#read = ''
    this.#show(null)
  }

  override render() {
    if (this.problem) return html`<p class="none" role="alert">${this.problem.words}</p>`
    if (!this.record) return html`<p class="none" role="status">${say('reading')}</p>`
    const { path, region, versions } = this.record
    const self = path.at(-1)
    return html`
      ${self ? this.#head(self) : this.#former(versions)}
      <p class="date">${this.#date()}</p>
      ${self ? nothing : html`<p class="none" role="alert">${say('absent')}</p>`}
      ${self ? this.#path(path) : nothing}
      ${region ? html`<p class="region rows">${say('liesIn')} ${this.#link(region)}</p>` : nothing}
      ${KEPT.map((kept) => this.#section(kept))}
      ${
        versions.length
          ? html`<version-line
              .versions=${versions}
              .times=${this.times}
              @times=${(event: CustomEvent<Times>) => this.#fire('times', event.detail)}
            ></version-line>`
          : nothing
      }
    `
  }

  #head({ properties }: Feature) {
    const successor = this.record?.others.get(String(properties?.successor_id))
    const layer = this.config.layers.find(({ id }) => id === 'components')
    const value = (name: string) => this.#value('components', name, properties?.[name])
    return html`
      <p class="kind">
        ${[value('element'), value('status'), value('code')].filter(Boolean).join(' · ')}
        ${layer?.synthetic ? html`<span class="seal">${say('synthetic')}</span>` : nothing}
      </p>
      <h3 lang="zh-CN">${properties?.name}</h3>
      ${successor ? html`<p class="rows">${say('succeededBy')} ${this.#link(successor)}</p>` : nothing}
    `
  }

  /** What is not there at these times is called as it was, or will be. */
  #former(versions: readonly Feature[]) {
    const name: unknown = versions.at(-1)?.properties?.name
    return typeof name === 'string' ? html`<h3 lang="zh-CN">${name}</h3>` : nothing
  }

  #date(): string {
    const { datetime, asof } = this.times
    const day = (time: string) => readable(toInstant(time))
    return [
      datetime ? say('validAt', { time: day(datetime) }) : say('registerNow'),
      asof ? say('knownAt', { time: day(asof) }) : null,
    ]
      .filter(Boolean)
      .join(' · ')
  }

  #path(path: readonly Feature[]) {
    return html`<ol class="path rows" aria-label=${say('addressPath')}>
      ${path.map(
        (each, at) => html`<li class="step${Math.min(at, 8)}">${this.#link(each, at === path.length - 1)}</li>`,
      )}
    </ol>`
  }

  #link({ id, properties }: Feature, current = false) {
    return html`<button
      aria-current=${current ? 'true' : nothing}
      @click=${() => this.#fire('choose', String(id))}
    >
      <span lang="zh-CN">${properties?.name}</span>
      <span class="of">${this.#value('components', 'element', properties?.element)}</span>
    </button>`
  }

  #section(kept: Kept) {
    const rows = this.record?.rows.get(kept.layer)
    const layer = this.config.layers.find(({ id }) => id === kept.layer)
    if (rows === null || !layer) {
      return kept.layer === 'object-links' ? html`<h4>${say('objectLinks')}</h4><p class="empty">${say('notShared')}</p>` : nothing
    }
    const plates = kept.layer === 'doorplates' && this.picture
    if (rows instanceof ServerProblem) return html`<h4>${named(layer.title)}</h4><p class="bad" role="alert">${rows.words}</p>`
    if (!rows?.length && !plates) return nothing
    return html`
      <h4>${named(layer.title)}</h4>
      ${
        rows?.length
          ? html`<ul class="kept" aria-label=${named(layer.title)}>
              ${rows.map((row) => this.#row(kept, row))}
            </ul>`
          : nothing
      }
      ${rows?.length && !layer.fields.some(({ name }) => name === kept.main) ? html`<p class="empty">${say('namesNotShared')}</p>` : nothing}
      ${plates && !rows?.length ? html`<p class="empty">${say('plateNotKept')}</p>` : nothing}
      ${plates ? html`<img src=${plates} alt=${say('plateWithQr')} />` : nothing}
    `
  }

  #row({ layer, main, beside, by, dated }: Kept, { id, properties }: Feature) {
    const told = beside.map((name) => this.#value(layer, name, properties?.[name])).filter(Boolean)
    const [from, to] = [properties?.valid_from, properties?.valid_to].map((each: unknown) =>
      typeof each === 'string' ? readable(each) : null,
    )
    if (dated && from) told.push(say('since', { time: from }))
    if (dated && to) told.push(say('until', { time: to }))
    const others = by.flatMap((name) => this.record?.others.get(String(properties?.[name])) ?? [])
    const first = this.#value(layer, main, properties?.[main]) || (told.shift() ?? String(id))
    return html`<li>
      <p class="main" lang="zh-CN">${first}</p>
      <p class="told">${told.join(' · ')}</p>
      ${others.map((each) => html`<p class="rows">${this.#link(each)}</p>`)}
    </li>`
  }

  /** A value as people read it; empty where there is none. */
  #value(layer: string, name: string, value: unknown): string {
    const found = this.config.layers.find(({ id }) => id === layer)?.fields
    const field: Field | undefined = found?.find((each) => each.name === name)
    return field && value !== null && value !== undefined && value !== '' ? valueText(field, value) : ''
  }

  async #open(): Promise<void> {
    this.#abort.abort()
    const abort = (this.#abort = new AbortController())
    this.problem = null
    try {
      const record = await readRecord(this.component, this.config, this.times, abort.signal, (first) => {
        // Where the same place is read again, all of it stays until all of it is there.
        if (!abort.signal.aborted) this.record ??= first
      })
      if (abort.signal.aborted) return
      this.record = record
      if (record.place) this.#fire('located', record.place)
      this.#show(await this.#plate(record, abort.signal))
    } catch (cause) {
      if (abort.signal.aborted) return
      this.problem = cause instanceof ServerProblem ? cause : new ServerProblem(0, '读取失败。', String(cause))
    }
  }

  /** The plate that is put up, or as it would be. */
  async #plate({ id, path, rows }: AddressRecord, signal: AbortSignal): Promise<string | null> {
    if (!PLATED.includes(path.at(-1)?.properties?.element)) return null
    const found = rows.get('doorplates')
    const first = Array.isArray(found) ? (found as readonly Feature[])[0] : undefined
    const number: unknown = first?.properties?.plate_number
    try {
      return await plate(typeof number === 'string' ? number : id, signal)
    } catch (cause) {
      if (cause instanceof ServerProblem) return null
      throw cause
    }
  }

  #show(picture: string | null): void {
    if (this.picture) URL.revokeObjectURL(this.picture)
    this.picture = picture
  }

  #fire(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail }))
  }
}

customElements.define('address-card', AddressCard)

import { html, nothing, type PropertyValues } from 'lit'
import { ServerProblem } from '../config'
import { named, say } from '../language'
import { numberText } from '../measured'
import '../messages/rivers'
import type { Times } from '../model'
import { detailWith, keptOf } from '../parts'
import { chainageText, fetchRivers, layerOf, ROUTES, type River } from '../rivers'
import type { Store } from '../store'
import { PanelElement } from './panel_element'

/** The river that was looked at last: another part of the panel goes on with it. */
const lastOf = new WeakMap<Store, string>()

/** A part of the panel of the rivers: it has a river, what it keeps in the link, and says why reading failed. */
export abstract class RiverPart extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    rivers: { state: true },
    problem: { state: true },
  }
  /** The longest first; null: not read yet. */
  declare rivers: readonly River[] | null
  declare problem: string | null
  /** As it stands in the link. */
  protected abstract readonly partId: string
  protected abort = new AbortController()
  #listing = new AbortController()
  #listed = ''
  #read_of = ''

  constructor() {
    super()
    this.rivers = null
    this.problem = null
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.abort.abort()
    this.#listing.abort()
    this.#listed = ''
    this.#read_of = ''
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed)
    void this.#list()
    const { river } = this
    const { datetime, asof } = this.times
    const key = river ? JSON.stringify([river.id, datetime, asof, this.wanted]) : ''
    if (!river || key === this.#read_of) return
    this.#read_of = key
    this.abort.abort()
    this.abort = new AbortController()
    lastOf.set(this.workbench.store, river.id)
    void this.guarded((signal) => this.read(river, signal))
  }

  /** Reads what the part shows of a river. */
  protected abstract read(river: River, signal: AbortSignal): Promise<void>

  /** What else than the river and the clocks decides what is read. */
  protected get wanted(): string {
    return ''
  }

  /** Lets everything be read once more. */
  protected again(): void {
    this.#read_of = ''
    this.requestUpdate()
  }

  /** As of when the rivers are read: the clocks of the page. */
  protected get times(): Times {
    const { datetime, asof } = this.state
    return { datetime, asof }
  }

  protected get river(): River | null {
    const { rivers } = this
    const id = this.kept.get('river') ?? lastOf.get(this.workbench.store)
    return rivers?.find((each) => each.id === id) ?? rivers?.[0] ?? null
  }

  protected get kept(): URLSearchParams {
    return keptOf(this.partId, this.state.detail)
  }

  /** Keeps these beside what is kept already; null and empty ones are dropped. */
  protected ask(change: Readonly<Record<string, string | null>>): void {
    const river = this.river?.id ?? null
    const kept = { river, ...Object.fromEntries(this.kept), ...change }
    this.workbench.store.update({ detail: detailWith(this.partId, kept) })
  }

  /** Goes to another part of the panel, on the same river. */
  protected turn(part: string, kept: Readonly<Record<string, string | null>>): void {
    this.workbench.store.update({ detail: detailWith(part, { river: this.river?.id ?? null, ...kept }) })
  }

  protected async guarded(work: (signal: AbortSignal) => Promise<void>, { signal } = this.abort): Promise<void> {
    try {
      this.problem = null
      await work(signal)
    } catch (cause) {
      if (signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    }
  }

  /** Which river, with the stamp where it is generated. */
  protected choice() {
    const { river, rivers } = this
    if (!rivers) return this.problem ? this.trouble() : html`<p class="how" role="status">${say('reading')}</p>`
    if (!river) return html`<p class="how" role="status">${say('riverNone')}</p>`
    const span = {
      from: chainageText(river.from_m),
      to: chainageText(river.to_m),
      length: numberText(Math.abs(river.to_m - river.from_m) / 1000),
    }
    return html`<label for="river">${say('river')}</label>
      <select id="river" @change=${(event: Event) => this.chosen((event.target as HTMLSelectElement).value)}>
        ${rivers.map(({ id, name }) => html`<option value=${id} ?selected=${id === river.id}>${name}</option>`)}
      </select>
      <p class="synthetic">
        ${river.synthetic ? html`<span class="seal">${say('synthetic')}</span>` : nothing}
        <span>${say('riverSpan', span)}${river.flowsInto ? `${say('comma')}${say('riverInto', { name: river.flowsInto })}` : ''}</span>
      </p>`
  }

  protected trouble() {
    return this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing
  }

  /** Another river: what was kept of the former one is dropped. */
  protected chosen(river: string): void {
    this.workbench.store.update({ detail: detailWith(this.partId, { river }) })
  }

  /** The title of a layer, for what is said of it. */
  protected titleOf(layer: string): string {
    const found = layerOf(this.workbench.config, layer)
    return found ? named(found.title) : layer
  }

  async #list(): Promise<void> {
    const { datetime, asof } = this.times
    const key = JSON.stringify([datetime, asof])
    if (key === this.#listed) return
    this.#listed = key
    this.#listing.abort()
    this.#listing = new AbortController()
    if (!layerOf(this.workbench.config, ROUTES)) {
      this.rivers = []
      return
    }
    await this.guarded(async (signal) => {
      this.rivers = await fetchRivers({ datetime, asof }, signal)
    }, this.#listing)
  }
}

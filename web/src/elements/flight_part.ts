import { css, html, nothing } from 'lit'
import { typed } from '../clock'
import { begun } from '../comparison'
import { handOver } from '../download'
import { fetchFlights, fileOf, IMAGES, reckon, reckoned, shared, type Flight, type Question, type Strip, type Volumes } from '../flights'
import { say } from '../language'
import type { Message } from '../messages'
import '../messages/flights'
import '../messages/rivers'
import type { ImageStyle, Times } from '../model'
import { chainageOf, chainageText, layerOf, locate, placeOf, ROUTES, type River } from '../rivers'
import { partStyle } from './part_style'
import { RiverPart } from './river_part'
import { theme } from './theme'
import './volume_chart'
import './volume_form'
import type { Written } from './volume_form'

const STYLES: readonly (readonly [ImageStyle, Message])[] = [
  ['picture', 'flightPicture'],
  ['heights', 'flightHeights'],
  ['hillshade', 'flightRelief'],
]
/** A stretch that is proposed ends at full ones of these. */
const ROUND_M = 100

/** 航飞对比: two flights under a divider, and what lies between their surfaces by chainage. */
export class FlightPart extends RiverPart {
  static override properties = {
    ...RiverPart.properties,
    flights: { state: true },
    proposed: { state: true },
    volumes: { state: true },
    percent: { state: true },
  }
  declare flights: readonly Flight[] | null
  /** The stretch of the river that both flights cover. */
  declare proposed: readonly [string, string] | null
  declare volumes: Volumes | null
  /** How far a job is; null: none runs. */
  declare percent: number | null
  protected readonly partId = 'flights'
  #job = new AbortController()

  constructor() {
    super()
    this.flights = null
    this.proposed = null
    this.volumes = null
    this.percent = null
  }

  static override styles = [
    theme,
    partStyle,
    css`
      .progress {
        display: flex;
        gap: 10px;
        align-items: center;
        margin-top: 10px;
        font-size: 13px;
      }
      progress {
        flex: 1;
        min-width: 60px;
        accent-color: var(--accent);
      }
    `,
  ]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#job.abort()
  }

  protected override get wanted(): string {
    const { kept } = this
    return `${kept.get('older') ?? ''} ${kept.get('newer') ?? ''}`
  }

  protected override async read(river: River, signal: AbortSignal): Promise<void> {
    Object.assign(this, { flights: null, proposed: null, volumes: null })
    this.flights = layerOf(this.workbench.config, IMAGES) ? await fetchFlights(river, signal) : []
    const { older, newer } = this.#pair
    const box = older && newer ? shared(older.bounds, newer.bounds) : null
    if (box) this.proposed = await this.#covered(river, box, signal)
    const job = this.kept.get('job')
    if (job) this.volumes = await reckoned(job, signal)
  }

  override render() {
    const { river, flights } = this
    return html`
      ${this.choice()} ${river ? this.trouble() : nothing}
      ${river && !flights && !this.problem ? html`<p class="how" role="status">${say('reading')}</p>` : nothing}
      ${river && flights ? this.#body(river, flights) : nothing}
    `
  }

  #body(river: River, flights: readonly Flight[]) {
    const { older, newer } = this.#pair
    if (!flights.length) return html`<p class="how" role="status">${say('flightNone')}</p>`
    if (!older || !newer) return html`<p class="how" role="status">${say('flightOne')}</p>`
    const synthetic = older.synthetic || newer.synthetic
    return html`
      <p class="how">${say('flightHow')}</p>
      ${this.#choose('older', 'flightOlder', flights, older)} ${this.#choose('newer', 'flightNewer', flights, newer)}
      ${synthetic ? html`<p class="synthetic"><span class="seal">${say('synthetic')}</span></p>` : nothing}
      ${shared(older.bounds, newer.bounds) ? nothing : html`<p class="warn" role="status">${say('flightApart')}</p>`}
      ${this.#swipe(older, newer)} ${this.#reckoning(river, older, newer)}
    `
  }

  #choose(name: 'older' | 'newer', title: Message, flights: readonly Flight[], chosen: Flight) {
    return html`<label for=${name}>${say(title)}</label>
      <select id=${name} @change=${(event: Event) => this.ask({ [name]: (event.target as HTMLSelectElement).value, job: null })}>
        ${flights.map((each) => html`<option value=${each.id} ?selected=${each === chosen}>${titleOf(each)}</option>`)}
      </select>`
  }

  #swipe(older: Flight, newer: Flight) {
    const { compare, images } = this.state
    const swiping = compare?.mode === 'swipe' && compare.datetime === older.day && this.state.datetime === newer.day
    if (!this.workbench.stage) return nothing
    if (!older.day || !newer.day || older.day >= newer.day) return html`<p class="warn">${say('flightNoSwipe')}</p>`
    return html`
      <label for="style">${say('flightShown')}</label>
      <select id="style" @change=${(event: Event) => this.workbench.store.update({ images: (event.target as HTMLSelectElement).value as ImageStyle })}>
        ${STYLES.map(([style, title]) => html`<option value=${style} ?selected=${style === images}>${say(title)}</option>`)}
      </select>
      <div class="actions">
        <button class=${swiping ? '' : 'primary'} @click=${() => this.#begin(older, newer, swiping)}>${say(swiping ? 'flightEnd' : 'flightSwipe')}</button>
      </div>
      ${swiping ? html`<p class="small" role="status">${say('flightSwiping', { older: titleOf(older), newer: titleOf(newer) })}</p>` : nothing}
    `
  }

  #reckoning(river: River, older: Flight, newer: Flight) {
    if (!older.surfaces.length || !newer.surfaces.length) return html`<h3>${say('volumeTitle')}</h3><p class="small">${say('volumeNoSurface')}</p>`
    const { percent, volumes } = this
    return html`
      <h3>${say('volumeTitle')}</h3>
      <volume-form
        .route=${river.id}
        .older=${older}
        .newer=${newer}
        .written=${this.#written(river)}
        .busy=${percent !== null}
        @ask=${(event: CustomEvent<Question>) => void this.#reckon(event.detail)}
      ></volume-form>
      ${
        percent === null
          ? nothing
          : html`<div class="progress">
              <progress max="100" value=${percent} aria-label=${say('volumeRunning', { percent })}></progress>
              <span role="status">${say('volumeRunning', { percent })}</span>
              <button @click=${() => this.#cancel()}>${say('volumeCancel')}</button>
            </div>`
      }
      ${
        volumes
          ? html`<volume-chart .volumes=${volumes} @strip=${(event: CustomEvent<Strip>) => void this.#show(river, event.detail)}></volume-chart>
              <div class="actions">
                <button @click=${() => handOver(fileOf(volumes, say('volumeWhole')), `volumes-${river.id}.csv`)}>CSV</button>
              </div>`
          : nothing
      }
    `
  }

  #written(river: River): Written {
    const { kept } = this
    const [from, to] = this.proposed ?? [chainageText(river.from_m), chainageText(river.to_m)]
    return {
      from: kept.get('from') ?? from,
      to: kept.get('to') ?? to,
      step: kept.get('step') ?? '100',
      left: kept.get('left') ?? '100',
      right: kept.get('right') ?? '100',
      least: kept.get('least') ?? '0',
      sigma: kept.get('sigma') ?? '',
    }
  }

  /** A flight may be older than the centre line on file: the river is that of today. */
  protected override get times(): Times {
    return { datetime: null, asof: this.state.asof }
  }

  /** What the link names, else the newest two that have a day. */
  get #pair(): { readonly older: Flight | undefined; readonly newer: Flight | undefined } {
    const flights = this.flights ?? []
    const named = (name: string) => flights.find(({ id }) => id === this.kept.get(name))
    const newer = named('newer') ?? flights[0]
    const days = flights.filter((each) => each !== newer && (each.day ?? '') < (newer?.day ?? ''))
    const older = named('older') ?? days[0] ?? flights.find((each) => each !== newer)
    return { older, newer }
  }

  #begin(older: Flight, newer: Flight, ending: boolean): void {
    const { store, stage } = this.workbench
    if (ending) return store.update({ compare: null, datetime: null })
    const box = shared(older.bounds, newer.bounds) ?? newer.bounds
    const visible = [IMAGES, ROUTES].filter((each) => layerOf(this.workbench.config, each))
    store.update({ datetime: newer.day, visible, compare: { ...begun(this.state), datetime: older.day } })
    // Once the other map lies beside this one: making room for it would end the way there.
    stage?.map.once('idle', () => stage.reveal(box))
  }

  /** The first and last full hundred metres of the river within a box; null where it does not pass there. */
  async #covered(river: River, [west, south, east, north]: readonly number[], signal: AbortSignal): Promise<readonly [string, string] | null> {
    const inside = river.line.filter(([x = NaN, y = NaN]) => x > (west ?? NaN) && x < (east ?? NaN) && y > (south ?? NaN) && y < (north ?? NaN))
    const ends = [inside[0], inside.at(-1)]
    const found = await Promise.all(
      ends.map((each) => (each ? locate(river, [each[0] ?? 0, each[1] ?? 0], this.times, signal) : null)),
    )
    const [first, last] = found.map((each) => (each?.chainage ? each.chainage_m : null))
    if (first === null || first === undefined || last === null || last === undefined) return null
    const [low, high] = [Math.ceil(Math.min(first, last) / ROUND_M) * ROUND_M, Math.floor(Math.max(first, last) / ROUND_M) * ROUND_M]
    return low < high ? [chainageText(low), chainageText(high)] : null
  }

  async #reckon(question: Question): Promise<void> {
    this.#job.abort()
    this.#job = new AbortController()
    const { older, newer } = this.#pair
    this.percent = 0
    this.volumes = null
    await this.guarded(async (signal) => {
      const { job, value } = await reckon(question, this.times, signal, ({ progress }) => {
        this.percent = Math.round(progress)
      })
      this.volumes = value
      const { from, to, step_m, left_m, right_m, least_change_m, sigma_m } = question
      const numbers = { step: step_m, left: left_m, right: right_m, least: least_change_m, sigma: sigma_m }
      const written = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, value === undefined ? null : String(value)]))
      this.ask({ older: older?.id ?? null, newer: newer?.id ?? null, from, to, ...written, job })
    }, this.#job)
    this.percent = null
  }

  #cancel(): void {
    this.#job.abort()
    this.percent = null
  }

  async #show(river: River, { from, to }: Strip): Promise<void> {
    const [begin, end] = [chainageOf(from), chainageOf(to)]
    if (begin === null || end === null) return
    await this.guarded(async (signal) => {
      const places = await Promise.all([begin, end].map((each) => placeOf(river, each, this.times, signal)))
      const [a, b] = places
      if (a && b) this.workbench.stage?.reveal([Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1])])
    })
  }
}

function titleOf({ title, day }: Flight): string {
  return `${title} · ${day ? typed(day) : say('flightUndated')}`
}

customElements.define('flight-part', FlightPart)

import { css, html, nothing, type PropertyValues } from 'lit'
import { readable } from '../clock'
import { extentOf } from '../extent'
import { stageOf } from '../gauges'
import { named, say } from '../language'
import { ageText, numberText } from '../measured'
import type { Message } from '../messages'
import '../messages/river_strip'
import '../messages/rivers'
import type { FeatureRef, Position4490 } from '../model'
import { markOf, RIVERSIDE } from '../river_overlay'
import { clamped, LEVELS_MOST, reachedOf, readAlong, same, within, type Along, type Stretch } from '../river_strip'
import { chainageOf, chainageText, codeName, isCamera, layerOf, locate, placeOf, STATIONS, type Bank, type Located, type River, type Thing } from '../rivers'
import type { Pixel } from '../stage'
import { markName } from '../thresholds'
import { partStyle } from './part_style'
import { RiverPart } from './river_part'
import { isMark } from './strip_picture'
import './strip_plot'
import { theme } from './theme'

const LISTED_MOST = 60
/** What is gone to by its chainage is shown in the middle of so much river. */
const AROUND_M = 2500
const BANKS: Readonly<Record<Bank | 'centre', Message>> = {
  left: 'bankLeft',
  right: 'bankRight',
  both: 'bankBoth',
  channel: 'bankChannel',
  centre: 'bankCentre',
}

/** 河道条带: a river from source to mouth, tied to the map both ways. */
export class StripPart extends RiverPart {
  static override properties = {
    ...RiverPart.properties,
    along: { state: true },
    lit: { state: true },
    picking: { state: true },
    located: { state: true },
    wrong: { state: true },
  }
  declare along: Along | null
  /** Pointed at in the strip. */
  declare lit: Thing | null
  /** Clicks on the map give their chainage. */
  declare picking: boolean
  declare located: Located | null
  declare wrong: string | null
  protected readonly partId = 'strip'
  #laid = ''

  constructor() {
    super()
    this.along = null
    this.lit = null
    this.picking = false
    this.located = null
    this.wrong = null
  }

  static override styles = [
    theme,
    partStyle,
    css`
      .go {
        display: flex;
        gap: 8px;
        align-items: end;
        margin-top: 10px;
      }
      .go > div {
        flex: 1;
        min-width: 0;
      }
      .go label {
        margin-top: 0;
      }
      .chosen {
        margin-top: 8px;
        border-left: 3px solid var(--seal);
        padding-left: 10px;
        font-size: 13px;
      }
      .chosen .actions {
        margin-top: 4px;
      }
      .chosen button {
        padding: 1px 8px;
        font-size: 13px;
      }
      ul {
        max-height: 260px;
        overflow: auto;
      }
      .row > button {
        padding: 4px 2px;
        font-size: 13px;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    this.workbench.stage?.offer({ near: (...at) => this.#near(...at), inside: () => undefined })
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#pick(false)
    this.#laid = ''
    this.workbench.stage?.offer(null)
    this.workbench.stage?.lay(RIVERSIDE, [])
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed)
    this.#lay()
  }

  protected override async read(river: River, signal: AbortSignal): Promise<void> {
    this.along = null
    this.along = await readAlong(river, this.workbench.config, this.times, signal)
  }

  override render() {
    const { river, along } = this
    return html`
      ${this.choice()} ${river && this.rivers ? this.trouble() : nothing}
      ${river && !along && !this.problem ? html`<p class="how" role="status">${say('reading')}</p>` : nothing}
      ${river && along ? this.#strip(river, along) : nothing}
    `
  }

  #strip(river: River, along: Along) {
    const stretch = this.#stretch(river)
    const seen = along.things.filter((each) => isMark(each) && within(each, stretch))
    const cameras = this.workbench.config.layers.some(({ id }) => isCamera(id))
    return html`
      <p class="how">${say('stripHow')}</p>
      <strip-plot
        .river=${river}
        .along=${along}
        .stretch=${stretch}
        .chosen=${this.#chosen}
        .picked_m=${this.located?.chainage ? this.located.chainage_m : null}
        .cameras=${cameras}
        .words=${(thing: Thing) => this.#words(thing)}
        @stretch=${(event: CustomEvent<Stretch>) => this.#look(event.detail)}
        @light=${(event: CustomEvent<Thing | null>) => {
          this.lit = event.detail
        }}
        @choose=${(event: CustomEvent<Thing>) => this.#choose(event.detail)}
      ></strip-plot>
      ${this.#chosenThing()} ${this.#tools()} ${this.#notes(along, cameras)}
      <h3>${say('stripList')}</h3>
      <p class="small" role="status">
        ${seen.length ? say('stripCount', { count: seen.length, from: chainageText(stretch.from_m), to: chainageText(stretch.to_m) }) : say('stripNothing')}
      </p>
      <ul tabindex="0" aria-label=${say('stripList')}>
        ${seen.slice(0, LISTED_MOST).map((each) => this.#row(each))}
      </ul>
      ${seen.length > LISTED_MOST ? html`<p class="small">${say('riverCut', { count: LISTED_MOST })}</p>` : nothing}
    `
  }

  #row(thing: Thing) {
    return html`<li class="row">
      <button aria-pressed=${same(thing, this.#chosen)} @click=${() => this.#choose(thing)}>
        <span class="what"><span>${thing.name}</span><span>${chainageText(thing.chainage_m)}</span><small>${this.#about(thing)}</small></span>
      </button>
    </li>`
  }

  #chosenThing() {
    const thing = this.along?.things.find((each) => same(each, this.#chosen))
    if (!thing) return nothing
    return html`<div class="chosen">
      <p><b>${thing.name}</b> ${thing.synthetic ? html`<span class="seal">${say('synthetic')}</span>` : nothing}</p>
      <p>${chainageText(thing.chainage_m, 1)}${say('comma')}${this.#about(thing)}</p>
      <div class="actions">
        <button @click=${() => this.#show(thing)}>${say('riverShow')}</button>
        <button @click=${() => this.workbench.visit({ layer: thing.layer, fid: thing.fid })}>${say('riverCard')}</button>
        ${thing.layer === STATIONS ? html`<button @click=${() => this.turn('gauges', { station: thing.fid })}>${say('riverGauge')}</button>` : nothing}
        ${thing.layer === 'river-works' ? html`<button @click=${() => this.turn('works', { subject: thing.fid })}>${say('riverWork')}</button>` : nothing}
      </div>
    </div>`
  }

  #tools() {
    return html`<form class="go" @submit=${(event: SubmitEvent) => this.#go(event)}>
        <div>
          <label for="to">${say('stripGo')}</label>
          <input id="to" name="to" type="text" autocomplete="off" placeholder="K12+345" aria-invalid=${this.wrong !== null} aria-describedby="wrong" />
        </div>
        <button>${say('riverShow')}</button>
        ${
          this.workbench.stage
            ? html`<button type="button" aria-pressed=${this.picking} @click=${() => this.#pick(!this.picking)}>${say('stripPick')}</button>`
            : nothing
        }
      </form>
      <p id="wrong" class=${this.wrong ? 'bad' : ''} role=${this.wrong ? 'alert' : nothing}>${this.wrong ?? ''}</p>
      <p class="small" role="status">${this.located ? this.#locatedWords(this.located) : this.picking ? say('stripPicking') : ''}</p>`
  }

  #locatedWords({ chainage, chainage_m, offset_m, bank, beyond, beyond_m, end_chainage }: Located): string {
    if (chainage) {
      const told = { chainage: chainageText(chainage_m, 1), bank: say(BANKS[bank]), offset: numberText(Math.abs(offset_m)) }
      return say('stripPicked', told)
    }
    const told = { end: end_chainage ?? '', metres: numberText(beyond_m ?? 0) }
    return say(beyond === 'beginning' ? 'stripBeyondBegin' : 'stripBeyondEnd', told)
  }

  #notes({ unread, more, things }: Along, cameras: boolean) {
    const stations = things.filter(({ layer }) => layer === STATIONS).length
    return html`
      ${unread.map(({ layer, why }) => html`<p class="warn">${say('riverUnread', { what: this.titleOf(layer), why })}</p>`)}
      ${more ? html`<p class="warn">${say('riverCut', { count: things.length })}</p>` : nothing}
      ${stations > LEVELS_MOST ? html`<p class="warn">${say('stripLevelsCut', { count: LEVELS_MOST })}</p>` : nothing}
      ${cameras ? nothing : html`<p class="small">${say('stripNoCameras')}</p>`}
    `
  }

  /** Class, bank, and of a station its newest stage with its age. */
  #about(thing: Thing): string {
    const layer = layerOf(this.workbench.config, thing.layer)
    const kind = codeName(layer, 'kind', thing.kind)
    const what = isCamera(thing.layer) ? say('stripCamera') : kind ? named(kind) : thing.kind
    const words = [what, say(BANKS[thing.bank])]
    if (thing.layer === STATIONS) words.push(this.#stage(thing))
    return words.filter(Boolean).join(' · ')
  }

  #stage({ fid }: Thing): string {
    const gauge = this.along?.gauges.get(fid)
    const stage = stageOf(gauge)
    if (!stage || stage.value === null) return say('stripNoLevel')
    const reached = reachedOf(gauge)
    const value = say('stripLevel', { value: `${numberText(stage.value)} m(${ageText(stage.time, Date.now())},${readable(stage.time)})` })
    return reached ? `${value} · ${say('stripReached', { mark: markName(reached) })}` : value
  }

  #words(thing: Thing): string {
    return `${chainageText(thing.chainage_m)} ${thing.name} · ${this.#about(thing)}`
  }

  get #chosen(): FeatureRef | null {
    const { selected } = this.state
    if (selected && this.along?.things.some((each) => same(each, selected))) return selected
    const [layer, fid] = (this.kept.get('at') ?? '').split('/')
    return layer && fid ? { layer, fid } : null
  }

  #stretch(river: River): Stretch {
    const [from, to] = [this.kept.get('from'), this.kept.get('to')].map((each) => (each === null ? NaN : Number(each)))
    const whole = { from_m: river.from_m, to_m: river.to_m }
    if (from === undefined || to === undefined || Number.isNaN(from) || Number.isNaN(to) || from === to) return whole
    return clamped({ from_m: from, to_m: to }, river)
  }

  #look({ from_m, to_m }: Stretch): void {
    this.ask({ from: String(Math.round(from_m)), to: String(Math.round(to_m)) })
  }

  #choose(thing: Thing): void {
    this.ask({ at: `${thing.layer}/${thing.fid}` })
    this.#show(thing)
  }

  #show({ geometry }: Thing): void {
    const extent = extentOf(geometry)
    if (extent) this.workbench.stage?.reveal(extent)
  }

  #go(event: SubmitEvent): void {
    event.preventDefault()
    const { river } = this
    const written = String(new FormData(event.target as HTMLFormElement).get('to') ?? '')
    const chainage_m = chainageOf(written)
    if (!river) return
    if (chainage_m === null) return void (this.wrong = say('stripGoForm'))
    if ((chainage_m - river.from_m) * (chainage_m - river.to_m) > 0) {
      const ends = { from: chainageText(river.from_m), to: chainageText(river.to_m) }
      return void (this.wrong = say('stripGoBeyond', ends))
    }
    this.wrong = null
    const sign = river.to_m > river.from_m ? 1 : -1
    this.#look(clamped({ from_m: chainage_m - sign * AROUND_M, to_m: chainage_m + sign * AROUND_M }, river))
    void this.guarded(async (signal) => {
      const place = await placeOf(river, chainage_m, this.times, signal)
      this.located = { chainage: written, chainage_m, offset_m: 0, bank: 'centre' }
      if (place) this.workbench.stage?.reveal([place[0], place[1], place[0], place[1]])
    })
  }

  #pick(on: boolean): void {
    if (on === this.picking) return
    this.picking = on
    this.workbench.stage?.take(on ? (position) => void this.#locate(position) : null)
    if (on) this.workbench.stage?.focus()
  }

  async #locate(position: Position4490): Promise<void> {
    const { river } = this
    this.#pick(false)
    if (!river) return
    await this.guarded(async (signal) => {
      this.located = await locate(river, position, this.times, signal)
    })
  }

  #lay(): void {
    const { river, along, lit } = this
    const chosen = this.#chosen
    const key = JSON.stringify([river?.id, lit?.fid, chosen, along?.things.length])
    if (!river || !along || key === this.#laid) return
    this.#laid = key
    const line = { geometry: { type: 'LineString' as const, coordinates: [...river.line] }, name: river.name }
    const marks = along.things.filter(isMark)
    const bright = marks.filter((each) => same(each, lit) || same(each, chosen))
    this.workbench.stage?.lay(RIVERSIDE, [
      ...markOf(line, false),
      ...marks.filter((each) => !bright.includes(each)).flatMap((each) => markOf(each, false)),
      ...bright.flatMap((each) => markOf(each, true)),
    ])
  }

  /** Whether a mark is within this reach; `choose` makes it the chosen one. */
  #near([x, y]: Pixel, reach_px: number, choose: boolean): boolean {
    const { stage } = this.workbench
    const found = this.along?.things.find(({ layer, geometry }) => {
      if (!stage || geometry?.type !== 'Point' || layer === 'river-sections') return false
      const [left, top] = stage.pixel([geometry.coordinates[0] ?? 0, geometry.coordinates[1] ?? 0])
      return Math.hypot(left - x, top - y) <= reach_px
    })
    if (found && choose) this.ask({ at: `${found.layer}/${found.fid}` })
    return found !== undefined
  }
}

customElements.define('strip-part', StripPart)

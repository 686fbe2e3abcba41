import type { Feature } from 'geojson'
import { css, html, nothing } from 'lit'
import { askedOf, circle, goes, isCoarse, read, show, type Answer, type Candidate } from '../addresses'
import { ServerProblem } from '../config'
import { extentOf } from '../extent'
import { say } from '../language'
import '../messages/address'
import type { Bounds4490, Position4490, Times } from '../model'
import type { Workbench } from '../workbench'
import './address_answer'
import './address_card'
import { equipped, PanelElement } from './panel_element'
import { theme } from './theme'

/** A view so wide is of the whole city: a link without one of its own. */
const WIDE_DEG = 0.4

/** 地址: what a written address means, and the card of the place. */
export class AddressPanel extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    answer: { state: true },
    problem: { state: true },
  }
  declare answer: Answer | null
  declare problem: ServerProblem | null
  /** What was read last. */
  #text = ''
  #abort = new AbortController()
  /** What is marked on the map. */
  #marked = ''
  /** Nothing has been shown yet since the panel was opened. */
  #first = true
  /** The selected feature whose card was opened last, as `layer/fid`. */
  #picked = ''

  constructor() {
    super()
    this.answer = null
    this.problem = null
  }

  static override styles = [
    theme,
    css`
      :host {
        display: block;
      }
      .none {
        padding: 14px 16px;
        color: var(--ink-2);
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    // What a link shows goes before what it has selected.
    const { selected, detail } = this.state
    if (selected && detail) this.#picked = `${selected.layer}/${selected.fid}`
  }

  override willUpdate(): void {
    const { text } = askedOf(this.state)
    if (text !== this.#text) void this.#read(text)
  }

  override updated(): void {
    const shown = this.#shown
    if (this.#marked && this.#marked !== this.#chosen) this.#unmark()
    if (shown && this.answer) this.#mark(shown, this.answer)
    this.#follow()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
    this.#text = ''
    this.workbench.stage?.sketch([])
  }

  override render() {
    const { id, text } = askedOf(this.state)
    return html`
      ${!id && !text ? html`<p class="none">${say('addressHow')}</p>` : nothing}
      ${this.problem ? html`<p class="none" role="alert">${this.problem.words}</p>` : nothing}
      ${text && !this.answer && !this.problem ? html`<p class="none" role="status">${say('reading')}</p>` : nothing}
      ${
        this.answer
          ? html`<address-answer
              .config=${this.workbench.config}
              .text=${text}
              .answer=${this.answer}
              .chosen=${this.#chosen}
              @choose=${(event: CustomEvent<string>) => show(this.workbench.store, { id: event.detail, text })}
            ></address-answer>`
          : nothing
      }
      ${
        this.#chosen
          ? html`<address-card
              .config=${this.workbench.config}
              .component=${this.#chosen}
              .times=${this.state}
              @choose=${(event: CustomEvent<string>) => show(this.workbench.store, { id: event.detail, text })}
              @times=${(event: CustomEvent<Times>) => this.workbench.store.update(event.detail)}
              @located=${(event: CustomEvent<Feature>) => this.#locate(event.detail)}
            ></address-card>`
          : nothing
      }
    `
  }

  /** A feature of the register picked on the map opens the card of its component. */
  #follow(): void {
    const { shown } = this.workbench.selection
    const component: unknown = shown?.feature?.properties?.component_id
    const picked = shown ? `${shown.layer.id}/${shown.fid}` : ''
    if (typeof component !== 'string' || picked === this.#picked) return
    this.#picked = picked
    this.workbench.store.update({ detail: component })
  }

  /** Id of the place that is shown: the one that was chosen, else the likeliest. */
  get #chosen(): string | null {
    return askedOf(this.state).id ?? this.answer?.candidates[0]?.properties.id ?? null
  }

  get #shown(): Candidate | undefined {
    return this.answer?.candidates.find(({ properties: { id } }) => id === this.#chosen)
  }

  async #read(text: string): Promise<void> {
    this.#abort.abort()
    const abort = (this.#abort = new AbortController())
    this.#text = text
    this.answer = null
    this.problem = null
    this.#unmark()
    if (!text) return
    try {
      const answer = await read(text, abort.signal)
      if (!abort.signal.aborted) this.answer = answer
    } catch (cause) {
      if (abort.signal.aborted) return
      this.problem =
        cause instanceof ServerProblem ? cause : new ServerProblem(0, '读取失败。', String(cause))
    }
  }

  /** The point, and how far around it the place may be where the point is of something larger. */
  #mark(shown: Candidate, answer: Answer): void {
    const { geometry } = shown
    const { id, accuracy_m } = shown.properties
    if (this.#marked === id) return
    const [lon, lat] = geometry?.coordinates ?? []
    if (lon === undefined || lat === undefined) return this.#unmark()
    this.#draw(id, [lon, lat], isCoarse(shown, answer) ? accuracy_m : null)
  }

  #draw(id: string, [lon, lat]: Position4490, radius_m: number | null): void {
    const { stage } = this.workbench
    this.#marked = id
    stage?.sketch([
      ...(radius_m ? [circle([lon, lat], radius_m)] : []),
      { type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: [lon, lat] } },
    ])
    const reach_deg = (radius_m ?? 0) / 90_000
    this.#reveal([lon - reach_deg, lat - reach_deg, lon + reach_deg, lat + reach_deg])
  }

  /** Where the register has what no text was read for: its entrance, outline or line. */
  #locate(place: Feature): void {
    const [id, extent] = [this.#chosen ?? '', extentOf(place.geometry)]
    if (this.#shown || !extent) return
    const again = this.#marked === id
    this.#marked = id
    this.workbench.stage?.sketch([place])
    if (!again) this.#reveal(extent)
  }

  /** Goes there where somebody has just asked for it, it is out of view, or a link says nothing of where to look. */
  #reveal(extent: Bounds4490): void {
    const { stage } = this.workbench
    const [west, south, east, north] = stage?.view() ?? extent
    const [lon, lat] = [(extent[0] + extent[2]) / 2, (extent[1] + extent[3]) / 2]
    const outside = lon < west || lon > east || lat < south || lat > north
    const wide = this.#first && east - west > WIDE_DEG
    this.#first = false
    if (goes() || outside || wide) stage?.reveal(extent)
  }

  #unmark(): void {
    this.#marked = ''
    this.workbench.stage?.sketch([])
  }
}

export const open = (workbench: Workbench) => equipped<AddressPanel>('address-panel', workbench)

customElements.define('address-panel', AddressPanel)

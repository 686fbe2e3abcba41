import type { Feature, Point } from 'geojson'
import { css, html, nothing, type TemplateResult } from 'lit'
import { drawnPlace } from '../address'
import { gather, type Gathered } from '../address_card'
import { readable, typed } from '../clock'
import { ServerProblem } from '../config'
import { extentOf } from '../extent'
import { valueText } from '../format'
import { say } from '../language'
import '../messages/address'
import '../messages/card'
import type { Times } from '../model'
import { addressStyle } from './address_style'
import { PanelElement } from './panel_element'
import { theme } from './theme'
import './version_line'

const FEW = 40
/** As the register writes the source of what it derived itself. */
const OF_THE_REGISTER = 'register'

/** Everything that meets at a component of the register, at the map's times. Fires `choose` with another. */
export class AddressCard extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    component: { attribute: false },
    told: { state: true },
    problem: { state: true },
  }
  declare component: string
  declare told: Gathered | null
  declare problem: ServerProblem | null
  #asked = ''
  #revealed = ''
  #abort = new AbortController()

  constructor() {
    super()
    this.told = null
    this.problem = null
  }

  static override styles = [
    theme,
    addressStyle,
    css`
      .path ul {
        padding-left: 14px;
        border-left: 1px solid var(--rule-2);
      }
      .path li {
        padding: 0;
      }
      .below {
        display: flex;
        flex-wrap: wrap;
        gap: 0 12px;
      }
      .head {
        display: flex;
        gap: 12px;
        align-items: flex-start;
        justify-content: space-between;
      }
      img {
        flex: none;
        width: 96px;
        height: 96px;
        border: 1px solid var(--rule);
        border-radius: 6px;
        background: #fff;
      }
      .kind {
        color: var(--ink-3);
        font-size: 12px;
      }
    `,
  ]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
    this.#asked = ''
  }

  override updated(): void {
    const { datetime, asof } = this.state
    const wanted = [this.component, datetime, asof].join('|')
    if (this.#asked === wanted) return
    this.#asked = wanted
    void this.#read({ datetime, asof })
  }

  override render() {
    const { told, problem } = this
    if (problem) return html`<p class="bad" role="alert">${problem.words}</p>`
    if (!told) return html`<p class="about" role="status">${say('reading')}</p>`
    const { datetime } = this.state
    const time = datetime ? typed(datetime) : say('now')
    return html`
      <p class="when" role="status">${say('cardAt', { time })}</p>
      ${told.component ? this.#itself(told.component, told) : html`<p>${say('addressAbsent')}</p>`}
      ${this.#rows('addressNames', 'place-names', told.names, 'han', ['form', 'status', 'pinyin'])}
      ${this.#rows('addressCodes', 'address-codes', told.codes, 'code', ['scheme'])}
      ${this.#rows('addressAliases', 'address-aliases', told.aliases, 'text', ['kind', 'source'])}
      ${this.#lineage(told)}
      ${this.#rows('addressEvents', 'address-events', told.events, 'to_status', ['from_status', 'happened_at', 'actor_role', 'document_number'])}
      ${this.#rows('addressPlates', 'doorplates', told.plates, 'text', ['plate_number', 'kind', 'installed', 'condition'])}
      ${
        told.links
          ? this.#rows('addressLinks', 'object-links', told.links, 'kind', ['role', 'object_name', 'object_id', 'confidence'])
          : html`<h3>${say('addressLinks')}</h3><p class="about">${say('linksUnshared')}</p>`
      }
      ${
        told.versions.length
          ? html`<version-line
              .versions=${told.versions}
              .times=${this.state}
              @times=${(event: CustomEvent<Times>) => this.workbench.store.update(event.detail)}
            ></version-line>`
          : nothing
      }
    `
  }

  #itself(component: Feature, told: Gathered) {
    const { successor_id } = component.properties ?? {}
    const full = told.addresses[0]?.properties?.full_text as string | undefined
    const name = [...told.path, component].map((each) => String(each.properties?.name)).join('')
    return html`
      <div class="head">
        <p class="text" lang="zh-CN">${full ?? name}</p>
        ${told.code ? html`<img src=${told.code} alt=${say('plateCode')} title=${say('plateCode')} />` : nothing}
      </div>
      <p class="about">
        ${this.#value('components', 'element', component)} · ${this.#value('components', 'status', component)}
      </p>
      ${
        typeof successor_id === 'string' && successor_id
          ? html`<p>${say('succeededBy')}${say('colon')}${this.#link(successor_id, told)}</p>`
          : nothing
      }
      <h3>${say('addressPath')}</h3>
      <nav class="path" aria-label=${say('addressPath')}>${this.#tree([...told.path, component])}</nav>
      ${
        told.below.length
          ? html`<details>
              <summary>${say('addressBelow', { count: told.below.length })}</summary>
              <ul class="below">
                ${told.below.map((each) => html`<li>${this.#go(String(each.id), String(each.properties?.name))}</li>`)}
              </ul>
            </details>`
          : nothing
      }
      ${this.#rows('addressTexts', 'addresses', told.addresses, 'full_text', ['role', 'form', 'position_method', 'accuracy_m', 'status'])}
    `
  }

  #tree([first, ...rest]: readonly Feature[]): TemplateResult | typeof nothing {
    if (!first) return nothing
    const name = String(first.properties?.name)
    return html`<ul>
      <li>
        ${
          rest.length
            ? this.#go(String(first.id), name)
            : html`<strong lang="zh-CN" aria-current="location">${name}</strong>`
        }
        <span class="kind">${this.#value('components', 'element', first)}</span>
        ${this.#tree(rest)}
      </li>
    </ul>`
  }

  #lineage({ lineage, called }: Gathered) {
    if (!lineage.length) return nothing
    const end = (fid: unknown) =>
      typeof fid !== 'string' || fid === this.component
        ? nothing
        : this.#go(fid, called.get(fid) ?? fid)
    return html`<h3>${say('addressLineage')}</h3>
      <ul>
        ${lineage.map((each) => {
          const { from_id, to_id, document_number, remark } = each.properties ?? {}
          const facts = [document_number, remark, this.#since(each)].filter(Boolean).join(' · ')
          return html`<li>
            ${this.#value('address-lineage', 'kind', each)} ${end(from_id)}${from_id !== to_id ? ' → ' : ''}${end(to_id)}
            <p class="about" lang="zh-CN">${facts}</p>
          </li>`
        })}
      </ul>`
  }

  /** One line a feature: what it says, then what is told of it. */
  #rows(
    title: Parameters<typeof say>[0],
    layer: string,
    features: readonly Feature[],
    main: string,
    others: readonly string[],
  ) {
    if (!features.length) return nothing
    return html`<h3>${say(title)}</h3>
      <ul>
        ${features.slice(0, FEW).map((each) => {
          const facts = others.map((name) => this.#value(layer, name, each)).filter((value) => value !== '—')
          return html`<li>
            <span lang="zh-CN">${this.#value(layer, main, each)}</span>
            <p class="about">${[...facts, this.#since(each)].join(' · ')}</p>
          </li>`
        })}
      </ul>
      ${features.length > FEW ? html`<p class="about">${say('firstFew', { count: FEW })}</p>` : nothing}`
  }

  #value(layer: string, name: string, { properties }: Feature): string {
    const fields = this.workbench.config.layers.find(({ id }) => id === layer)?.fields ?? []
    const field = fields.find((each) => each.name === name)
    if (name === 'source' && properties?.[name] === OF_THE_REGISTER) return say('aliasOfRegister')
    return field ? valueText(field, properties?.[name]) : '—'
  }

  #since({ properties }: Feature): string {
    const from: unknown = properties?.valid_from
    const to: unknown = properties?.valid_to
    if (typeof from !== 'string') return ''
    return typeof to === 'string' ? `${readable(from)} — ${readable(to)}` : say('since', { time: readable(from) })
  }

  #link(fid: string, { called }: Gathered) {
    return this.#go(fid, called.get(fid) ?? fid)
  }

  #go(fid: string, name: string) {
    return html`<button
      class="link"
      lang="zh-CN"
      @click=${() => this.dispatchEvent(new CustomEvent('choose', { detail: fid }))}
    >
      ${name}
    </button>`
  }

  async #read(times: Times): Promise<void> {
    this.#abort.abort()
    const abort = (this.#abort = new AbortController())
    this.problem = null
    try {
      const told = await gather(this.component, this.workbench.config, times, abort.signal)
      if (abort.signal.aborted) return
      this.told = told
      this.#draw(told)
    } catch (cause) {
      if (abort.signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause
    }
  }

  /** Its outline, line or point; shown where it lies once, not at each turn of the clock. */
  #draw({ addresses, shape }: Gathered): void {
    const points = addresses
      .filter(({ geometry }) => geometry as Feature['geometry'] | null)
      .flatMap(({ geometry, properties }) => {
        const [lon = 0, lat = 0] = (geometry as Point).coordinates
        const accuracy: unknown = properties?.accuracy_m
        return drawnPlace([lon, lat], typeof accuracy === 'number' ? accuracy : null)
      })
    const drawn = [...(shape ? [shape] : []), ...points]
    this.workbench.stage?.sketch(drawn)
    const first = drawn[0]
    const box = first ? extentOf(first.geometry) : null
    if (!box || this.#revealed === this.component) return
    this.#revealed = this.component
    this.workbench.stage?.reveal(box)
  }
}

customElements.define('address-card', AddressCard)

import { html, nothing } from 'lit'
import { ServerProblem } from '../config'
import { whoAmI, type Me } from '../identity'
import { named, say } from '../language'
import '../messages/publication'
import { daysAfter, handled, publishable, today, type Publication, type Version } from '../publication'
import type { Workbench } from '../workbench'
import { by, byFields } from './publication_desk'
import { planStyle } from './plan_style'
import { equipped, PanelElement } from './panel_element'
import { theme } from './theme'

const LEAST_DAYS = 30
const VERSION = 'plan_version'
const PRECISIONS = { '': 'openFinest', coarse: 'openCoarse', counted: 'openCounted' } as const

/** 发布公示: which version, for how long, which layers, how precisely. Fires `published` with its number. */
export class PublicationOpen extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    me: { state: true },
    versions: { state: true },
    chosen: { state: true },
    working: { state: true },
    problem: { state: true },
    checked: { state: true },
  }
  declare me: Me | null
  declare versions: readonly Version[] | null
  /** Layers with their precisions; empty: what secrecy allows. */
  declare chosen: Readonly<Record<string, string>>
  declare working: boolean
  declare problem: string | null
  /** What would be published. */
  declare checked: Publication | null
  #abort = new AbortController()

  constructor() {
    super()
    this.me = null
    this.versions = null
    this.chosen = {}
    this.working = false
    this.problem = null
    this.checked = null
  }

  static override styles = [theme, planStyle]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#abort = new AbortController()
    void this.#guarded(async () => {
      const [me, versions] = await Promise.all([whoAmI(), publishable(this.#abort.signal)])
      Object.assign(this, { me, versions })
    })
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
  }

  override render() {
    const { versions } = this
    return html`<details class="box">
      <summary>${say('openHeading')}</summary>
      ${versions?.length === 0 ? html`<p class="small">${say('openNoVersion')}</p>` : nothing}
      ${versions?.length ? this.#form(versions) : nothing}
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
      <p class="small" role="status">${this.working ? say('deskWorking') : ''}</p>
      ${
        this.checked
          ? html`<p class="good">
              ${say('openChecked')}
              ${this.checked.layers.map((each) => `${this.#titleOf(each.layer)} ${named(each.precision)} ${each.features}`).join(';')}
            </p>
            ${[this.checked.to_be_checked, ...(this.checked.unverified ?? [])].map((each) => html`<p class="small">${each}</p>`)}`
          : nothing
      }
    </details>`
  }

  #form(versions: readonly Version[]) {
    const first = today()
    return html`<form
      novalidate
      @submit=${(event: SubmitEvent) => {
        event.preventDefault()
        void this.#publish(false)
      }}
    >
      <label for="version">${say('openVersion')}</label>
      <select id="version">
        ${versions.map(({ id }) => html`<option value=${id}>${id}</option>`)}
      </select>
      <label for="title">${say('openTitle')}</label>
      <input id="title" maxlength="120" />
      <label for="summary">${say('openSummary')}</label>
      <textarea id="summary" maxlength="4000"></textarea>
      <div class="pair">
        <div><label for="document">${say('openDocument')}</label><input id="document" maxlength="200" /></div>
        <div><label for="issued">${say('openIssued')}</label><input id="issued" type="date" .value=${first} /></div>
        <div><label for="from">${say('openFrom')}</label><input id="from" type="date" .value=${first} /></div>
        <div>
          <label for="until">${say('openUntil')}</label
          ><input id="until" type="date" .value=${daysAfter(first, LEAST_DAYS - 1)} />
        </div>
      </div>
      <fieldset>
        <legend class="small">${say('openLayers')}</legend>
        ${this.#layers.map(({ id, title }) => this.#layer(id, named(title)))}
      </fieldset>
      <label for="why">${say('openReason')}</label>
      <input id="why" maxlength="200" />
      ${this.me?.origin === 'local' ? byFields() : nothing}
      <div class="actions">
        <button type="button" aria-disabled=${this.working} @click=${() => void this.#publish(true)}>${say('openPreview')}</button>
        <button class="main" aria-disabled=${this.working}>${say('openDo')}</button>
      </div>
    </form>`
  }

  #layer(id: string, title: string) {
    const chosen = this.chosen[id]
    return html`<div class="pair">
      <label class="check">
        <input
          type="checkbox"
          .checked=${chosen !== undefined}
          @change=${(event: Event) => this.#choose(id, (event.target as HTMLInputElement).checked ? '' : undefined)}
        />
        ${title}
      </label>
      ${
        chosen === undefined
          ? html`<span></span>`
          : html`<select
              aria-label=${title}
              @change=${(event: Event) => this.#choose(id, (event.target as HTMLSelectElement).value)}
            >
              ${Object.entries(PRECISIONS).map(
                ([value, message]) => html`<option value=${value} ?selected=${value === chosen}>${say(message)}</option>`,
              )}
            </select>`
      }
    </div>`
  }

  /** Layers whose features belong to a version. */
  get #layers() {
    return this.workbench.config.layers.filter(
      ({ geometry, fields }) => geometry !== null && fields.some(({ name }) => name === VERSION),
    )
  }

  #titleOf(layer: string): string {
    const found = this.workbench.config.layers.find(({ id }) => id === layer)
    return found ? named(found.title) : layer
  }

  #choose(id: string, precision: string | undefined): void {
    const { [id]: _, ...others } = this.chosen
    this.chosen = precision === undefined ? others : { ...others, [id]: precision }
    this.checked = null
  }

  #value(id: string): string {
    return this.renderRoot.querySelector<HTMLInputElement>(`#${id}`)?.value.trim() ?? ''
  }

  async #publish(preview: boolean): Promise<void> {
    if (this.working) return
    const layers = Object.entries(this.chosen).map(([layer, precision]) => ({ layer, ...(precision ? { precision } : {}) }))
    if (!layers.length) {
      this.problem = say('openNoLayer')
      return
    }
    this.working = true
    this.checked = null
    await this.#guarded(async () => {
      const value = (id: string) => this.#value(id)
      const made = await handled(
        'publish-plan',
        {
          version: value('version'),
          title: value('title'),
          ...(value('summary') ? { summary: value('summary') } : {}),
          layers,
          day: value('from'),
          closes_on: value('until'),
          document_title: value('document'),
          issued_on: value('issued'),
          reason: value('why'),
          preview,
          ...by(this.me, value),
        },
        this.#abort.signal,
      )
      if (preview) this.checked = made
      else this.dispatchEvent(new CustomEvent('published', { detail: made.id }))
    })
    this.working = false
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    this.problem = null
    try {
      await work()
    } catch (cause) {
      if (this.#abort.signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    }
  }
}

export const open = (workbench: Workbench) => equipped<PublicationOpen>('publication-open', workbench)

customElements.define('publication-open', PublicationOpen)

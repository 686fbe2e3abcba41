import { html, nothing } from 'lit'
import { ServerProblem } from '../config'
import { named, say } from '../language'
import '../messages/publication'
import { daysLeft, publications, type Publication } from '../publication'
import { PanelElement } from './panel_element'
import { planStyle } from './plan_style'
import './publication_view'
import { theme } from './theme'

const SECTION = 'publication'

/** 公示: what is on show now and what was, and one of them. */
export class PublicationPanel extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    listed: { state: true },
    older: { state: true },
    handles: { state: true },
    problem: { state: true },
    desk: { state: true },
  }
  declare listed: readonly Publication[] | null
  /** Older ones are behind this number. */
  declare older: number | null
  /** Whoever looks handles publications. */
  declare handles: boolean
  declare problem: string | null
  /** The form by which a version is published, read when somebody handles publications. */
  declare desk: HTMLElement | null
  #abort = new AbortController()

  constructor() {
    super()
    this.listed = null
    this.older = null
    this.handles = false
    this.problem = null
    this.desk = null
  }

  static override styles = [theme, planStyle]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#abort = new AbortController()
    this.listed = null
    void this.#read(null)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
  }

  override render() {
    const id = this.#chosen
    if (id !== null) {
      return html`<button id="back" @click=${() => this.#choose(null)}>‹ ${say('pubBack')}</button>
        <publication-view
          .workbench=${this.workbench}
          .number=${id}
          .handles=${this.handles}
          @changed=${() => void this.#read(null)}
        ></publication-view>`
    }
    const { listed, problem } = this
    const of = (...standings: string[]) => (listed ?? []).filter(({ standing }) => standings.includes(standing.id))
    const open = of('open')
    return html`
      <p class="how">${say('pubHow')}</p>
      ${problem ? html`<p class="bad" role="alert">${problem}</p>` : nothing}
      <p class="unseen" role="status">${listed ? '' : say('pubLoading')}</p>
      ${
        listed
          ? html`<h3>${say('pubOpenNow')}</h3>
              ${open.length ? html`<ul>${open.map((each) => this.#row(each))}</ul>` : html`<p class="small">${say('pubNone')}</p>`}
              ${this.#group('pubAnnounced', of('announced'))} ${this.#group('pubPast', of('ended', 'closed', 'withdrawn'))}
              ${
                this.older === null
                  ? nothing
                  : html`<div class="actions"><button @click=${() => void this.#read(this.older)}>${say('pubMore')}</button></div>`
              }`
          : nothing
      }
      ${this.desk ?? nothing}
    `
  }

  #group(title: 'pubAnnounced' | 'pubPast', some: readonly Publication[]) {
    return some.length
      ? html`<h3>${say(title)}</h3>
          <ul>
            ${some.map((each) => this.#row(each))}
          </ul>`
      : nothing
  }

  #row({ id, title, standing, opens_on, closes_on, department }: Publication) {
    const left = daysLeft(closes_on)
    const open = standing.id === 'open'
    return html`<li class="row">
      <button class="whole" @click=${() => this.#choose(id)}>
        <strong>${title}</strong>
        <span class="small">
          <span class="state ${standing.id}">${named(standing)}</span>
          ${say('pubPeriod', { from: opens_on, to: closes_on })}
          ${open ? html`· ${left ? say('pubLeft', { days: left }) : say('pubLastDay')}` : nothing}
        </span>
        <span class="small">${department}</span>
      </button>
    </li>`
  }

  /** Number of the publication that is open, out of the link. */
  get #chosen(): number | null {
    const [section, number] = (this.state.detail ?? '').split(':')
    return section === SECTION && number && /^\d{1,9}$/.test(number) ? Number(number) : null
  }

  #choose(id: number | null): void {
    this.workbench.store.update({ detail: id === null ? SECTION : `${SECTION}:${id}` })
    void this.updateComplete.then(() => {
      const next = id === null ? '.row > button' : '#back'
      this.renderRoot.querySelector<HTMLElement>(next)?.focus()
    })
  }

  async #read(before: number | null): Promise<void> {
    try {
      const found = await publications(before, this.#abort.signal)
      this.listed = before === null ? found.publications : [...(this.listed ?? []), ...found.publications]
      this.older = found.before
      this.handles = found.handles
      this.problem = null
      if (found.handles && !this.desk) await this.#readDesk()
    } catch (cause) {
      if (this.#abort.signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    }
  }

  async #readDesk(): Promise<void> {
    const { open } = await import('./publication_open')
    this.desk = open(this.workbench)
    this.desk.addEventListener('published', (event) => {
      void this.#read(null)
      this.#choose((event as CustomEvent<number>).detail)
    })
  }
}

customElements.define('publication-panel', PublicationPanel)

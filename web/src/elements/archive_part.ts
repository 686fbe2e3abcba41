import { html, nothing, type PropertyValues } from 'lit'
import { fetchObjects, nameOf, type Listed } from '../archive'
import { readable } from '../clock'
import { ServerProblem } from '../config'
import { say } from '../language'
import '../messages/archive'
import { detailWith, keptOf } from '../parts'
import './archive_object'
import { PanelElement } from './panel_element'
import { partStyle } from './part_style'
import { theme } from './theme'

const PART = 'archive'

/** 档案: objects that the visitor may know of, and one of them with its versions, files, events and proof. */
export class ArchivePart extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    objects: { state: true },
    more: { state: true },
    problem: { state: true },
  }
  declare objects: readonly Listed[] | null
  declare more: boolean
  declare problem: string | null
  #abort = new AbortController()

  constructor() {
    super()
    this.objects = null
    this.more = false
    this.problem = null
  }

  static override styles = [theme, partStyle]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#abort = new AbortController()
    void this.#read('')
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
    this.objects = null
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed)
    const wanted = this.#kept.get('object')
    // What the link names may stand on a later page.
    if (changed.has('objects') && wanted && this.more && !this.objects?.some(({ object }) => object === wanted)) void this.#next()
  }

  override render() {
    const { objects } = this
    const opened = objects?.find(({ object }) => object === this.#kept.get('object'))
    return html`
      <p class="how">${say('archiveHow')}</p>
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
      ${objects === null ? (this.problem ? nothing : html`<p class="how" role="status">${say('reading')}</p>`) : opened ? this.#one(opened) : this.#list(objects)}
    `
  }

  #one(listed: Listed) {
    const asked = Number(this.#kept.get('version'))
    const version = Number.isInteger(asked) && asked >= 1 && asked <= listed.versions ? asked : listed.versions
    return html`
      <button @click=${() => this.#ask({ object: null, version: null })}>‹ ${say('archiveBack')}</button>
      <archive-object
        .listed=${listed}
        .version=${version}
        @version=${(event: CustomEvent<number>) => this.#ask({ object: listed.object, version: String(event.detail) })}
      ></archive-object>
    `
  }

  #list(objects: readonly Listed[]) {
    const q = this.#kept.get('q') ?? ''
    const shown = objects.filter(({ object }) => object.toLowerCase().includes(q.trim().toLowerCase()))
    if (!objects.length) return html`<p class="how" role="status">${say('archiveNone')}</p>`
    return html`
      <label for="q">${say('archiveFind')}</label>
      <input id="q" type="text" autocomplete="off" .value=${q} @input=${(event: Event) => this.#ask({ q: (event.target as HTMLInputElement).value })} />
      <p class="small" role="status">${shown.length ? say('archiveCount', { count: shown.length }) : say('archiveNoneSuch')}</p>
      <ul>
        ${shown.map((each) => {
          const { work, years } = nameOf(each.object)
          return html`<li class="row">
            <button @click=${() => this.#ask({ object: each.object, version: null })}>
              <span class="what">
                <span>${work}</span><span>${years}</span>
                <small>${say('archiveVersions', { count: each.versions, time: readable(each.time) })}</small>
              </span>
            </button>
          </li>`
        })}
      </ul>
      ${this.more ? html`<div class="actions"><button @click=${() => void this.#next()}>${say('archiveMore')}</button></div>` : nothing}
    `
  }

  get #kept(): URLSearchParams {
    return keptOf(PART, this.state.detail)
  }

  #ask(change: Readonly<Record<string, string | null>>): void {
    this.workbench.store.update({ detail: detailWith(PART, { ...Object.fromEntries(this.#kept), ...change }) })
  }

  async #next(): Promise<void> {
    await this.#read(this.objects?.at(-1)?.object ?? '')
  }

  async #read(after: string): Promise<void> {
    const { signal } = this.#abort
    try {
      this.problem = null
      const { objects, more } = await fetchObjects(after, signal)
      this.more = more
      this.objects = after ? [...(this.objects ?? []), ...objects] : objects
    } catch (cause) {
      if (signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    }
  }
}

customElements.define('archive-part', ArchivePart)

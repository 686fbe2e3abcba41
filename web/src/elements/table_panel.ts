import type { Feature } from 'geojson'
import { html, nothing } from 'lit'
import { CHANGED, ServerProblem } from '../config'
import { signedIn } from '../credential'
import { download } from '../download'
import { valueText } from '../format'
import { fetchItems, itemsAddress, type ItemsPage, type ItemsQuery } from '../items'
import { named, say } from '../language'
import '../messages/table'
import type { Field, Layer, MapState } from '../model'
import { isVisible } from '../model'
import { detailOf, tableOf, type TableQuery } from '../table'
import type { Workbench } from '../workbench'
import { equipped, PanelElement } from './panel_element'
import { tableStyle } from './table_style'
import { theme } from './theme'

const PAGE_ROWS = 50
const SETTLED_MS = 400
const BULK = [
  ['csv', 'CSV'],
  ['parquet', 'GeoParquet'],
] as const

/** The rows of a layer: sorted, filtered, page by page; a row and the map show the same selection. */
export class TablePanel extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    page: { state: true },
    problem: { state: true },
    pending: { state: true },
    drafted: { state: true },
  }
  declare page: ItemsPage | null
  declare problem: ServerProblem | null
  declare pending: boolean
  /** The condition as it stands in its field, not yet asked for. */
  declare drafted: string | null
  /** Addresses of the pages before this one. */
  #before: string[] = []
  #asked = ''
  /** The page that is wanted, shown already or on its way. */
  #due: { readonly url: string; readonly before: string[] } = { url: '', before: [] }
  /** The row marked last, which was brought into sight. */
  #current = ''
  #shownUrl = ''
  #timer: number | undefined
  #abort = new AbortController()
  /** Reads what could not be read, where that may help. */
  #retry: (() => void) | null = null

  constructor() {
    super()
    this.page = null
    this.problem = null
    this.pending = false
    this.drafted = null
  }

  static override styles = [theme, tableStyle]

  override willUpdate(): void {
    const url = this.#address()
    if (!url || url === this.#asked) return
    const sudden = this.#asked === '' || !this.#query().inView
    this.#asked = url
    this.#due = { url, before: [] }
    window.clearTimeout(this.#timer)
    this.#timer = window.setTimeout(() => void this.#open(url, []), sudden ? 0 : SETTLED_MS)
  }

  override updated(): void {
    const current = this.renderRoot.querySelector('tr[aria-current]')
    const fid = current?.id ?? ''
    if (fid !== this.#current) current?.scrollIntoView({ block: 'nearest' })
    this.#current = fid
  }

  override connectedCallback(): void {
    super.connectedCallback()
    window.addEventListener(CHANGED, this.#changed)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    window.removeEventListener(CHANGED, this.#changed)
    window.clearTimeout(this.#timer)
    this.#abort.abort()
  }

  override render() {
    const layer = this.#layer()
    if (!layer) return nothing
    return html`
      <div class="bar">
        ${this.#chooser(layer)} ${this.#filter(layer)} ${this.#inView()} ${this.#export(layer)}
      </div>
      ${
        this.problem
          ? html`<p id="wrong" class="wrong" role="alert">
              ${this.problem.words}
              ${this.#retry ? html`<button @click=${this.#retry}>${say('retry')}</button>` : nothing}
            </p>`
          : nothing
      }
      <div class="sheet" tabindex="0" role="region" aria-label=${say('tableOf', { title: named(layer.title) })} aria-busy=${this.pending}>
        ${this.#table(layer)}
      </div>
      ${this.#pager()}
    `
  }

  #query(): TableQuery {
    return tableOf(this.state.detail)
  }

  /** The link's layer, else the selected feature's, else the topmost that is shown. */
  #layer(): Layer | undefined {
    const { layers } = this.workbench.config
    const said = this.#query().layer ?? this.state.selected?.layer
    return (
      layers.find((layer) => layer.id === said) ??
      layers.find((layer) => layer.legend.kind !== 'none' && isVisible(this.state, layer)) ??
      layers[0]
    )
  }

  #items(layer: Layer): ItemsQuery {
    const { filter, sort, inView } = this.#query()
    const { stage } = this.workbench
    const spatial = inView && stage && layer.geometry !== null
    return {
      ...(filter ? { filter } : {}),
      ...(sort ? { sortby: sort } : {}),
      ...(spatial ? { bbox: stage.view() } : {}),
    }
  }

  #address(): string | null {
    const layer = this.#layer()
    if (!layer) return null
    return itemsAddress(
      layer.id,
      { ...this.#items(layer), limit: PAGE_ROWS, skipGeometry: true },
      this.state,
    ).href
  }

  /** What others changed is read where it stands; edits come in swarms. What was known then stays. */
  readonly #changed = ({ detail: layers }: Event & { readonly detail?: ReadonlySet<string> | null }): void => {
    const id = this.#layer()?.id
    if (!id || this.state.asof || !(layers?.has(id) ?? true)) return
    window.clearTimeout(this.#timer)
    this.#timer = window.setTimeout(() => void this.#open(this.#due.url, this.#due.before, true), SETTLED_MS)
  }

  async #open(url: string, before: string[], again = false): Promise<void> {
    this.#abort.abort()
    const abort = (this.#abort = new AbortController())
    this.#due = { url, before }
    this.pending = true
    try {
      const page = await fetchItems(new URL(url), abort.signal)
      if (abort.signal.aborted) return
      this.page = page
      this.problem = null
      this.#before = before
      this.#shownUrl = url
      if (!again) {
        this.#current = ''
        this.renderRoot.querySelector('.sheet')?.scrollTo(0, 0)
      }
    } catch (cause) {
      if (abort.signal.aborted) return
      // Rows that cannot be read again stay, unless they are not for this visitor any more.
      if (!again || (cause instanceof ServerProblem && cause.status === 404)) this.page = null
      const refused = cause instanceof ServerProblem && cause.status === 400
      this.#retry = refused ? null : () => void this.#open(url, before)
      this.problem = cause instanceof ServerProblem ? cause : new ServerProblem(0, '读取失败。', String(cause))
    }
    this.pending = false
  }

  #chooser(layer: Layer) {
    return html`<label>
      ${say('layer')}
      <select
        @change=${(event: Event) => {
          this.drafted = null
          this.page = null
          this.#ask({ layer: (event.target as HTMLSelectElement).value, filter: null, sort: null })
        }}
      >
        ${this.workbench.config.layers.map(
          (each) => html`<option value=${each.id} ?selected=${each === layer}>${named(each.title)}</option>`,
        )}
      </select>
    </label>`
  }

  #filter(layer: Layer) {
    const { filter } = this.#query()
    const wrong = this.problem?.status === 400 && filter !== null
    return html`
      <form
        @submit=${(event: Event) => {
          event.preventDefault()
          const text = this.renderRoot.querySelector<HTMLInputElement>('#filter')?.value.trim()
          this.drafted = null
          this.#ask({ filter: text || null })
        }}
      >
        <input
          id="filter"
          type="text"
          autocomplete="off"
          spellcheck="false"
          aria-label=${say('filter')}
          aria-invalid=${wrong}
          aria-describedby=${wrong ? 'wrong' : nothing}
          placeholder=${say('filterExample', { example: exampleOf(layer) })}
          .value=${this.drafted ?? filter ?? ''}
          @input=${(event: Event) => {
            this.drafted = (event.target as HTMLInputElement).value
          }}
        />
        <button type="submit">${say('applyFilter')}</button>
        ${
          filter
            ? html`<button
                type="button"
                @click=${() => {
                  this.drafted = null
                  this.#ask({ filter: null })
                }}
              >
                ${say('clearFilter')}
              </button>`
            : nothing
        }
      </form>
    `
  }

  #inView() {
    if (!this.workbench.stage) return nothing
    return html`<label>
      <input
        type="checkbox"
        .checked=${this.#query().inView}
        @change=${(event: Event) => this.#ask({ inView: (event.target as HTMLInputElement).checked })}
      />
      ${say('inView')}
    </label>`
  }

  #export(layer: Layer) {
    // The formats for bulk go by identity, whatever the table is sorted by.
    const { sortby: _, ...query } = this.#items(layer)
    const link = (href: URL, name: string, title: string) =>
      html`<a
        href=${href.href}
        download
        title=${title}
        aria-label=${title}
        @click=${(event: Event) => this.#download(event, href)}
        >${name}</a
      >`
    return html`
      <p class="export">
        ${say('exportAs')}
        ${BULK.map(([format, name]) =>
          link(itemsAddress(layer.id, query, this.state, format), name, say('exportTitle', { format: name })),
        )}
        ${link(
          itemsAddress(layer.id, { ...this.#items(layer), limit: 10_000 }, this.state, 'json'),
          'GeoJSON',
          say('exportTenThousand'),
        )}
      </p>
    `
  }

  /** A link cannot say who asks: where somebody is signed in the file is fetched and then handed over. */
  #download(event: Event, href: URL): void {
    if (!signedIn()) return
    event.preventDefault()
    download(href).catch((cause: unknown) => {
      this.#retry = null
      this.problem = cause instanceof ServerProblem ? cause : new ServerProblem(0, '读取失败。', String(cause))
    })
  }

  #table(layer: Layer) {
    // The heads are buttons as wide as their columns: with the rows they stand where they stay.
    if (!this.page && !this.problem) return html`<p class="none" role="status">${say('reading')}</p>`
    const rows = this.page?.features ?? []
    const pinned = this.#elsewhere(layer, rows)
    return html`
      <table>
        <thead>
          <tr>
            ${this.#head({ name: 'id', type: 'text', title: { zh: say('identity'), en: say('identity') } })}
            ${layer.fields.map((field) => this.#head(field))}
          </tr>
        </thead>
        <tbody>
          ${pinned ? this.#row(layer, pinned, say('selectedRow')) : nothing}
          ${rows.map((feature) => this.#row(layer, feature))}
        </tbody>
      </table>
      ${this.page && !rows.length ? html`<p class="none" role="status">${say('noRows')}</p>` : nothing}
    `
  }

  /** The selected feature, where it belongs to the layer and stands on another page. */
  #elsewhere(layer: Layer, rows: readonly Feature[]): Feature | null {
    const shown = this.workbench.selection.shown
    if (!this.page || !shown?.feature || shown.layer.id !== layer.id) return null
    return rows.some((row) => String(row.id) === shown.fid) ? null : shown.feature
  }

  #head({ name, title, type }: Pick<Field, 'name' | 'title' | 'type'>) {
    const { sort } = this.#query()
    const down = sort === `-${name}`
    const sorted = down ? 'descending' : sort === name ? 'ascending' : 'none'
    return html`<th scope="col" class=${isNumber(type) ? 'number' : ''} aria-sort=${sorted}>
      <button
        title=${say('sortBy', { title: named(title) })}
        @click=${() => this.#ask({ sort: sorted === 'ascending' ? `-${name}` : down ? null : name })}
      >
        ${named(title)} <span aria-hidden="true">${{ ascending: '↑', descending: '↓', none: '' }[sorted]}</span>
        <small>${name}</small>
      </button>
    </th>`
  }

  #row(layer: Layer, feature: Feature, note: string | null = null) {
    const fid = String(feature.id)
    const { selected } = this.state
    const current = selected?.layer === layer.id && selected.fid === fid
    const take = () => this.workbench.visit({ layer: layer.id, fid })
    return html`<tr id="row-${fid}" aria-current=${current ? 'true' : nothing} class=${note ? 'pinned' : ''} @click=${take}>
      <th scope="row">
        <button title=${note ?? nothing} @click=${(event: Event) => {
          event.stopPropagation()
          take()
        }}>${fid}</button>
      </th>
      ${layer.fields.map((field) => {
        const value: unknown = feature.properties?.[field.name]
        return html`<td class=${isNumber(field.type) ? 'number' : ''}>${valueText(field, value)}</td>`
      })}
    </tr>`
  }

  #pager() {
    const count = this.page?.features.length ?? 0
    const first = this.#before.length * PAGE_ROWS + 1
    const last = first + count - 1
    const { matched = null, estimated = null, next = null } = this.page ?? {}
    const total = matched ?? estimated
    const words = total === null ? 'rowsShown' : matched !== null ? 'rowsOf' : 'rowsAbout'
    return html`
      <div class="pager">
        <span role="status">${count ? say(words, { first, last, total: total ?? '' }) : ''}</span>
        <button aria-disabled=${!this.#before.length} @click=${() => this.#back()}>‹ ${say('previousPage')}</button>
        <button aria-disabled=${!next} @click=${() => this.#on(next)}>${say('nextPage')} ›</button>
      </div>
    `
  }

  #on(next: string | null): void {
    if (next && !this.pending) void this.#open(next, [...this.#before, this.#shownUrl])
  }

  #back(): void {
    const url = this.#before.at(-1)
    if (url && !this.pending) void this.#open(url, this.#before.slice(0, -1))
  }

  #ask(change: Partial<TableQuery>): void {
    const layer = this.#layer()?.id ?? null
    const next: Partial<MapState> = { detail: detailOf({ ...this.#query(), layer, ...change }) }
    this.workbench.store.update(next)
  }
}

function isNumber(type: string): boolean {
  return type === 'number' || type === 'integer'
}

/** A condition that makes sense for the layer. */
function exampleOf({ fields }: Layer): string {
  const coded = fields.find((field) => field.codes.length)
  const code = coded?.codes[0]
  if (coded && code) return `${coded.name} = '${code.value}'`
  const number = fields.find((field) => isNumber(field.type))
  return number ? `${number.name} > 100` : `${fields[0]?.name ?? 'id'} LIKE 'A%'`
}

export const open = (workbench: Workbench) => equipped<TablePanel>('table-panel', workbench)

customElements.define('table-panel', TablePanel)

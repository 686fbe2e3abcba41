import { css, html, nothing } from 'lit'
import { readable } from '../clock'
import { address, fetchJson, ServerProblem } from '../config'
import { download } from '../download'
import { extentOf } from '../extent'
import { valueText } from '../format'
import { named, say } from '../language'
import type { Message } from '../messages'
import '../messages/rivers'
import '../messages/works'
import type { Field } from '../model'
import { chainageText, codeName, layerOf, type Bank, type Thing } from '../rivers'
import { PanelElement } from './panel_element'
import { partStyle } from './part_style'
import { theme } from './theme'

const PAGE = 60
export const KINDS = ['defects', 'inspections', 'documents'] as const
export type Kind = (typeof KINDS)[number]
const LAYERS: Readonly<Record<Kind, string>> = {
  defects: 'river-defects',
  inspections: 'river-inspections',
  documents: 'river-documents',
}
const NAMES: Readonly<Record<Kind, Message>> = {
  defects: 'recordsDefects',
  inspections: 'recordsInspections',
  documents: 'recordsDocuments',
}
const BANKS: Readonly<Record<Bank, Message>> = {
  left: 'bankLeft',
  right: 'bankRight',
  both: 'bankBoth',
  channel: 'bankChannel',
}
/** What a row tells before it is opened. */
const TOLD: Readonly<Record<Kind, readonly string[]>> = {
  defects: ['severity', 'status', 'found_on'],
  inspections: ['grade', 'done_on'],
  documents: ['taken_on'],
}
/** Fields that say where, or which record: the row has them. */
const PLACES = new Set(['route_id', 'route_version', 'bank', 'chainage_m', 'chainage_to_m', 'data_nature', 'kind', 'status', 'severity'])

interface Step {
  readonly status: string
  readonly from: string
  readonly who: string | null
  readonly remark: string
  readonly by: string
}

/** 缺陷、巡查养护、文档照片 by chainage; a defect with its steps, a document with its file. Fires `kind` and `open`. */
export class RecordList extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    records: { attribute: false },
    kind: { attribute: false },
    open: { attribute: false },
    shown: { state: true },
    steps: { state: true },
    problem: { state: true },
  }
  declare records: readonly Thing[]
  /** null: all of them. */
  declare kind: Kind | null
  declare open: string | null
  declare shown: number
  /** Of the open defect. */
  declare steps: readonly Step[]
  declare problem: string | null
  #read_of: string | null = null
  #abort = new AbortController()

  constructor() {
    super()
    this.kind = null
    this.open = null
    this.shown = PAGE
    this.steps = []
    this.problem = null
  }

  static override styles = [
    theme,
    partStyle,
    css`
      .kinds {
        flex-wrap: wrap;
        gap: 4px;
        margin-bottom: 8px;
      }
      .kinds button,
      .kinds button:first-child,
      .kinds button:last-child {
        border-radius: 8px;
        padding: 3px 8px;
        font-size: 13px;
      }
      .kinds button + button {
        margin-left: 0;
      }
    `,
  ]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
    this.#read_of = null
  }

  override updated(): void {
    void this.#follow()
  }

  override render() {
    const rows = this.records.filter(({ layer }) => this.kind === null || layer === LAYERS[this.kind])
    return html`
      <p class="how">${say('recordsHow')}</p>
      <div class="kinds" role="group" aria-label=${say('recordsKind')}>
        ${this.#choice(null, say('recordsAll'))} ${KINDS.map((each) => this.#choice(each, say(NAMES[each])))}
      </div>
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
      <p class="small" role="status">${rows.length ? say('recordsCount', { count: rows.length }) : say('recordsNone')}</p>
      <ul>
        ${rows.slice(0, this.shown).map((each) => this.#row(each))}
      </ul>
      ${
        rows.length > this.shown
          ? html`<div class="actions">
              <button
                @click=${() => {
                  this.shown += PAGE
                }}
              >
                ${say('riverMore', { count: Math.min(PAGE, rows.length - this.shown) })}
              </button>
            </div>`
          : nothing
      }
    `
  }

  #choice(kind: Kind | null, words: string) {
    return html`<button aria-pressed=${kind === this.kind} @click=${() => this.#fire('kind', kind)}>${words}</button>`
  }

  #row(record: Thing) {
    const kind = kindOf(record)
    const layer = layerOf(this.workbench.config, record.layer)
    const title = codeName(layer, 'kind', record.kind)
    const words = TOLD[kind].map((name) => this.#field(record, name)).filter((each) => each !== '—')
    const opened = record.fid === this.open
    const to = record.chainage_to_m === record.chainage_m ? '' : `–${chainageText(record.chainage_to_m)}`
    return html`<li class="row">
      <button aria-expanded=${opened} @click=${() => this.#fire('open', opened ? null : record.fid)}>
        <span class="what">
          <span>${chainageText(record.chainage_m)}${to} ${say(BANKS[record.bank])}</span>
          <span>${title ? named(title) : say(NAMES[kind])}</span>
          <small>${words.join(' · ')}</small>
        </span>
      </button>
      ${opened ? this.#body(record, kind) : nothing}
    </li>`
  }

  #body(record: Thing, kind: Kind) {
    const layer = layerOf(this.workbench.config, record.layer)
    const fields = layer?.fields.filter(({ name }) => !PLACES.has(name) && record.properties[name] !== undefined && record.properties[name] !== null) ?? []
    return html`<div class="body">
      ${record.synthetic ? html`<span class="seal">${say('synthetic')}</span>` : nothing}
      <dl>
        ${fields.map((field) => html`<dt>${named(field.title)}</dt><dd>${valueText(field, record.properties[field.name])}</dd>`)}
      </dl>
      ${kind === 'defects' ? this.#steps() : nothing}
      <div class="actions">
        ${record.geometry ? html`<button @click=${() => this.#show(record)}>${say('riverShow')}</button>` : nothing}
        ${kind === 'documents' ? html`<button @click=${() => void this.#file(record)}>${say('recordsOpen')}</button>` : nothing}
      </div>
    </div>`
  }

  #steps() {
    const layer = layerOf(this.workbench.config, LAYERS.defects)
    return html`<ol>
      ${this.steps.map(({ status, from, by, who, remark }) => {
        const title = codeName(layer, 'status', status)
        const told = say('recordsStep', { from: readable(from), status: title ? named(title) : status, by })
        return html`<li class="small">${[told, who, remark].filter(Boolean).join(' · ')}</li>`
      })}
    </ol>`
  }

  #field(record: Thing, name: string): string {
    const field: Field | undefined = layerOf(this.workbench.config, record.layer)?.fields.find((each) => each.name === name)
    return field ? valueText(field, record.properties[name]) : '—'
  }

  #show({ geometry }: Thing): void {
    const extent = extentOf(geometry)
    if (extent) this.workbench.stage?.reveal(extent)
  }

  async #file({ properties }: Thing): Promise<void> {
    await this.#guarded(() => download(address(`rivers/documents/${String(properties.sha256)}`)))
  }

  /** The steps of the defect that was opened. */
  async #follow(): Promise<void> {
    const record = this.records.find(({ fid }) => fid === this.open)
    const wanted = record && kindOf(record) === 'defects' ? record.fid : null
    if (wanted === this.#read_of) return
    this.#read_of = wanted
    this.steps = []
    if (wanted === null) return
    this.#abort.abort()
    this.#abort = new AbortController()
    const { signal } = this.#abort
    await this.#guarded(async () => {
      this.steps = (await fetchJson<{ steps: readonly Step[] }>(address(`rivers/defects/${encodeURIComponent(wanted)}`), signal)).steps
    })
  }

  #fire(name: 'kind' | 'open', detail: string | null): void {
    this.dispatchEvent(new CustomEvent(name, { detail }))
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    const { signal } = this.#abort
    try {
      this.problem = null
      await work()
    } catch (cause) {
      if (signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    }
  }
}

function kindOf({ layer }: Thing): Kind {
  return KINDS.find((each) => LAYERS[each] === layer) ?? 'documents'
}

customElements.define('record-list', RecordList)

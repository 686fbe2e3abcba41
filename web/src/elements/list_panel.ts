import { html, nothing } from 'lit'
import { ServerProblem } from '../config'
import { download } from '../download'
import { say } from '../language'
import {
  BUCKET,
  BUCKETS,
  FILE_BYTES,
  match,
  PREVIEWED,
  STANDARD,
  SURE,
  WHY,
  type Bucket,
  type Report,
  type Row,
} from '../list_work'
import type { Message } from '../messages'
import '../messages/lists'
import { outputOf, type Done, type Standing } from '../process'
import type { Workbench } from '../workbench'
import './list_review'
import { listStyle } from './list_style'
import { equipped, PanelElement } from './panel_element'
import { theme } from './theme'

const NAMES: Readonly<Record<Bucket, Message>> = {
  自动: 'listAutomatic',
  待审: 'listReview',
  失败: 'listFailed',
}

/** 名单: a department's list is previewed, matched, reviewed and taken away. */
export class ListPanel extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    file: { state: true },
    columns: { state: true },
    done: { state: true },
    standing: { state: true },
    problem: { state: true },
  }
  declare file: File | null
  declare columns: readonly string[]
  declare done: Done<Report> | null
  declare standing: Standing | null
  declare problem: string | null
  #abort = new AbortController()

  constructor() {
    super()
    this.file = null
    this.columns = []
    this.done = null
    this.standing = null
    this.problem = null
  }

  static override styles = [theme, listStyle]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
    this.workbench.stage?.sketch([])
  }

  override render() {
    const { done, problem, standing } = this
    return html`
      <div class="side">
        <p class="about">${say('listHow')}</p>
        <div class="pick">
          <input
            id="file"
            class="unseen"
            type="file"
            accept=".csv,.txt,.tsv,.xlsx,.parquet"
            @change=${this.#choose}
          /><label for="file">${say('listFile')}</label>
          ${this.file ? html`<span>${this.file.name}</span>` : nothing}
        </div>
        ${done ? this.#columns(done.value) : nothing}
        <div class="actions">
          <button ?disabled=${!this.file || !!standing} @click=${() => this.#run(true)}>
            ${say('listPreview', { count: PREVIEWED })}
          </button>
          <button class="do" ?disabled=${!this.file || !!standing} @click=${() => this.#run(false)}>
            ${say('listRun')}
          </button>
        </div>
        ${
          standing
            ? html`<progress max="100" value=${standing.progress} aria-label=${say('listRun')}></progress>
                <p class="about" role="status">${say('listRunning', { percent: standing.progress })}</p>`
            : nothing
        }
        ${problem ? html`<p class="bad" role="alert">${problem}</p>` : nothing}
        ${done && !standing ? this.#report(done) : nothing}
      </div>
      <div class="main">${done && !standing ? this.#rows(done.value) : nothing}</div>
    `
  }

  #columns({ all_columns, columns }: Report) {
    const chosen = this.columns.length ? this.columns : columns
    const toggle = (name: string, on: boolean) => {
      const kept = chosen.filter((each) => each !== name)
      this.columns = on ? all_columns.filter((each) => each === name || kept.includes(each)) : kept
    }
    return html`
      <fieldset>
        <legend class="name">${say('listColumns')}</legend>
        <div class="columns" lang="zh-CN">
          ${all_columns.map(
            (name) => html`<label>
              <input
                type="checkbox"
                .checked=${chosen.includes(name)}
                @change=${(event: Event) => toggle(name, (event.target as HTMLInputElement).checked)}
              />${name}
            </label>`,
          )}
        </div>
      </fieldset>
    `
  }

  #report({ job, value }: Done<Report>) {
    return html`
      <p class="about" role="status">
        ${say('listRows', { name: value.name, rows: value.rows, encoding: value.encoding })}
      </p>
      <dl class="buckets">
        ${BUCKETS.map(
          (bucket) => html`<div data-bucket=${bucket}>
            <dt>${say(NAMES[bucket])}</dt>
            <dd>${value.buckets[bucket]}</dd>
          </div>`,
        )}
      </dl>
      <p class="about">${say('listWrong', { count: value.expected_wrong })}</p>
      ${
        value.preview
          ? nothing
          : html`<div class="actions">
              <button @click=${() => this.#take(job)}>${say('listDownload')}</button>
            </div>`
      }
    `
  }

  #rows({ columns, preview, review }: Report) {
    if (review) return html`<list-review .workbench=${this.workbench} .task=${review}></list-review>`
    if (!preview) return nothing
    const own = (row: Row) => columns.map((name) => row[name] ?? '').join('')
    return html`
      <table aria-label=${say('listTable')} lang="zh-CN">
        <thead>
          <tr>
            <th scope="col">${say('listOutcome')}</th>
            <th scope="col">${say('listOwn')}</th>
            <th scope="col">${say('listMeant')}</th>
            <th scope="col">${say('listSure')}</th>
            <th scope="col">${say('listWhy')}</th>
          </tr>
        </thead>
        <tbody>
          ${preview.map(
            (row) => html`<tr data-bucket=${String(row[BUCKET])}>
              <td>${say(NAMES[row[BUCKET] as Bucket])}</td>
              <td>${own(row)}</td>
              <td>${row[STANDARD]}</td>
              <td class="number">${row[SURE]}</td>
              <td>${row[WHY]}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    `
  }

  #choose = (event: Event): void => {
    this.#abort.abort()
    const file = (event.target as HTMLInputElement).files?.[0] ?? null
    this.columns = []
    this.done = null
    this.standing = null
    const large = (file?.size ?? 0) > FILE_BYTES
    this.problem = large ? say('listTooLarge', { most: FILE_BYTES / 1e6 }) : null
    this.file = large ? null : file
    if (this.file) void this.#run(true)
  }

  async #run(preview: boolean): Promise<void> {
    const { file } = this
    if (!file) return
    this.#abort.abort()
    const asking = (this.#abort = new AbortController())
    this.problem = null
    this.standing = { jobID: '', status: 'accepted', progress: 0, message: '' }
    try {
      const done = await match(file, this.columns, preview, asking.signal, (standing) => {
        if (!asking.signal.aborted) this.standing = standing
      })
      if (!asking.signal.aborted) this.done = done
    } catch (cause) {
      if (asking.signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    } finally {
      if (!asking.signal.aborted) this.standing = null
    }
  }

  async #take(job: string): Promise<void> {
    try {
      await download(outputOf(job, 'list'))
    } catch (cause) {
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    }
  }
}

export const open = (workbench: Workbench) => equipped<ListPanel>('list-panel', workbench)

customElements.define('list-panel', ListPanel)

import { css, html, nothing, type PropertyValues } from 'lit'
import { fetchEvents, fetchVersion, fileAddress, nameOf, type ArchiveFile, type ArchiveVersion, type Listed, type PreservationEvent } from '../archive'
import { prove, type Proven } from '../archive_proof'
import { readable } from '../clock'
import { ServerProblem } from '../config'
import { download } from '../download'
import { say } from '../language'
import { numberText } from '../measured'
import { canDigest } from '../merkle'
import type { Message } from '../messages'
import '../messages/archive'
import './archive_proof_card'
import { partStyle } from './part_style'
import { Spoken } from './spoken'
import { theme } from './theme'

const EVENTS: Readonly<Record<string, Message>> = {
  ingestion: 'eventIngestion',
  'fixity check': 'eventFixity',
  migration: 'eventMigration',
  replication: 'eventReplication',
  recovery: 'eventRecovery',
  deletion: 'eventDeletion',
}
const OUTCOMES: Readonly<Record<string, Message>> = {
  success: 'outcomeSuccess',
  fail: 'outcomeFail',
  refused: 'outcomeRefused',
}

/** One object 案卷: a version of it with its files, its life, and the proof, followed here. Fires `version`. */
export class ArchiveObject extends Spoken {
  static override properties = {
    listed: { attribute: false },
    version: { attribute: false },
    told: { state: true },
    events: { state: true },
    proven: { state: true },
    checking: { state: true },
    problem: { state: true },
  }
  declare listed: Listed
  declare version: number
  declare told: ArchiveVersion | null
  /** null: not for this visitor. */
  declare events: readonly PreservationEvent[] | null
  declare proven: Proven | null
  declare checking: boolean
  declare problem: string | null
  #abort = new AbortController()

  constructor() {
    super()
    this.told = null
    this.events = null
    this.proven = null
    this.checking = false
    this.problem = null
  }

  static override styles = [
    theme,
    partStyle,
    css`
      .files li {
        border-top: 1px solid var(--rule);
        padding: 6px 0;
        font-size: 13px;
        overflow-wrap: anywhere;
      }
      .files .head {
        display: flex;
        gap: 8px;
        align-items: baseline;
      }
      .files .head > span:first-child {
        flex: 1;
        min-width: 0;
      }
      .files button {
        padding: 0 8px;
        font-size: 12px;
      }
      .sound {
        color: var(--good, #12703f);
      }
      .altered {
        color: var(--seal);
        font-weight: 600;
      }
      .events li {
        padding: 3px 0;
        font-size: 12px;
      }
    `,
  ]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
  }

  override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get('listed')
    if ((changed.has('listed') && before?.object !== this.listed.object) || changed.has('version')) void this.#read()
  }

  override render() {
    const { told, listed } = this
    const { work, years } = nameOf(listed.object)
    return html`
      <h3>${work} · ${years}</h3>
      <p class="digest">${listed.object}</p>
      <label for="version">${say('archiveVersion')}</label>
      <select id="version" @change=${(event: Event) => this.#choose(event)}>
        ${Array.from({ length: listed.versions }, (_, at) => listed.versions - at).map(
          (number) => html`<option value=${number} ?selected=${number === this.version}>${say('archiveVersionOf', { number })}</option>`,
        )}
      </select>
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
      ${told ? this.#version(told) : this.problem ? nothing : html`<p class="how" role="status">${say('reading')}</p>`}
    `
  }

  #version({ created, message, files }: ArchiveVersion) {
    return html`
      <dl>
        <dt>${say('archiveCreated')}</dt>
        <dd>${readable(created)}</dd>
        <dt>${say('archiveMessage')}</dt>
        <dd>${message}</dd>
      </dl>
      <h3>${say('archiveProof')}</h3>
      ${
        canDigest()
          ? html`<div class="actions">
              <button class="primary" aria-disabled=${this.checking} @click=${() => void this.#check()}>
                ${say(this.checking ? 'archiveChecking' : 'archiveCheck')}
              </button>
            </div>`
          : html`<p class="warn">${say('archiveUnsafe')}</p>`
      }
      <div role="status">${this.proven ? html`<archive-proof-card .proven=${this.proven}></archive-proof-card>` : nothing}</div>
      <h3>${say('archiveFiles', { count: files.length })}</h3>
      <ul class="files">
        ${files.map((each) => this.#file(each))}
      </ul>
      ${this.events?.length ? this.#events(this.events) : nothing}
    `
  }

  #file(file: ArchiveFile) {
    const verdict = this.proven?.files.get(file.packedIn ?? file.path)
    return html`<li>
      <span class="head">
        <span>${file.path}</span>
        ${verdict === undefined ? nothing : verdict === 'sound' ? html`<span class="sound">${say('fileSound')}</span>` : html`<span class="altered">${say(verdict === 'altered' ? 'fileTampered' : 'fileUnlisted')}</span>`}
        <button @click=${() => void this.#guarded(() => download(fileAddress(this.listed.object, this.version, file.path)))}>${say('archiveDownload')}</button>
      </span>
      <span class="small">${numberText(file.bytes)} B · ${file.mediaType}${file.packedIn ? ` · ${say('archivePacked', { pack: file.packedIn })}` : ''}</span>
      <p class="digest">SHA-512 ${file.sha512}</p>
    </li>`
  }

  #events(events: readonly PreservationEvent[]) {
    return html`<details open>
      <summary>${say('archiveEvents', { count: events.length })}</summary>
      <ol class="events">
        ${events.map(({ type, time, outcome, detail, agent }) => {
          const [name, how] = [EVENTS[type], OUTCOMES[outcome]]
          return html`<li>
            ${readable(time)} <b>${name ? say(name) : type}</b> ${how ? say(how) : outcome} · ${agent}
            ${detail ? html`<br /><span class="small">${detail}</span>` : nothing}
          </li>`
        })}
      </ol>
    </details>`
  }

  #choose(event: Event): void {
    this.dispatchEvent(new CustomEvent<number>('version', { detail: Number((event.target as HTMLSelectElement).value) }))
  }

  async #read(): Promise<void> {
    this.#abort.abort()
    this.#abort = new AbortController()
    const { signal } = this.#abort
    Object.assign(this, { told: null, events: null, proven: null, checking: false })
    const { object } = this.listed
    await this.#guarded(async () => {
      this.told = await fetchVersion(object, this.version, signal)
    })
    const { told } = this
    if (!told?.files.some(({ path }) => path === 'premis.xml')) return
    try {
      this.events = await fetchEvents(object, this.version, signal)
    } catch (cause) {
      // Whoever may know of an object may not always read its files.
      if (!signal.aborted && !(cause instanceof ServerProblem)) throw cause
    }
  }

  async #check(): Promise<void> {
    const { told, checking } = this
    if (!told || checking) return
    const { signal } = this.#abort
    this.checking = true
    this.proven = null
    await this.#guarded(async () => {
      this.proven = await prove(told, signal)
    })
    if (!signal.aborted) this.checking = false
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

customElements.define('archive-object', ArchiveObject)

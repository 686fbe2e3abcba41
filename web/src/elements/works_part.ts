import { css, html, nothing } from 'lit'
import { fetchAnswers, fetchSubjects, type Answers, type Subject } from '../claims'
import { fetchVersions, type Version } from '../feed'
import { valueText } from '../format'
import { named, say } from '../language'
import '../messages/rivers'
import '../messages/works'
import type { Times } from '../model'
import { chainageText, fetchAlong, layerOf, type River, type Thing } from '../rivers'
import './claim_list'
import { partStyle } from './part_style'
import { KINDS, type Kind } from './record_list'
import { RiverPart } from './river_part'
import './version_line'
import { theme } from './theme'

const CLAIMS = 'river-claims'
/** Fields of a work that the row above has told. */
const TOLD = new Set(['work_id', 'name', 'data_nature', 'route_id', 'route_version', 'chainage_m', 'chainage_to_m', 'points', 'thing_id'])

/** 工程: what is claimed of a work or river and by whom, its history; defects and inspections by chainage. */
export class WorksPart extends RiverPart {
  static override properties = {
    ...RiverPart.properties,
    works: { state: true },
    subjects: { state: true },
    answers: { state: true },
    versions: { state: true },
    records: { state: true },
    cut: { state: true },
  }
  declare works: readonly Thing[] | null
  declare subjects: readonly Subject[]
  declare answers: Answers | null
  declare versions: readonly Version[]
  declare records: readonly Thing[]
  declare cut: boolean
  protected readonly partId = 'works'

  constructor() {
    super()
    this.works = null
    this.subjects = []
    this.answers = null
    this.versions = []
    this.records = []
    this.cut = false
  }

  static override styles = [
    theme,
    partStyle,
    css`
      .kinds {
        margin: 8px 0;
      }
      .title {
        display: flex;
        flex-wrap: wrap;
        gap: 4px 8px;
        align-items: center;
        margin-top: 12px;
      }
      .title h3 {
        margin: 0;
      }
    `,
  ]

  protected override get wanted(): string {
    const { kept } = this
    return `${kept.get('view') ?? ''} ${kept.get('subject') ?? ''}`
  }

  protected override async read(river: River, signal: AbortSignal): Promise<void> {
    const { times } = this
    Object.assign(this, { works: null, answers: null, versions: [], records: [] })
    const has = (layer: string) => layerOf(this.workbench.config, layer) !== undefined
    if (this.#recorded) {
      const kinds = KINDS.filter((each) => has(`river-${each}`))
      const { things, more } = kinds.length ? await fetchAlong(river, kinds, times, signal) : { things: [], more: false }
      Object.assign(this, { works: [], records: things, cut: more })
      return
    }
    const [along, subjects] = await Promise.all([
      has('river-works') ? fetchAlong(river, ['works'], times, signal) : { things: [], more: false },
      has(CLAIMS) ? fetchSubjects(times, signal) : [],
    ])
    Object.assign(this, { works: along.things, subjects, cut: along.more })
    const chosen = this.#subject
    if (!chosen) return
    const work = along.things.find(({ fid }) => fid === chosen)
    const [answers, versions] = await Promise.all([
      subjects.some(({ id }) => id === chosen) ? fetchAnswers(chosen, times, signal) : null,
      work ? fetchVersions(work, signal) : null,
    ])
    Object.assign(this, { answers, versions: versions ?? [] })
  }

  override render() {
    const { river, works } = this
    return html`
      ${this.choice()} ${river ? this.trouble() : nothing}
      ${river
        ? html`<div class="kinds" role="group" aria-label=${say('worksViews')}>
            <button aria-pressed=${!this.#recorded} @click=${() => this.ask({ view: null })}>${say('worksClaims')}</button>
            <button aria-pressed=${this.#recorded} @click=${() => this.ask({ view: 'records' })}>${say('worksRecords')}</button>
          </div>`
        : nothing}
      ${river && !works && !this.problem ? html`<p class="how" role="status">${say('reading')}</p>` : nothing}
      ${river && works ? (this.#recorded ? this.#records() : this.#claims(works)) : nothing}
      ${this.cut ? html`<p class="warn">${say('riverCut', { count: this.#recorded ? this.records.length : (works?.length ?? 0) })}</p>` : nothing}
    `
  }

  #records() {
    return html`<record-list
      .workbench=${this.workbench}
      .records=${this.records}
      .kind=${this.#kind}
      .open=${this.kept.get('open')}
      @kind=${(event: CustomEvent<Kind | null>) => this.ask({ kind: event.detail, open: null })}
      @open=${(event: CustomEvent<string | null>) => this.ask({ open: event.detail })}
    ></record-list>`
  }

  #claims(works: readonly Thing[]) {
    const here = new Set(works.map(({ fid }) => fid))
    const others = this.subjects.filter(({ id }) => !here.has(id))
    if (!works.length && !others.length) return html`<p class="how" role="status">${say('worksNone')}</p>`
    const chosen = this.#subject
    const work = works.find(({ fid }) => fid === chosen)
    return html`
      <p class="how">${say('worksHow')}</p>
      <label for="subject">${say('worksSubject')}</label>
      <select id="subject" @change=${(event: Event) => this.ask({ subject: (event.target as HTMLSelectElement).value })}>
        ${this.#group('worksSubjects', others.map(({ id, name, claims }) => [id, `${name} (${claims})`] as const), chosen)}
        ${this.#group('worksHere', works.map(({ fid, name, chainage_m }) => [fid, `${chainageText(chainage_m)} ${name}`] as const), chosen)}
      </select>
      ${work ? this.#work(work) : nothing} ${this.#answers()}
    `
  }

  #group(name: 'worksHere' | 'worksSubjects', some: readonly (readonly [string, string])[], chosen: string | null) {
    if (!some.length) return nothing
    return html`<optgroup label=${say(name)}>
      ${some.map(([id, title]) => html`<option value=${id} ?selected=${id === chosen}>${title}</option>`)}
    </optgroup>`
  }

  #work(work: Thing) {
    const layer = layerOf(this.workbench.config, work.layer)
    const fields = layer?.fields.filter(({ name }) => !TOLD.has(name) && work.properties[name] !== undefined && work.properties[name] !== null) ?? []
    const to = work.chainage_to_m === work.chainage_m ? '' : `–${chainageText(work.chainage_to_m)}`
    return html`
      <div class="title">
        <h3>${work.name}</h3>
        ${work.synthetic ? html`<span class="seal">${say('synthetic')}</span>` : nothing}
        <button @click=${() => this.workbench.visit({ layer: work.layer, fid: work.fid })}>${say('riverShow')}</button>
      </div>
      <dl>
        <dt>${say('chainage')}</dt>
        <dd>${chainageText(work.chainage_m, 1)}${to}</dd>
        ${fields.map((field) => html`<dt>${named(field.title)}</dt><dd>${valueText(field, work.properties[field.name])}</dd>`)}
      </dl>
      ${
        this.versions.length
          ? html`<details>
              <summary>${say('worksHistory')}</summary>
              <version-line
                .versions=${this.versions}
                .times=${this.times}
                @times=${(event: CustomEvent<Times>) => this.workbench.store.update(event.detail)}
              ></version-line>
            </details>`
          : nothing
      }
    `
  }

  #answers() {
    const { answers } = this
    if (!answers?.answers.length) return html`<p class="small">${say('worksNoClaims')}</p>`
    const { kind, name } = answers.subject
    return html`${kind === 'work' ? nothing : html`<h3>${name}</h3>`}<claim-list .answers=${answers.answers}></claim-list>`
  }

  get #recorded(): boolean {
    return this.kept.get('view') === 'records'
  }

  get #kind(): Kind | null {
    return KINDS.find((each) => each === this.kept.get('kind')) ?? null
  }

  /** The one that the link names, else what is claimed of the river itself, else the first of them. */
  get #subject(): string | null {
    const own = this.subjects.find(({ name }) => name === this.river?.name)
    return this.kept.get('subject') ?? own?.id ?? this.subjects[0]?.id ?? this.works?.[0]?.fid ?? null
  }
}

customElements.define('works-part', WorksPart)

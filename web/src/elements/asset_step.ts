import { css, html, nothing } from 'lit'
import { advance, LIFE, type Life, type Step } from '../assets'
import { fromTyped, toWallTime } from '../clock'
import { ServerProblem } from '../config'
import { NOBODY, type Me } from '../identity'
import { say } from '../language'
import type { Message } from '../messages'
import '../messages/assets'
import { lifeName } from './life_sign'
import { partStyle } from './part_style'
import { Spoken } from './spoken'
import { theme } from './theme'

const WRITTEN = ['day', 'document', 'reason', 'author', 'department'] as const
type Written = (typeof WRITTEN)[number]
const LABELS: Readonly<Record<Written, Message>> = {
  day: 'assetDay',
  document: 'assetDocument',
  reason: 'assetReason',
  author: 'assetAuthor',
  department: 'assetDepartment',
}

/** 资产办理: the next step of an asset's life, checked or taken; the platform says why one cannot follow. Fires `advanced`. */
export class AssetStep extends Spoken {
  static override properties = {
    layer: { attribute: false },
    asset: { attribute: false },
    status: { attribute: false },
    me: { attribute: false },
    to: { state: true },
    written: { state: true },
    working: { state: true },
    problem: { state: true },
    told: { state: true },
  }
  declare layer: string
  declare asset: string
  declare status: Life
  declare me: Me
  /** null: the one that usually follows. */
  declare to: Life | null
  declare written: Readonly<Record<Written, string>>
  declare working: boolean
  declare problem: string | null
  declare told: string | null
  #abort = new AbortController()

  constructor() {
    super()
    this.me = NOBODY
    this.to = null
    const day = toWallTime(new Date().toISOString()).slice(0, 10)
    this.written = { day, document: '', reason: '', author: '', department: '' }
    this.working = false
    this.problem = null
    this.told = null
  }

  static override styles = [
    theme,
    partStyle,
    css`
      label {
        margin: 6px 0 2px;
        font-size: 12px;
      }
      .good {
        margin-top: 8px;
        border-radius: 8px;
        background: var(--accent-soft);
        padding: 6px 10px;
      }
    `,
  ]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
    this.#abort = new AbortController()
  }

  override render() {
    const to = this.#to
    const local = this.me.origin === 'local'
    return html`<form
      novalidate
      @submit=${(event: SubmitEvent) => {
        event.preventDefault()
        void this.#take(event.submitter?.id === 'check')
      }}
    >
      <div class="pair">
        <div>
          <label for="to">${say('assetTo')}</label>
          <select id="to" @change=${(event: Event) => (this.to = (event.target as HTMLSelectElement).value as Life)}>
            ${LIFE.filter((each) => each !== this.status).map(
              (each) => html`<option value=${each} ?selected=${each === to}>${lifeName(each)}</option>`,
            )}
          </select>
        </div>
        ${this.#field('day')} ${this.#field('document')} ${this.#field('reason')}
        ${local ? html`${this.#field('author')} ${this.#field('department')}` : nothing}
      </div>
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
      <div role="status">${this.told ? html`<p class="good">${this.told}</p>` : nothing}</div>
      <div class="actions">
        <button id="check" aria-disabled=${this.working}>${say('assetCheck')}</button>
        <button id="do" class="primary" aria-disabled=${this.working}>${say(this.working ? 'assetWorking' : 'assetDo')}</button>
      </div>
    </form>`
  }

  #field(name: Written) {
    return html`<div>
      <label for=${name}>${say(LABELS[name])}</label>
      <input
        id=${name}
        type="text"
        maxlength="200"
        autocomplete="off"
        .value=${this.written[name]}
        @input=${(event: Event) => {
          this.written = { ...this.written, [name]: (event.target as HTMLInputElement).value }
        }}
      />
    </div>`
  }

  /** The state that follows in the order of a life; what was retired returns. */
  get #to(): Life {
    if (this.to && this.to !== this.status) return this.to
    return LIFE[LIFE.indexOf(this.status) + 1] ?? 'in-service'
  }

  async #take(preview: boolean): Promise<void> {
    if (this.working) return
    const { signal } = this.#abort
    const day = fromTyped(this.written.day)
    const needed = WRITTEN.slice(1, this.me.origin === 'local' ? 5 : 3)
    const missing = [...(day ? [] : ['day' as const]), ...needed.filter((each) => !this.written[each].trim())]
    Object.assign(this, { problem: null, told: null })
    if (missing.length || !day) {
      this.problem = say('assetMissing', { names: missing.map((each) => say(LABELS[each])).join(say('comma')) })
      return
    }
    const given = Object.fromEntries(needed.map((each) => [each, this.written[each].trim()]))
    const step = { layer: this.layer, assets: [this.asset], to: this.#to, day: day.slice(0, 10), ...given } as unknown as Step
    this.working = true
    try {
      const { moved, changeset } = await advance(step, preview, signal)
      const [first] = moved
      const words = first ? { before: lifeName(first.before), after: lifeName(first.after) } : { before: '', after: '' }
      this.told = preview ? say('assetMayBe', words) : say('assetDone', { ...words, changeset: changeset ?? '' })
      if (!preview) this.dispatchEvent(new CustomEvent('advanced'))
    } catch (cause) {
      if (signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    } finally {
      this.working = false
    }
  }
}

customElements.define('asset-step', AssetStep)

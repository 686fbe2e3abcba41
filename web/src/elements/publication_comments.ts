import { html, nothing, type PropertyValues } from 'lit'
import { ServerProblem } from '../config'
import { named, say } from '../language'
import '../messages/publication'
import { byCode, comments, statistics, told, type Comment, type Statistics } from '../publication'
import { planStyle } from './plan_style'
import { Spoken } from './spoken'
import { theme } from './theme'

export const STATE = { pending: 'comPending', shown: 'comShown', hidden: 'comHidden' } as const

/** 公众意见与答复, as everybody sees them. Fires `place` with the place of one. */
export class PublicationComments extends Spoken {
  static override properties = {
    number: { attribute: false },
    rounds: { attribute: false },
    listed: { state: true },
    following: { state: true },
    counted: { state: true },
    own: { state: true },
    problem: { state: true },
  }
  declare number: number
  /** Grows when they are to be read again. */
  declare rounds: number
  declare listed: readonly Comment[]
  declare following: number | null
  declare counted: Statistics | null
  /** A comment that was looked up by its code. */
  declare own: Comment | null
  declare problem: string | null
  #abort = new AbortController()

  constructor() {
    super()
    this.rounds = 0
    this.listed = []
    this.following = null
    this.counted = null
    this.own = null
    this.problem = null
  }

  static override styles = [theme, planStyle]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('number') && !changed.has('rounds')) return
    this.#abort.abort()
    this.#abort = new AbortController()
    void this.#read(null)
  }

  override render() {
    const { counted, listed } = this
    return html`
      <h3>${say('comList')}</h3>
      ${counted ? html`<p class="small">${say('comCounts', { total: counted.total, answered: counted.answered })}</p>` : nothing}
      ${
        listed.length
          ? html`<ul>${listed.map((each) => this.#comment(each))}</ul>`
          : html`<p class="small">${say('comNone')}</p>`
      }
      ${
        this.following === null
          ? nothing
          : html`<div class="actions"><button @click=${() => void this.#read(this.following)}>${say('comMore')}</button></div>`
      }
      <details>
        <summary>${say('comFind')}</summary>
        <form
          novalidate
          @submit=${(event: SubmitEvent) => {
            event.preventDefault()
            void this.#find()
          }}
        >
          <label for="code">${say('comCode')}</label>
          <input id="code" maxlength="40" autocomplete="off" spellcheck="false" />
          <div class="actions"><button>${say('comFindDo')}</button></div>
        </form>
        ${this.own ? html`<ul id="own">${this.#comment(this.own)}</ul>` : nothing}
      </details>
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
    `
  }

  #comment(each: Comment) {
    const { stance, text, geometry, received_at, answer, state, reason } = each
    return html`<li class="row">
      <p class="small">
        <span class="state">${named(stance)}</span> ${told(received_at)}
        ${state ? html`<span class="state ${state}">${say(STATE[state])}</span> ${reason ?? ''}` : nothing}
      </p>
      <p class="text">${text}</p>
      ${
        geometry
          ? html`<div class="actions">
              <button @click=${() => this.dispatchEvent(new CustomEvent('place', { detail: geometry }))}>${say('comOnMap')}</button>
            </div>`
          : nothing
      }
      ${
        answer
          ? html`<div class="answer">
              <p>
                <strong>${say('comAnswered')}</strong> <span class="state ${answer.outcome.id}">${named(answer.outcome)}</span>
                <span class="small">${answer.department} ${told(answer.answered_at)}</span>
              </p>
              <p class="text">${answer.text}</p>
            </div>`
          : nothing
      }
    </li>`
  }

  async #read(after: number | null): Promise<void> {
    const { signal } = this.#abort
    try {
      const [found, counted] = await Promise.all([comments(this.number, after, signal), statistics(this.number, signal)])
      this.listed = after === null ? found.comments : [...this.listed, ...found.comments]
      this.following = found.after
      this.counted = counted
      this.problem = null
    } catch (cause) {
      this.#failed(cause, signal)
    }
  }

  async #find(): Promise<void> {
    const code = this.renderRoot.querySelector<HTMLInputElement>('#code')?.value.trim() ?? ''
    if (!code) return
    const { signal } = this.#abort
    this.own = null
    try {
      this.own = await byCode(this.number, code, signal)
      this.problem = null
    } catch (cause) {
      this.#failed(cause, signal)
    }
  }

  #failed(cause: unknown, signal: AbortSignal): void {
    if (signal.aborted) return
    if (!(cause instanceof ServerProblem)) throw cause
    this.problem = cause.words
  }
}

customElements.define('publication-comments', PublicationComments)

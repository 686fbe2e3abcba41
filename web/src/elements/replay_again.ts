import { html, nothing } from 'lit'
import { readable } from '../clock'
import { ServerProblem } from '../config'
import { rerun, type Rerun } from '../flood_rerun'
import type { Listed } from '../flood_runs'
import { say } from '../language'
import { numberText } from '../measured'
import '../messages/flood_replay'
import '../messages/flood_runs'
import type { Standing } from '../process'
import { partStyle } from './part_style'
import { differenceFacts } from './run_facts'
import { Spoken } from './spoken'
import { theme } from './theme'

const HOURS_MOST = 720
const PERCENT_MOST = 1000

/** 换一种调度重演: a kept run with its releases earlier, later, more or less. Fires `chosen` and `open` with a run's id. */
export class ReplayAgain extends Spoken {
  static override properties = {
    runs: { attribute: false },
    chosen: { attribute: false },
    standing: { state: true },
    busy: { state: true },
    done: { state: true },
    problem: { state: true },
  }
  declare runs: readonly Listed[]
  /** Id of the run that is repeated. */
  declare chosen: string
  declare standing: Standing | null
  declare busy: boolean
  declare done: Rerun | null
  declare problem: string | null
  #abort = new AbortController()

  constructor() {
    super()
    Object.assign(this, { standing: null, busy: false, done: null, problem: null })
  }

  static override styles = [theme, partStyle]

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
  }

  override render() {
    const { runs, chosen, busy, done, problem } = this
    const stamped = runs.find(({ id }) => id === chosen)?.['onemap:synthetic']
    if (!runs.length) return html`<p class="small">${say('backNoRun')}</p>`
    return html`
      <p class="small">${say('backAgainHow')}</p>
      <form
        novalidate
        @submit=${(event: Event) => {
          event.preventDefault()
          void this.#start()
        }}
      >
        <label for="run">${say('backRun')}</label>
        <select
          id="run"
          @change=${(event: Event) => this.#say('chosen', (event.target as HTMLSelectElement).value)}
        >
          ${runs.map(
            (each) => html`<option value=${each.id} ?selected=${each.id === chosen}>
              ${each.title} · ${readable(each.begins_at)}${each['onemap:synthetic'] ? ` · ${say('synthetic')}` : ''}
            </option>`,
          )}
        </select>
        <label for="later">${say('backLater')}</label>
        <input id="later" type="text" inputmode="decimal" autocomplete="off" value="0" />
        <label for="share">${say('backShare')}</label>
        <input id="share" type="text" inputmode="decimal" autocomplete="off" value="100" />
        <div class="actions">
          <button class="primary" aria-disabled=${busy}>${say('backStart')}</button>
          ${busy ? html`<button type="button" @click=${() => this.#abort.abort()}>${say('backCancel')}</button>` : nothing}
        </div>
      </form>
      <p class="small" role="status">${busy ? this.#progress() : ''}</p>
      ${problem ? html`<p class="bad" role="alert">${problem}</p>` : nothing}
      ${done ? html`${differenceFacts(done.difference)}${stamped ? html`<span class="seal">${say('synthetic')}</span>` : nothing}<div class="actions"><button @click=${() => this.#say('open', done.run)}>${say('backOpen')}</button></div>` : nothing}
    `
  }

  #progress(): string {
    const { standing } = this
    return say('backProgress', { progress: standing?.progress ?? 0, message: standing?.message ?? '' })
  }

  async #start(): Promise<void> {
    if (this.busy) return
    const later_h = this.#typed('later', -HOURS_MOST, HOURS_MOST, 'backBadLater')
    const percent = this.#typed('share', 1, PERCENT_MOST, 'backBadShare')
    if (later_h === null || percent === null) return
    if (later_h === 0 && percent === 100) return void (this.problem = say('backNothing'))
    // What was repeated stays chosen when the new run is listed before it.
    this.#say('chosen', this.chosen)
    this.#abort = new AbortController()
    const { signal } = this.#abort
    Object.assign(this, { busy: true, done: null, problem: null, standing: null })
    try {
      const title = (base: { readonly title: string }) =>
        say('backTitle', { title: base.title, share: numberText(percent), hours: numberText(later_h) })
      this.done = await rerun(this.chosen, { later_h, share: percent / 100 }, title, signal, (standing) => {
        this.standing = standing
      })
      this.#say('kept', this.done.run)
    } catch (cause) {
      if (!signal.aborted && !(cause instanceof ServerProblem)) throw cause
      if (!signal.aborted && cause instanceof ServerProblem) this.problem = cause.words
    } finally {
      this.busy = false
    }
  }

  /** The number in a field; null, and why, where it is none within these. */
  #typed(name: string, low: number, high: number, wrong: 'backBadLater' | 'backBadShare'): number | null {
    const text = this.renderRoot.querySelector<HTMLInputElement>(`#${name}`)?.value.trim() ?? ''
    const value = text === '' ? NaN : Number(text)
    if (value >= low && value <= high) return value
    this.problem = say(wrong, { text })
    return null
  }

  #say(name: string, detail: string): void {
    this.dispatchEvent(new CustomEvent<string>(name, { detail }))
  }
}

customElements.define('replay-again', ReplayAgain)

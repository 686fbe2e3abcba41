import { html, nothing, type PropertyValues } from 'lit'
import { ServerProblem } from '../config'
import { say } from '../language'
import '../messages/floods'
import { detailWith, keptOf } from '../parts'
import { PanelElement } from './panel_element'

/** A part of the panel of floods: what it keeps in the link, what it reads, and why reading failed. */
export abstract class FloodPart extends PanelElement {
  static override properties = { ...PanelElement.properties, problem: { state: true } }
  declare problem: string | null
  /** As it stands in the link. */
  protected abstract readonly partId: string
  protected abort = new AbortController()
  #read_of: string | null = null

  constructor() {
    super()
    this.problem = null
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.abort.abort()
    this.#read_of = null
  }

  override updated(changed: PropertyValues<this>): void {
    super.updated(changed)
    const key = this.wanted
    if (key === this.#read_of) return
    this.#read_of = key
    this.abort.abort()
    this.abort = new AbortController()
    void this.guarded((signal) => this.read(signal))
  }

  protected abstract read(signal: AbortSignal): Promise<void>

  /** What decides what is read. */
  protected abstract get wanted(): string

  /** Lets everything be read once more. */
  protected again(): void {
    this.#read_of = null
    this.requestUpdate()
  }

  protected get kept(): URLSearchParams {
    return keptOf(this.partId, this.state.detail)
  }

  /** Keeps these beside what is kept already; null and empty ones are dropped. */
  protected ask(change: Readonly<Record<string, string | null>>): void {
    const kept = { ...Object.fromEntries(this.kept), ...change }
    this.workbench.store.update({ detail: detailWith(this.partId, kept) })
  }

  /** Goes to another part of the panel. */
  protected turn(part: string, kept: Readonly<Record<string, string | null>>): void {
    this.workbench.store.update({ detail: detailWith(part, kept) })
  }

  protected async guarded(work: (signal: AbortSignal) => Promise<void>, { signal } = this.abort): Promise<void> {
    try {
      this.problem = null
      await work(signal)
    } catch (cause) {
      if (signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    }
  }

  protected trouble() {
    return this.problem
      ? html`<p class="bad" role="alert">${this.problem}</p>
          <div class="actions"><button @click=${() => this.again()}>${say('floodAgain')}</button></div>`
      : nothing
  }
}

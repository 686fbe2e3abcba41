/**
 * Live updates 实时更新: which layers others have changed, as the platform's change stream tells it.
 *
 * While the stream is broken the change feed is asked every few seconds instead.
 */
import { address, fetchJson } from './config'
import { EventStream } from './event_stream'

const FIRST_POLL_MS = 1000
const POLL_MS = 5000
const LATE_MS = 3000
const ANSWER_MS = 10_000
/** A stream that ended is opened again after so many polls. */
const POLLS_BEFORE_STREAM = 6

/** `lost`: the platform answers neither; what is drawn may be out of date. */
export type Connection = 'live' | 'polling' | 'lost'

export interface LiveEvents {
  /** Layers that changed; null: any may have, announcements may have been missed. */
  changed(layers: ReadonlySet<string> | null): void
  connection(connection: Connection): void
}

interface Page {
  readonly changesets: readonly { readonly layer: string }[]
  readonly next: string
}

export class Live {
  #stream: EventStream | null = null
  #cursor: string | null = null
  #poll: number | undefined
  #polls = 0
  #late: number | undefined
  #connection: Connection = 'live'
  #started = false

  constructor(private readonly events: LiveEvents) {}

  /** Listens from the first call on, for as long as the page can be seen: a browser gives its pages few connections. */
  start(): void {
    if (this.#started) return
    this.#started = true
    document.addEventListener('visibilitychange', () => this.#visible())
    window.addEventListener('online', () => this.#visible())
    // A stream may stay silent over a line that is cut.
    window.addEventListener('offline', () => this.#later(0))
    window.addEventListener('pagehide', () => this.#stream?.close())
    this.#visible()
  }

  #visible(): void {
    this.#rest()
    this.#stream?.close()
    if (document.visibilityState === 'visible') this.#open()
  }

  #open(): void {
    this.#stream = new EventStream(address('changes/stream'), {
      opened: () => {
        this.#rest()
        this.#say('live')
        this.events.changed(null)
      },
      event: (name, data) => {
        if (name === 'layers') this.#layers()
        if (name !== 'changeset') return
        const { layer } = JSON.parse(data) as { layer: string }
        this.events.changed(new Set([layer]))
      },
      broken: () => this.#later(FIRST_POLL_MS),
    })
  }

  /** Layers came, changed or went: whoever shows them finds out. Another worker of the platform may know it later. */
  #layers(): void {
    this.events.changed(null)
    window.clearTimeout(this.#late)
    this.#late = window.setTimeout(() => this.events.changed(null), LATE_MS)
  }

  #rest(): void {
    window.clearTimeout(this.#poll)
    this.#poll = undefined
    this.#polls = 0
    this.#cursor = null
  }

  #later(wait_ms: number): void {
    this.#poll ??= window.setTimeout(() => void this.#ask(), wait_ms)
  }

  async #ask(): Promise<void> {
    const poll = this.#poll
    const since = this.#cursor
    const url = address('changes')
    url.searchParams.set('since', since ?? 'now')
    // A line may swallow what is asked, and never say so.
    const page = await fetchJson<Page>(url, AbortSignal.timeout(ANSWER_MS)).catch(() => null)
    // The stream is back, or nobody looks.
    if (this.#poll !== poll) return
    this.#poll = undefined
    this.#cursor = page?.next ?? null
    this.#say(page ? 'polling' : 'lost')
    // The feed says nothing of layers that came and went.
    if (page && (since === null || this.#polls % POLLS_BEFORE_STREAM === 0)) this.events.changed(null)
    else if (page?.changesets.length) {
      this.events.changed(new Set(page.changesets.map(({ layer }) => layer)))
    }
    if (page && this.#stream?.open) return this.#say('live')
    this.#polls++
    if (this.#stream?.ended && this.#polls % POLLS_BEFORE_STREAM === 0) this.#open()
    this.#later(POLL_MS)
  }

  #say(connection: Connection): void {
    if (connection === this.#connection) return
    this.#connection = connection
    this.events.connection(connection)
  }
}

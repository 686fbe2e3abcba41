/**
 * Server-sent events read by fetch, which unlike `EventSource` can say who asks.
 *
 * A broken stream is opened again by itself; an answer that is no stream ends it.
 */
import { ask } from './credential'

const RETRY_MS = 1000
/** The platform says something every 15 s; a line silent for so long is cut. */
const SILENT_MS = 45_000

export interface StreamListener {
  opened(): void
  event(name: string, data: string): void
  /** It broke, and is tried again unless it ended. */
  broken(): void
}

export class EventStream {
  #state: 'connecting' | 'open' | 'ended' = 'connecting'
  #closed = false
  #abort = new AbortController()
  #silence: number | undefined

  constructor(
    private readonly url: URL,
    private readonly listener: StreamListener,
  ) {
    void this.#run()
  }

  get open(): boolean {
    return this.#state === 'open'
  }

  /** It will not be opened again by itself. */
  get ended(): boolean {
    return this.#state === 'ended'
  }

  close(): void {
    this.#closed = true
    this.#state = 'ended'
    window.clearTimeout(this.#silence)
    this.#abort.abort()
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      this.#abort = new AbortController()
      const answer = await this.#connect()
      if (this.#closed) return
      if (answer && !isStream(answer)) this.#state = 'ended'
      if (answer && !this.ended) await this.#follow(answer)
      if (this.#closed) return
      if (!this.ended) this.#state = 'connecting'
      this.listener.broken()
      if (this.ended) return
      await new Promise((resolve) => window.setTimeout(resolve, RETRY_MS))
    }
  }

  async #connect(): Promise<Response | null> {
    const headers = { Accept: 'text/event-stream' }
    try {
      return await ask(this.url, { headers, signal: this.#abort.signal, cache: 'no-store' })
    } catch {
      return null
    }
  }

  async #follow(answer: Response): Promise<void> {
    const reader = answer.body?.getReader()
    if (!reader) return
    this.#state = 'open'
    this.listener.opened()
    const decoder = new TextDecoder()
    let text = ''
    try {
      for (;;) {
        this.#listen()
        const { done, value } = await reader.read()
        if (done) return
        const blocks = (text + decoder.decode(value, { stream: true })).split('\n\n')
        text = blocks.pop() ?? ''
        for (const block of blocks) this.#tell(block)
      }
    } catch {
      // A broken line ends the reading like a closed one.
    } finally {
      window.clearTimeout(this.#silence)
    }
  }

  #listen(): void {
    window.clearTimeout(this.#silence)
    this.#silence = window.setTimeout(() => this.#abort.abort(), SILENT_MS)
  }

  #tell(block: string): void {
    const said = (name: string) =>
      block
        .split('\n')
        .filter((line) => line.startsWith(`${name}:`))
        .map((line) => line.slice(name.length + 1).replace(/^ /, ''))
    const data = said('data')
    if (data.length && !this.#closed) this.listener.event(said('event')[0] ?? 'message', data.join('\n'))
  }
}

function isStream(answer: Response): boolean {
  return answer.ok && (answer.headers.get('Content-Type') ?? '').startsWith('text/event-stream')
}

import { css, html, nothing } from 'lit'
import { onRefused, refused } from '../credential'
import type { FeedStatus } from '../tile_feed'
import type { Connection } from '../live'
import { named, say } from '../language'
import type { Bareness } from '../maps'
import type { CompareMode, Config, MapState, Times } from '../model'
import { Spoken } from './spoken'
import { theme } from './theme'

/** What has to be known of the map shown: another time, a lost connection, what could not be read. Fires `now`, `retry` and `leave`. */
export class NoticeBoard extends Spoken {
  static override properties = {
    config: { attribute: false },
    state: { attribute: false },
    statuses: { attribute: false },
    connection: { attribute: false },
    difference: { attribute: false },
    bareness: { attribute: false },
  }
  declare config: Config
  declare state: MapState
  declare statuses: ReadonlyMap<string, FeedStatus>
  declare connection: Connection
  /** How reading what differs went last; null: there is no map. */
  declare difference: FeedStatus | null
  /** Why the map shows nothing. */
  declare bareness: Bareness | null

  #forget: () => void = () => undefined

  static override styles = [
    theme,
    css`
      :host {
        display: flex;
        flex-direction: column;
        align-items: center;
        gap: 8px;
        pointer-events: none;
      }
      .notice {
        display: flex;
        align-items: center;
        gap: 10px;
        max-width: 100%;
        border: 1px solid transparent; /* seen in forced colours */
        border-radius: 20px;
        padding: 5px 16px;
        background: var(--card);
        box-shadow: var(--shadow);
        font-size: 13px;
        pointer-events: auto;
      }
      /* What is told of two maps stands below their labels. */
      .pair:not(:last-of-type) {
        margin-bottom: 56px;
      }
      .pair + slot::slotted(:first-child) {
        margin-top: 48px;
      }
      .past {
        background: var(--seal);
        color: #fff;
        font-variant-numeric: tabular-nums;
      }
      .past button {
        border-color: rgb(255 255 255 / 60%);
        background: none;
        color: #fff;
        padding: 0 10px;
        white-space: nowrap;
      }
      .past :focus-visible {
        outline-color: #fff;
      }
      .warn {
        background: var(--warn-soft);
        color: var(--warn);
      }
      .bad {
        background: var(--seal-soft);
        color: var(--seal);
      }
      .bad button {
        white-space: nowrap;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#forget = onRefused(() => this.requestUpdate())
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#forget()
  }

  override render() {
    const { compare, datetime, asof } = this.state
    const broken = [...this.statuses].filter(([, status]) => status.phase === 'failed')
    const titles = broken.map(([id]) => this.config.layers.find((layer) => layer.id === id)?.title)
    const names = titles.map((title) => (title ? named(title) : ''))
    const different = this.difference?.phase === 'failed' ? [say('differenceUnread')] : []
    const failed = [...names, ...different].join(say('comma'))
    const problem = broken[0]?.[1].problem ?? this.difference?.problem
    return html`
      ${compare ? this.#comparing(compare.mode) : datetime || asof ? this.#past(this.state) : nothing}
      ${
        refused()
          ? html`<p class="notice bad" role="alert">
              <span>${say('sessionOver')}</span>
              <button @click=${() => window.dispatchEvent(new Event('onemap-sign-in'))}>${say('signInAgain')}</button>
            </p>`
          : nothing
      }
      ${
        this.connection === 'lost'
          ? html`<p class="notice warn" role="alert">${say('connectionLost')}</p>`
          : nothing
      }
      ${
        failed
          ? html`<p class="notice bad" role="alert">
              <span>${failed}${say('colon')}${problem?.words}</span>
              <button @click=${() => this.#fire('retry')}>${say('retry')}</button>
            </p>`
          : nothing
      }
      <slot></slot>
    `
  }

  #comparing(mode: CompareMode) {
    const words = { swipe: say('swipe'), side: say('sideBySide'), difference: say('differenceOf') }
    return html`<p class="notice ${mode === 'difference' ? '' : 'pair'}" role="status">
      <span>${say('comparing', { mode: words[mode] })}</span>
      <button @click=${() => this.#fire('leave')}>${say('endCompare')}</button>
    </p>`
  }

  #past({ datetime, asof }: Times) {
    const text = (wallTime: string) => wallTime.replace('T', ' ')
    const parts = [
      ...(datetime ? [say('validAt', { time: text(datetime) })] : []),
      ...(asof ? [say('knownAt', { time: text(asof) })] : []),
      ...(this.bareness ? [say(this.bareness === 'ever' ? 'bareEver' : 'bareHere')] : []),
    ]
    return html`<p class="notice past" role="status">
      <span>${parts.join(' · ')}</span>
      <button @click=${() => this.#fire('now')}>${say('backToNow')}</button>
    </p>`
  }

  #fire(name: string): void {
    this.dispatchEvent(new CustomEvent(name))
  }
}

customElements.define('notice-board', NoticeBoard)

import { css, html, nothing } from 'lit'
import { onRefused, refused } from '../credential'
import type { FeedStatus } from '../feed'
import type { Connection } from '../live'
import { named, say } from '../language'
import { isVisible, type Config, type MapState, type Times } from '../model'
import { Spoken } from './spoken'
import { theme } from './theme'

/** What has to be known of the map shown: another time, a lost connection, what could not be read. Fires `now` and `retry`. */
export class NoticeBoard extends Spoken {
  static override properties = {
    config: { attribute: false },
    state: { attribute: false },
    statuses: { attribute: false },
    connection: { attribute: false },
  }
  declare config: Config
  declare state: MapState
  declare statuses: ReadonlyMap<string, FeedStatus>
  declare connection: Connection

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
        border-radius: 20px;
        padding: 5px 16px;
        background: var(--card);
        box-shadow: var(--shadow);
        font-size: 13px;
        pointer-events: auto;
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
    const shown = [...this.statuses].filter(([id]) => isVisible(this.state, id))
    const names = (test: (status: FeedStatus) => boolean) =>
      shown
        .filter(([, status]) => test(status))
        .map(([id]) => this.config.layers.find((layer) => layer.id === id)?.title)
        .map((title) => (title ? named(title) : ''))
        .join(say('comma'))
    const failed = names((status) => status.phase === 'failed')
    const problem = shown.find(([, status]) => status.problem)?.[1].problem
    return html`
      ${this.state.datetime || this.state.asof ? this.#past(this.state) : nothing}
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
    `
  }

  #past({ datetime, asof }: Times) {
    const text = (wallTime: string) => wallTime.replace('T', ' ')
    const parts = [
      ...(datetime ? [say('validAt', { time: text(datetime) })] : []),
      ...(asof ? [say('knownAt', { time: text(asof) })] : []),
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

import { css, html } from 'lit'
import { onRefused, refused } from '../credential'
import { isSigned, whoAmI, type Me } from '../identity'
import { say } from '../language'
import type { SignInDialog } from './sign_in_dialog'
import { Spoken } from './spoken'
import { theme } from './theme'

/** Who uses the page, and the way to become somebody: a button that opens a dialog. */
export class SignIn extends Spoken {
  static override properties = {
    flat: { type: Boolean, reflect: true },
    me: { state: true },
  }
  /** Lies along the bottom of a narrow window. */
  declare flat: boolean
  declare me: Me | null
  #forget: () => void = () => undefined

  constructor() {
    super()
    this.me = null
  }

  static override styles = [
    theme,
    css`
      .who {
        display: flex;
        flex-direction: column;
        align-items: center;
        gap: 1px;
        width: 100%;
        min-height: 44px;
        border: 0;
        border-radius: 0;
        padding: 5px 4px;
        background: none;
        color: var(--ink-2);
        font-size: 12px;
        line-height: 1.25;
      }
      .who:hover {
        background: var(--paper);
      }
      .who.over {
        color: var(--seal);
        font-weight: 600;
      }
      .who span {
        max-width: 60px;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      :host([flat]) .who {
        width: 52px;
      }
      :host([flat]) .who span {
        max-width: 48px;
      }
      .who:focus-visible {
        outline-offset: -3px;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#forget = onRefused(() => void this.#learn())
    window.addEventListener('onemap-sign-in', this.#wanted)
    void this.#learn()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#forget()
    window.removeEventListener('onemap-sign-in', this.#wanted)
  }

  /** Opens the dialog, as its button does; it is read when it is first wanted. */
  async open(): Promise<void> {
    await import('./sign_in_dialog')
    await this.renderRoot.querySelector<SignInDialog>('sign-in-dialog')?.open()
  }

  override render() {
    const name = this.#name()
    return html`
      <button
        class="who ${refused() ? 'over' : ''}"
        aria-haspopup="dialog"
        title=${isSigned(this.me) ? say('signedInAs', { name }) : name}
        @click=${() => void this.open()}
      >
        <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
          <path d="M10 10.2a3.6 3.6 0 1 0 0-7.2 3.6 3.6 0 0 0 0 7.2zM3 17.3c.6-3.2 3.3-5 7-5s6.4 1.8 7 5"
            fill="none" stroke="currentColor" stroke-width="1.4" stroke-linecap="round"></path>
        </svg>
        <span>${name}</span>
      </button>
      <sign-in-dialog .me=${this.me}></sign-in-dialog>
    `
  }

  readonly #wanted = (): void => void this.open()

  #name(): string {
    if (refused()) return say(this.flat ? 'signIn' : 'signInAgain')
    if (this.me?.origin === 'local') return say('thisMachine')
    return isSigned(this.me) && this.me ? this.me.subject : say('signIn')
  }

  async #learn(): Promise<void> {
    this.me = await whoAmI().catch(() => null)
    this.requestUpdate()
  }

}

customElements.define('sign-in', SignIn)

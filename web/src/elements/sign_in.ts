import { css, html, nothing } from 'lit'
import { ServerProblem } from '../config'
import { isSendable, onRefused, present, refused } from '../credential'
import { discardDraft, hasDraft, leaving } from '../draft'
import { mayEdit, signIn, whoAmI, type Me } from '../identity'
import { say } from '../language'
import type { Message } from '../messages'
import { Spoken } from './spoken'
import { theme } from './theme'

const ROLES: Readonly<Record<string, Message>> = {
  reader: 'roleReader',
  editor: 'roleEditor',
  steward: 'roleSteward',
  'security-administrator': 'roleSecurityAdministrator',
  auditor: 'roleAuditor',
}

/** Who uses the page, and the way to become somebody: a button that opens a dialog. */
export class SignIn extends Spoken {
  static override properties = {
    flat: { type: Boolean, reflect: true },
    me: { state: true },
    wrong: { state: true },
    pending: { state: true },
    plain: { state: true },
  }
  /** Lies along the bottom of a narrow window. */
  declare flat: boolean
  declare me: Me | null
  declare wrong: string | null
  declare pending: boolean
  /** The credential is shown while it is typed. */
  declare plain: boolean
  #forget: () => void = () => undefined

  constructor() {
    super()
    this.me = null
    this.wrong = null
    this.pending = false
    this.plain = false
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
      dialog {
        width: min(400px, calc(100vw - 32px));
        max-height: calc(100vh - 32px);
        overflow-y: auto;
        border: 0;
        border-radius: var(--radius);
        padding: 18px 20px 20px;
        background: var(--card);
        box-shadow: var(--shadow);
        color: var(--ink);
      }
      dialog::backdrop {
        background: rgb(27 42 49 / 38%);
      }
      header {
        display: flex;
        align-items: center;
        margin-bottom: 10px;
      }
      h2 {
        flex: 1;
        font: 600 18px/1.35 var(--serif);
      }
      dl {
        display: grid;
        grid-template-columns: 5.5em 1fr;
        margin-bottom: 14px;
      }
      dt,
      dd {
        border-bottom: 1px solid var(--rule);
        padding: 5px 0;
      }
      dt {
        color: var(--ink-2);
      }
      dd {
        overflow-wrap: anywhere;
      }
      label {
        display: block;
        margin-bottom: 4px;
        font-size: 13px;
        font-weight: 600;
      }
      .given {
        display: flex;
        gap: 8px;
      }
      input {
        flex: 1;
        min-width: 0;
        border: 1px solid var(--rule-2);
        border-radius: 8px;
        background: var(--paper);
        padding: 6px 10px;
      }
      input[aria-invalid='true'] {
        border-color: var(--seal);
      }
      .hint,
      .why {
        margin-top: 6px;
        color: var(--ink-2);
        font-size: 12px;
      }
      .why {
        margin: 0 0 12px;
        font-size: 13px;
      }
      .bad,
      .over-words {
        margin-top: 8px;
        border-radius: 8px;
        padding: 6px 10px;
        background: var(--seal-soft);
        color: var(--seal);
        font-size: 13px;
      }
      .over-words {
        margin: 0 0 12px;
      }
      .do {
        margin-top: 14px;
        border-color: var(--accent);
        background: var(--accent);
        padding: 6px 18px;
        color: #fff;
      }
      .out {
        padding: 5px 14px;
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

  /** Opens the dialog, as its button does. */
  open(): void {
    this.wrong = null
    this.renderRoot.querySelector('dialog')?.showModal()
  }

  override render() {
    const name = this.#name()
    return html`
      <button
        class="who ${refused() ? 'over' : ''}"
        aria-haspopup="dialog"
        title=${this.#signed() ? say('signedInAs', { name }) : name}
        @click=${() => this.open()}
      >
        <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
          <path d="M10 10.2a3.6 3.6 0 1 0 0-7.2 3.6 3.6 0 0 0 0 7.2zM3 17.3c.6-3.2 3.3-5 7-5s6.4 1.8 7 5"
            fill="none" stroke="currentColor" stroke-width="1.4" stroke-linecap="round"></path>
        </svg>
        <span>${name}</span>
      </button>
      <dialog aria-labelledby="title">
        <header>
          <h2 id="title">${this.#signed() ? say('signedInAs', { name }) : say('signIn')}</h2>
          <button class="plain" aria-label=${say('close')} title=${say('close')} @click=${() => this.#close()}>✕</button>
        </header>
        ${refused() ? html`<p class="over-words">${say('sessionOver')}</p>` : nothing}
        ${this.#signed() ? this.#who() : this.#form()}
      </dialog>
    `
  }

  readonly #wanted = (): void => this.open()

  #signed(): boolean {
    return this.me?.origin === 'key' || this.me?.origin === 'token'
  }

  #name(): string {
    if (refused()) return say(this.flat ? 'signIn' : 'signInAgain')
    if (this.me?.origin === 'local') return say('thisMachine')
    return this.#signed() && this.me ? this.me.subject : say('signIn')
  }

  #who() {
    const { me } = this
    if (!me) return nothing
    const roles = me.roles.map((role) => (ROLES[role] ? say(ROLES[role]) : role))
    const edited = me.layers.filter(({ id }) => mayEdit(me, id)).length
    return html`
      <dl>
        <dt>${say('subject')}</dt>
        <dd>${me.subject}</dd>
        <dt>${say('department')}</dt>
        <dd>${me.department ?? say('noDepartment')}</dd>
        <dt>${say('roles')}</dt>
        <dd>${roles.join(say('comma')) || '—'}</dd>
        <dt>${say('editableLayers')}</dt>
        <dd>${say('layerCount', { count: edited })}</dd>
      </dl>
      ${hasDraft() ? html`<p class="over-words">${say('signOutLoses')}</p>` : nothing}
      <button class="out" @click=${() => this.#out()}>${say(hasDraft() ? 'signOutLosing' : 'signOut')}</button>
    `
  }

  #form() {
    return html`
      ${this.me?.origin === 'local' ? html`<p class="why">${say('thisMachineWhy')}</p>` : nothing}
      <form
        @submit=${(event: Event) => {
          event.preventDefault()
          void this.#enter()
        }}
      >
        <label for="credential">${say('credentialLabel')}</label>
        <div class="given">
          <input
            id="credential"
            type=${this.plain ? 'text' : 'password'}
            autocomplete="off"
            autocapitalize="off"
            spellcheck="false"
            aria-invalid=${this.wrong !== null}
            aria-describedby="hint ${this.wrong ? 'wrong' : ''}"
          />
          <button
            type="button"
            aria-pressed=${this.plain}
            @click=${() => {
              this.plain = !this.plain
            }}
          >
            ${say('showCredential')}
          </button>
        </div>
        ${this.wrong ? html`<p id="wrong" class="bad" role="alert">${this.wrong}</p>` : nothing}
        <p id="hint" class="hint">${say('credentialHint')}</p>
        <button class="do" type="submit" aria-disabled=${this.pending}>
          ${say(this.pending ? 'checking' : 'signIn')}
        </button>
      </form>
    `
  }

  async #learn(): Promise<void> {
    this.me = await whoAmI().catch(() => null)
    this.requestUpdate()
  }

  async #enter(): Promise<void> {
    if (this.pending) return
    const text = this.renderRoot.querySelector<HTMLInputElement>('#credential')?.value.trim() ?? ''
    this.wrong = text ? (isSendable(text) ? null : say('unsendable')) : say('nothingGiven')
    if (this.wrong) return
    this.pending = true
    try {
      await signIn(text)
      anew()
    } catch (cause) {
      this.wrong = cause instanceof ServerProblem ? cause.words : String(cause)
    }
    this.pending = false
  }

  #out(): void {
    discardDraft()
    present(null)
    anew()
  }

  #close(): void {
    this.renderRoot.querySelector('dialog')?.close()
  }
}

/** Everything is read again by whoever it is now; the link and the unsaved edit keep what was there. */
function anew(): void {
  leaving()
  location.reload()
}

customElements.define('sign-in', SignIn)

import { css, html, nothing } from 'lit'
import { ServerProblem } from '../config'
import { isSendable, present, refused } from '../credential'
import { discardDraft, hasDraft, leaving } from '../draft'
import { discardPlanDraft } from '../response_draft'
import { isSigned, mayEdit, signIn, type Me } from '../identity'
import { say } from '../language'
import '../messages/identity'
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

/** Who one is, or the way to become somebody: a dialog over the page. */
export class SignInDialog extends Spoken {
  static override properties = {
    me: { attribute: false },
    wrong: { state: true },
    pending: { state: true },
    plain: { state: true },
  }
  declare me: Me | null
  declare wrong: string | null
  declare pending: boolean
  /** The credential is shown while it is typed. */
  declare plain: boolean

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

  async open(): Promise<void> {
    this.wrong = null
    await this.updateComplete
    this.renderRoot.querySelector('dialog')?.showModal()
  }

  override render() {
    const signed = isSigned(this.me)
    return html`
      <dialog aria-labelledby="title">
        <header>
          <h2 id="title">${signed ? say('signedInAs', { name: this.me?.subject ?? '' }) : say('signIn')}</h2>
          <button class="plain" aria-label=${say('close')} title=${say('close')} @click=${() => this.#close()}>✕</button>
        </header>
        ${refused() ? html`<p class="over-words">${say('sessionOver')}</p>` : nothing}
        ${signed ? this.#who() : this.#form()}
      </dialog>
    `
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
    discardPlanDraft()
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

customElements.define('sign-in-dialog', SignInDialog)

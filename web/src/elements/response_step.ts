import { html, nothing } from 'lit'
import { say } from '../language'
import type { Message } from '../messages'
import { advance, mayPlan, NEXT, type Standing, type Version } from '../response_plans'
import '../messages/response_plans'
import { ResponseForm } from './response_form'

const DOES: Partial<Readonly<Record<Standing, Message>>> = {
  approved: 'respApprove',
  'in-force': 'respPutInForce',
  withdrawn: 'respWithdraw',
}

/** 办理: approval, coming into force or withdrawal of a version; who may not is told why. Fires `advanced`. */
export class ResponseStep extends ResponseForm {
  static override properties = { ...ResponseForm.properties, version: { attribute: false } }
  declare version: Version

  static override styles = ResponseForm.formStyle

  override render() {
    const { version, me } = this
    const steps = NEXT[version.state]
    if (!steps.length) return html`<p class="small">${say('respNoStep')}</p>`
    if (!mayPlan(me, 'review')) return html`<p class="small">${say('respNoRight')}</p>`
    const own = me.subject !== '' && me.subject === version.steps[0]?.by && !this.local
    return html`<form novalidate @submit=${(event: SubmitEvent) => event.preventDefault()}>
      ${this.field('note', say('respNoteWithdraw'))} ${this.signing()} ${this.told()}
      ${own && steps.includes('approved') ? html`<p class="small" id="own">${say('respOwn')}</p>` : nothing}
      <div class="actions">
        ${steps.map((to, at) => {
          const barred = own && to === 'approved'
          return html`<button
            type="button"
            class=${at === 0 && !barred ? 'primary' : nothing}
            aria-disabled=${this.working || barred}
            aria-describedby=${barred ? 'own' : nothing}
            @click=${() => void (barred ? undefined : this.#take(to))}
          >
            ${say(DOES[to] ?? 'respAdvance')}
          </button>`
        })}
      </div>
    </form>`
  }

  async #take(to: Standing): Promise<void> {
    const { plan, version } = this.version
    this.faults = this.missing(...(to === 'withdrawn' ? ['note'] : []))
    if (this.faults.size) return void this.showFault()
    const note = this.typed.note?.trim()
    await this.work(async (signal) => {
      const made = await advance({ plan, version, to, ...(note ? { note } : {}), ...this.signed }, signal)
      this.typed = {}
      this.dispatchEvent(new CustomEvent('advanced', { detail: made }))
    })
  }
}

customElements.define('response-step', ResponseStep)

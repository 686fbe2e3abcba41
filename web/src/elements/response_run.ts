import { css, html, nothing } from 'lit'
import { readable } from '../clock'
import { lengthText } from '../flood_runs'
import { named, say } from '../language'
import {
  confirm,
  end,
  mayPlan,
  type Action,
  type Activation,
  type Due,
  type DueKind,
  type Message as Said,
} from '../response_plans'
import '../messages/response_plans'
import { ResponseForm } from './response_form'
import { channelName } from './response_words'

const HEADS = { messages: 'respMessages', actions: 'respActions' } as const
const KINDS: readonly DueKind[] = ['messages', 'actions']

/** 响应: what is due, overdue, confirmed by whom; confirming and ending it. Fires `changed` with how it stands. */
export class ResponseRun extends ResponseForm {
  static override properties = { ...ResponseForm.properties, activation: { attribute: false }, past: { attribute: false } }
  declare activation: Activation
  /** A past time is shown: nothing is done. */
  declare past: boolean

  constructor() {
    super()
    this.past = false
  }

  static override styles = [
    ResponseForm.formStyle,
    css`
      .due {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 2px 8px;
        border-top: 1px solid var(--rule);
        border-left: 4px solid var(--rule-2);
        padding: 6px 0 6px 8px;
        font-size: 13px;
        overflow-wrap: anywhere;
      }
      .due.overdue {
        border-left-color: var(--seal);
      }
      .due.confirmed {
        border-left-color: var(--accent);
      }
      .state {
        color: var(--ink-2);
        font-size: 12px;
      }
      .overdue .state {
        color: var(--seal);
        font-weight: 600;
      }
      .due button {
        align-self: start;
      }
    `,
  ]

  override render() {
    const { activation } = this
    const open = activation.ended_at === null
    const able = open && !this.past && mayPlan(this.me, 'edit')
    return html`
      <p>
        <span class="seal">${say(activation.exercise ? 'respExercise' : 'respReal')}</span>
        ${activation.ended_at === null ? say('respRunning') : say('respEnded', { time: readable(activation.ended_at) })}
        · ${say('respVersion', { version: activation.version })}
      </p>
      <p class="small">
        ${say('respStartedBy', { time: readable(activation.activated_at), who: activation.by, department: activation.department, trigger: activation.trigger })}${activation.note ? ` · ${activation.note}` : ''}
      </p>
      ${
        activation.verdicts.length
          ? html`<p class="small">${say('respWhy')}${say('colon')}${activation.verdicts.map(({ why }) => named(why)).join(say('comma'))}</p>`
          : nothing
      }
      ${open && this.past ? html`<p class="small">${say('respPast')}</p>` : open && !able ? html`<p class="small">${say('respNoEdit')}</p>` : nothing}
      ${able ? html`${this.signing()}${this.field('note', say('respConfirmNote'))}` : nothing}
      <div aria-live="polite">${this.told()}</div>
      ${KINDS.map((kind) => this.#list(kind, able))}
      ${
        able
          ? html`<form
              novalidate
              @submit=${(event: SubmitEvent) => {
                event.preventDefault()
                void this.#end()
              }}
            >
              <h3>${say('respEnd')}</h3>
              ${this.field('end', say('respEndNote'))}
              <div class="actions"><button aria-disabled=${this.working}>${say('respEnd')}</button></div>
            </form>`
          : nothing
      }
    `
  }

  #list(kind: DueKind, able: boolean) {
    const all: readonly ((Said | Action) & Due)[] = this.activation[kind]
    if (!all.length) return nothing
    const done = all.filter(({ state }) => state === 'confirmed').length
    const title = say(HEADS[kind])
    return html`<h3>${title} <span class="small">${say('respDoneCount', { done, all: all.length })}</span></h3>
      <ul aria-label=${title}>
        ${all.map((each) => this.#due(kind, each, able))}
      </ul>`
  }

  #due(kind: DueKind, each: (Said | Action) & Due, able: boolean) {
    const { id, state, due_at, late_s, confirmed } = each
    const what = 'text' in each ? `${each.to} · ${channelName(each.channel)}` : named({ zh: each.title.zh, en: each.title.en ?? '' })
    const late = late_s > 0 ? lengthText(late_s) : ''
    return html`<li class="due ${state}">
      <span>
        <b>${id}</b> ${what}
        ${'text' in each ? html`<br />${named({ zh: each.text.zh, en: each.text.en ?? '' })}` : nothing}
        <br /><span class="state"
          >${
            confirmed
              ? `✓ ${say('respConfirmed', { time: readable(confirmed.done_at), who: confirmed.by, department: confirmed.department })}${late ? say('respLate', { span: late }) : ''}${confirmed.note ? ` · ${confirmed.note}` : ''}`
              : `${state === 'overdue' ? `! ${say('respOverdue', { span: late })}` : `○ ${say('respDue')}`} · ${say('respDueAt', { time: readable(due_at) })}`
          }</span
        >
      </span>
      ${
        able && !confirmed
          ? html`<button aria-disabled=${this.working} @click=${() => void this.#confirm(kind, id)}>${say('respConfirm', { what: id })}</button>`
          : nothing
      }
    </li>`
  }

  async #confirm(kind: DueKind, item: string): Promise<void> {
    this.faults = this.missing()
    if (this.faults.size) return void this.showFault()
    const { plan, activation } = this.activation
    const note = this.typed.note?.trim()
    await this.work(async (signal) => {
      const told = await confirm({ plan, activation, kind, item, ...(note ? { note } : {}), ...this.signed }, signal)
      this.typed = { ...this.typed, note: '' }
      this.#tell(told)
    })
  }

  async #end(): Promise<void> {
    this.faults = this.missing('end')
    if (this.faults.size) return void this.showFault()
    const { plan, activation } = this.activation
    await this.work(async (signal) => {
      this.#tell(await end({ plan, activation, note: this.typed.end?.trim() ?? '', ...this.signed }, signal))
    })
  }

  #tell(activation: Activation): void {
    this.activation = activation
    this.dispatchEvent(new CustomEvent<Activation>('changed', { detail: activation }))
  }
}

customElements.define('response-run', ResponseRun)

import { html, nothing, type PropertyValues } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import { ServerProblem } from '../config'
import { download } from '../download'
import { whoAmI, type Me } from '../identity'
import { named, say } from '../language'
import '../messages/publication'
import {
  answer,
  comments,
  daysAfter,
  fileOf,
  handled,
  mayReadPersons,
  moderate,
  OUTCOMES,
  told,
  type Comment,
  type Publication,
} from '../publication'
import type { Workbench } from '../workbench'
import { STATE } from './publication_comments'
import { planStyle } from './plan_style'
import { equipped, PanelElement } from './panel_element'
import { theme } from './theme'

const OUTCOME = {
  adopted: 'deskAdopted',
  partly: 'deskPartly',
  declined: 'deskDeclined',
  explained: 'deskExplained',
} as const
const STEPS = {
  extended: 'deskExtend',
  closed: 'deskClose',
  withdrawn: 'deskWithdraw',
  erased: 'deskErase',
} as const
type StepId = keyof typeof STEPS
/** What may be done with a publication as it stands. */
const MAY: Readonly<Record<string, readonly StepId[]>> = {
  announced: ['extended', 'withdrawn'],
  open: ['extended', 'withdrawn'],
  ended: ['closed', 'extended', 'withdrawn'],
  closed: ['erased'],
  withdrawn: ['erased'],
}
const FURTHER_DAYS = 10

/** 办理: comments moderated and answered, the file of all of them, the steps. Fires `handled`, `stepped`, `place`. */
export class PublicationDesk extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    publication: { attribute: false },
    me: { state: true },
    wanted: { state: true },
    persons: { state: true },
    listed: { state: true },
    following: { state: true },
    opened: { state: true },
    step: { state: true },
    working: { state: true },
    problem: { state: true },
    done: { state: true },
  }
  declare publication: Publication
  declare me: Me | null
  /** Which comments are looked at. */
  declare wanted: string
  declare persons: boolean
  declare listed: readonly Comment[]
  declare following: number | null
  /** Number of the comment that is handled. */
  declare opened: number | null
  declare step: StepId | null
  declare working: boolean
  declare problem: string | null
  declare done: string
  #abort = new AbortController()
  #round = 0

  constructor() {
    super()
    this.me = null
    this.wanted = 'pending'
    this.persons = false
    this.listed = []
    this.following = null
    this.opened = null
    this.step = null
    this.working = false
    this.problem = null
    this.done = ''
  }

  static override styles = [theme, planStyle]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#abort = new AbortController()
    whoAmI().then(
      (me) => {
        this.me = me
      },
      () => undefined,
    )
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('wanted') || changed.has('persons') || changed.has('publication')) void this.#read(null)
  }

  override render() {
    const { listed } = this
    return html`<section class="box" aria-labelledby="desk">
      <h3 id="desk">${say('deskHeading')}</h3>
      <label for="wanted">${say('deskState')}</label>
      <select
        id="wanted"
        @change=${(event: Event) => {
          this.wanted = (event.target as HTMLSelectElement).value
        }}
      >
        ${(['pending', 'shown', 'hidden'] as const).map(
          (each) => html`<option value=${each} ?selected=${each === this.wanted}>${say(STATE[each])}</option>`,
        )}
        <option value="all" ?selected=${this.wanted === 'all'}>${say('deskAll')}</option>
      </select>
      ${
        mayReadPersons(this.me)
          ? html`<label class="check">
              <input
                type="checkbox"
                .checked=${this.persons}
                @change=${(event: Event) => {
                  this.persons = (event.target as HTMLInputElement).checked
                }}
              />
              ${say('deskPersons')}
            </label>`
          : nothing
      }
      ${
        listed.length
          ? html`<ul id="handled">
              ${repeat(
                listed,
                ({ id }) => id,
                (each) => this.#comment(each),
              )}
            </ul>`
          : html`<p class="small">${say('deskNothing')}</p>`
      }
      ${
        this.following === null
          ? nothing
          : html`<div class="actions"><button @click=${() => void this.#read(this.following)}>${say('comMore')}</button></div>`
      }
      ${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing}
      <p class="small" role="status">${this.working ? say('deskWorking') : this.done}</p>
      <h3>${say('deskFile')}</h3>
      <div class="actions">
        <button @click=${() => void this.#file('csv')}>CSV</button>
        <button @click=${() => void this.#file('gpkg')}>GeoPackage</button>
      </div>
      <h3>${say('deskStep')}</h3>
      <div class="actions" role="group" aria-label=${say('deskStep')}>
        ${(MAY[this.publication.standing.id] ?? []).map(
          (each) => html`<button
            aria-pressed=${this.step === each}
            @click=${() => {
              this.step = this.step === each ? null : each
            }}
          >
            ${say(STEPS[each])}
          </button>`,
        )}
      </div>
      ${this.step ? this.#stepForm(this.step) : nothing}
    </section>`
  }

  #comment(each: Comment) {
    const { id, stance, text, geometry, received_at, state = 'pending', reason, name, contact } = each
    const open = this.opened === id
    return html`<li class="row">
      <p class="small">
        ${id} <span class="state">${named(stance)}</span> <span class="state ${state}">${say(STATE[state])}</span>
        ${told(received_at)} ${reason ?? ''}
      </p>
      ${name || contact ? html`<p class="small">${name} ${contact}</p>` : nothing}
      <p class="text">${text}</p>
      ${each.answer ? html`<div class="answer"><span class="state ${each.answer.outcome.id}">${named(each.answer.outcome)}</span> <span class="text">${each.answer.text}</span></div>` : nothing}
      <div class="actions">
        <button
          aria-expanded=${open}
          @click=${() => {
            this.opened = open ? null : id
          }}
        >
          ${say('deskHandle', { number: id })}
        </button>
        ${
          geometry
            ? html`<button @click=${() => this.dispatchEvent(new CustomEvent('place', { detail: geometry }))}>${say('comOnMap')}</button>`
            : nothing
        }
      </div>
      ${open ? this.#handling(each) : nothing}
    </li>`
  }

  #handling(each: Comment) {
    return html`<div class="box">
      <label for="reason">${say('deskReason')}</label>
      <input id="reason" maxlength="500" />
      <div class="actions">
        <button ?disabled=${each.state === 'shown'} @click=${() => void this.#moderate(each, 'shown')}>${say('deskShow')}</button>
        <button ?disabled=${each.state === 'hidden'} @click=${() => void this.#moderate(each, 'hidden')}>${say('deskHide')}</button>
      </div>
      <label for="outcome">${say('deskOutcome')}</label>
      <select id="outcome">
        ${OUTCOMES.map((outcome) => html`<option value=${outcome}>${say(OUTCOME[outcome])}</option>`)}
      </select>
      <label for="answer">${say('deskAnswer')}</label>
      <textarea id="answer" maxlength="2000"></textarea>
      <div class="actions"><button class="main" @click=${() => void this.#answer(each)}>${say('deskAnswerDo')}</button></div>
    </div>`
  }

  #stepForm(step: StepId) {
    return html`<form
      novalidate
      @submit=${(event: SubmitEvent) => {
        event.preventDefault()
        void this.#stepped(step)
      }}
    >
      ${
        step === 'extended'
          ? html`<label for="until">${say('deskUntil')}</label
              ><input id="until" type="date" .value=${daysAfter(this.publication.closes_on, FURTHER_DAYS)} />`
          : nothing
      }
      <label for="note">${say('deskNote')}</label>
      <textarea id="note" maxlength="2000"></textarea>
      ${this.me?.origin === 'local' ? byFields() : nothing}
      <div class="actions">
        <button class="main" aria-disabled=${this.working}>${say('deskDo', { what: say(STEPS[step]) })}</button>
      </div>
    </form>`
  }

  #value(id: string): string {
    return this.renderRoot.querySelector<HTMLInputElement>(`#${id}`)?.value.trim() ?? ''
  }

  async #read(after: number | null): Promise<void> {
    const round = ++this.#round
    await this.#guarded(async () => {
      const { wanted, persons } = this
      const found = await comments(this.publication.id, after, this.#abort.signal, { state: wanted, persons })
      // Something else has been asked for since.
      if (round !== this.#round) return
      this.listed = after === null ? found.comments : [...this.listed, ...found.comments]
      this.following = found.after
    })
  }

  #moderate(each: Comment, state: 'shown' | 'hidden'): Promise<void> {
    return this.#work(() => moderate(this.publication.id, each, state, this.#value('reason')))
  }

  #answer(each: Comment): Promise<void> {
    return this.#work(() => answer(this.publication.id, each, this.#value('outcome'), this.#value('answer')))
  }

  /** Handles a comment; where somebody else did, the list is read anew and tells so. */
  async #work(work: () => Promise<Comment>): Promise<void> {
    if (this.working) return
    this.working = true
    await this.#guarded(async () => {
      await work()
      this.opened = null
      this.done = say('deskDone')
      this.dispatchEvent(new CustomEvent('handled'))
    })
    this.working = false
    const { problem, done } = this
    await this.#read(null)
    this.problem ??= problem
    if (!this.problem) this.done = done
  }

  async #stepped(action: StepId): Promise<void> {
    if (this.working) return
    this.working = true
    await this.#guarded(async () => {
      await handled(
        'publication-step',
        {
          publication: this.publication.id,
          action,
          reason: this.#value('note'),
          ...(action === 'extended' ? { closes_on: this.#value('until') } : {}),
          ...by(this.me, (id) => this.#value(id)),
        },
        this.#abort.signal,
      )
      this.step = null
      this.done = say('deskDone')
      this.dispatchEvent(new CustomEvent('stepped'))
    })
    this.working = false
  }

  #file(kind: 'csv' | 'gpkg'): Promise<void> {
    return this.#guarded(() => download(fileOf(this.publication.id, kind, this.persons)))
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    this.problem = null
    this.done = ''
    try {
      await work()
    } catch (cause) {
      if (this.#abort.signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    }
  }
}

/** Who acts, where that is not known from a credential: on the platform's own machine. */
export function byFields() {
  return html`<div class="pair">
    <div><label for="author">${say('deskAuthor')}</label><input id="author" maxlength="200" /></div>
    <div><label for="department">${say('deskDepartment')}</label><input id="department" maxlength="200" /></div>
  </div>`
}

export function by(me: Me | null, value: (id: string) => string): Readonly<Record<string, string>> {
  return me?.origin === 'local' ? { author: value('author'), department: value('department') } : {}
}

export const open = (workbench: Workbench) => equipped<PublicationDesk>('publication-desk', workbench)

customElements.define('publication-desk', PublicationDesk)

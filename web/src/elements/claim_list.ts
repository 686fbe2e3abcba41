import { css, html, nothing } from 'lit'
import { fetchTold, type Answer, type Claim, type Told } from '../claims'
import { readable } from '../clock'
import { ServerProblem } from '../config'
import { named, say } from '../language'
import '../messages/works'
import { partStyle } from './part_style'
import { Spoken } from './spoken'
import { theme } from './theme'

/** 主张: each question with what the sources say, those that differ side by side, and which is shown and why. */
export class ClaimList extends Spoken {
  static override properties = { answers: { attribute: false }, told: { state: true }, problem: { state: true } }
  declare answers: readonly Answer[]
  /** The history of claims that were opened. */
  declare told: ReadonlyMap<string, Told>
  declare problem: string | null
  #abort = new AbortController()

  constructor() {
    super()
    this.told = new Map()
    this.problem = null
  }

  static override styles = [
    theme,
    partStyle,
    css`
      .answer {
        border-top: 1px solid var(--rule);
        padding: 8px 0;
      }
      h4 {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 8px;
        margin: 0 0 4px;
        font-size: 13px;
        font-weight: 600;
      }
      .conflict {
        border-radius: 4px;
        background: var(--warn-soft);
        padding: 0 6px;
        color: var(--warn);
        font-size: 12px;
        font-weight: 400;
      }
      .sides {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(136px, 1fr));
        gap: 8px;
      }
      .claim {
        border: 1px solid var(--rule);
        border-radius: 8px;
        padding: 6px 8px;
        font-size: 12px;
        overflow-wrap: anywhere;
      }
      .claim.shown {
        border-color: var(--accent);
        background: var(--accent-soft);
      }
      .claim b {
        font-size: 14px;
      }
      .claim .mark {
        float: right;
        color: var(--accent);
        font-weight: 600;
      }
      .claim details {
        margin-top: 4px;
        padding: 2px 6px;
      }
      .claim summary {
        font-size: 12px;
      }
      .choice {
        margin-top: 6px;
        font-size: 12px;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    this.#abort = new AbortController()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#abort.abort()
  }

  override render() {
    return html`${this.problem ? html`<p class="bad" role="alert">${this.problem}</p>` : nothing} ${this.answers.map((each) => this.#answer(each))}`
  }

  #answer(answer: Answer) {
    const { title, scope, applies_to, conflict, shown, choice, groups, claims } = answer
    const part = [scope, applies_to].filter(Boolean).join(say('comma'))
    const sorted = groups.flatMap((group) => claims.filter(({ id }) => group.includes(id)))
    const rest = claims.filter((each) => !sorted.includes(each))
    return html`<div class="answer">
      <h4>
        <span>${named(title)}${part ? say('claimOf', { part }) : ''}</span>
        ${conflict ? html`<span class="conflict">${say('claimConflict')}</span>` : nothing}
      </h4>
      <div class="sides">${[...sorted, ...rest].map((each) => this.#claim(each, each.id === shown, answer))}</div>
      ${conflict && !shown ? html`<p class="warn">${say('claimOpen')}</p>` : nothing}
      ${
        choice
          ? html`<p class="choice">${say('claimChosen', { from: readable(choice.from), by: choice.chosen_by, department: choice.department, reason: choice.reason })}</p>`
          : nothing
      }
    </div>`
  }

  #claim(claim: Claim, shown: boolean, { conflict }: Answer) {
    const { document, page, date, author } = claim.source
    const told = this.told.get(claim.id)
    return html`<div class="claim ${shown ? 'shown' : ''}">
      ${shown && conflict ? html`<span class="mark">✓ ${say('claimShown')}</span>` : nothing}
      <p><b>${named(claim.told)}</b></p>
      <p>${document}</p>
      <p>${page ? say('claimPage', { page }) : say('claimNoPage')} · ${date || say('claimNoDate')}${author ? ` · ${author}` : ''}</p>
      <p>${named(claim.standing_title)}</p>
      ${claim.note ? html`<p>${say('claimNote')}${say('colon')}${claim.note}</p>` : nothing}
      <details @toggle=${(event: Event) => void this.#open(claim, event)}>
        <summary>${say('claimTold')}</summary>
        <p>${say('claimBy')}${say('colon')}${claim.entered_by}(${claim.department}) ${readable(claim.entered_at)}</p>
        ${told ? this.#history(told, claim) : nothing}
      </details>
    </div>`
  }

  #history({ history, choices }: Told, claim: Claim) {
    return html`<ul>
      ${history.map(
        ({ recorded_at, by, department, standing }) =>
          html`<li>${say('claimStood', { time: readable(recorded_at), by, department, standing: standing === claim.standing ? named(claim.standing_title) : standing })}</li>`,
      )}
      ${choices.map(
        (each) =>
          html`<li>${say(each.claim === claim.id ? 'claimChosenThis' : 'claimChosenOther', { from: readable(each.from), reason: each.reason })}</li>`,
      )}
    </ul>`
  }

  async #open({ id }: Claim, event: Event): Promise<void> {
    if (!(event.target as HTMLDetailsElement).open || this.told.has(id)) return
    const { signal } = this.#abort
    try {
      const told = await fetchTold(id, signal)
      this.told = new Map([...this.told, [id, told]])
    } catch (cause) {
      if (signal.aborted) return
      if (!(cause instanceof ServerProblem)) throw cause
      this.problem = cause.words
    }
  }
}

customElements.define('claim-list', ClaimList)

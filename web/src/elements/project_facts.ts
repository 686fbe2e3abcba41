import { css, html, nothing, type PropertyValues } from 'lit'
import { ACTIVITIES, JUSTIFIED, NUMBERS, STAGES, TEXTS, USE, useOf, wrongIn, type Written } from '../compliance_facts'
import { named, say } from '../language'
import type { Message } from '../messages'
import '../messages/planning'
import type { Code, Title } from '../model'
import { printStyle } from './print_style'
import { Spoken } from './spoken'
import { theme } from './theme'

/** 项目情况: what is intended on the site. Fires `written` when something is said, `ask` for a check. */
export class ProjectFacts extends Spoken {
  static override properties = {
    written: { attribute: false },
    classes: { attribute: false },
    when: { attribute: false },
    busy: { attribute: false },
    wrong: { state: true },
  }
  declare written: Written
  /** 用地用海分类: classes on offer. */
  declare classes: readonly Code[]
  /** The times of the check, in words. */
  declare when: string
  declare busy: boolean
  /** Names of the fields that hold no number. */
  declare wrong: readonly string[]

  constructor() {
    super()
    this.written = {}
    this.classes = []
    this.when = ''
    this.busy = false
    this.wrong = []
  }

  static override styles = [
    theme,
    printStyle,
    css`
      :host {
        margin-top: 14px;
        border-top: 1px solid var(--rule);
        padding: 12px 0 0;
      }
      h3 {
        font-size: 13px;
        font-weight: 600;
      }
      label small {
        color: var(--ink-3);
        font-size: 12px;
      }
      details {
        margin-top: 12px;
        border: 1px solid var(--rule);
        border-radius: 8px;
        padding: 5px 10px;
      }
      details[open] {
        padding-bottom: 10px;
      }
      summary {
        color: var(--ink-2);
        font-size: 13px;
        cursor: pointer;
      }
      select {
        padding: 4px 6px;
      }
      .pair label {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .run {
        display: flex;
        gap: 12px;
        align-items: center;
        margin-top: 14px;
      }
      .run p {
        flex: 1;
        color: var(--ink-2);
        font-size: 12px;
      }
    `,
  ]

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('written')) this.wrong = this.wrong.filter((name) => wrongIn(this.written).includes(name))
  }

  override render() {
    const said = [...NUMBERS, ...TEXTS, [JUSTIFIED]].filter(([name = '']) => this.written[name]).length
    return html`<form
      novalidate
      @submit=${(event: SubmitEvent) => {
        event.preventDefault()
        this.#ask()
      }}
    >
      <h3>${say('factsHeading')}</h3>
      <div class="pair">
        <div>${this.#choice('stage', 'factStage', STAGES)}</div>
        <div>${this.#choice('activity', 'factActivity', ACTIVITIES)}</div>
      </div>
      ${this.#use()}
      <details id="more">
        <summary>${said ? say('factMoreSaid', { count: said }) : say('factMore')}</summary>
        <div class="pair">${TEXTS.map(([name, label]) => html`<div>${this.#text(name, label, '')}</div>`)}</div>
        <div class="pair">
          ${NUMBERS.map(([name, label, unit]) => html`<div>${this.#text(name, label, unit)}</div>`)}
        </div>
        <label class="check">
          <input
            type="checkbox"
            .checked=${Boolean(this.written[JUSTIFIED])}
            @change=${(event: Event) => this.#say(JUSTIFIED, (event.target as HTMLInputElement).checked ? 'true' : '')}
          />
          ${say('factJustified')}
        </label>
      </details>
      <div class="run">
        <button class="primary" aria-disabled=${this.busy}>${say(this.busy ? 'checkRunning' : 'checkRun')}</button>
        <p>${this.when}<br />${say('factWhatFor')}</p>
      </div>
    </form>`
  }

  #choice(name: string, label: Message, choices: Readonly<Record<string, Title>>) {
    const chosen = this.written[name] ?? ''
    return html`<label for=${name}>${say(label)}</label>
      <select id=${name} @change=${(event: Event) => this.#say(name, (event.target as HTMLSelectElement).value)}>
        <option value="" ?selected=${!chosen}>${say('factUnsaid')}</option>
        ${Object.entries(choices).map(
          ([value, title]) => html`<option value=${value} ?selected=${value === chosen}>${named(title)}</option>`,
        )}
      </select>`
  }

  #use() {
    const text = this.written[USE] ?? ''
    const found = this.classes.find(({ value }) => value === useOf(text))
    const told = found && !text.includes(found.title.zh) ? found.title.zh : ''
    return html`<label for=${USE}>
        ${say('factUse')} <small lang="zh-CN">${told || say('factUseForm')}</small>
      </label>
      <input
        id=${USE}
        type="text"
        list="classes"
        autocomplete="off"
        spellcheck="false"
        .value=${text}
        @input=${(event: Event) => this.#say(USE, (event.target as HTMLInputElement).value.trim())}
      />
      <datalist id="classes" lang="zh-CN">
        ${this.classes.map(({ value, title }) => html`<option value="${value} ${title.zh}"></option>`)}
      </datalist>`
  }

  #text(name: string, label: Message, unit: string) {
    const number = NUMBERS.some(([each]) => each === name)
    const wrong = this.wrong.includes(name)
    const text = this.written[name] ?? ''
    return html`<label for=${name}>${say(label)} ${unit ? html`<small>${unit}</small>` : nothing}</label>
      <input
        id=${name}
        type="text"
        inputmode=${number ? 'decimal' : 'text'}
        maxlength="200"
        autocomplete="off"
        aria-invalid=${wrong}
        aria-describedby=${wrong ? `${name}-wrong` : nothing}
        .value=${text}
        @input=${(event: Event) => this.#say(name, (event.target as HTMLInputElement).value.trim())}
      />
      ${
        wrong
          ? html`<p class="bad" id="${name}-wrong" role="alert">${say('factBad', { name: say(label), text })}</p>`
          : nothing
      }`
  }

  #say(name: string, text: string): void {
    this.written = { ...this.written, [name]: text }
    this.dispatchEvent(new CustomEvent('written', { detail: this.written }))
  }

  #ask(): void {
    this.wrong = wrongIn(this.written)
    const [first] = this.wrong
    if (first) {
      this.renderRoot.querySelector<HTMLDetailsElement>('#more')?.setAttribute('open', '')
      this.renderRoot.querySelector<HTMLElement>(`#${first}`)?.focus()
    } else if (!this.busy) this.dispatchEvent(new CustomEvent('ask'))
  }
}

customElements.define('project-facts', ProjectFacts)

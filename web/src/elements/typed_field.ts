import { html, nothing, type TemplateResult } from 'lit'
import { say } from '../language'
import type { Message } from '../messages'
import { wrongWords, type Wrong } from '../scenario_typed'

/** What is typed into one line, with its label above and what is wrong with it below. */
export interface Typed {
  readonly id: string
  readonly title: Message
  readonly value: string
  readonly fault: Wrong | null | undefined
  readonly mode?: 'decimal' | 'numeric'
}

/** One line of text, as the editor of scenarios asks for figures and names. */
export function typedField({ id, title, value, fault, mode }: Typed, told: (text: string) => void): TemplateResult {
  return html`<label for=${id}>${say(title)}</label>
    <input
      id=${id}
      type="text"
      inputmode=${mode ?? nothing}
      autocomplete="off"
      aria-invalid=${Boolean(fault)}
      aria-describedby=${fault ? `${id}-fault` : nothing}
      .value=${value}
      @input=${(event: Event) => told((event.target as HTMLInputElement).value)}
    />
    ${faultBelow(id, fault)}`
}

/** What is wrong with the field of this id. */
export function faultBelow(id: string, fault: Wrong | null | undefined): TemplateResult | typeof nothing {
  return fault ? html`<p class="fault" id="${id}-fault">${wrongWords(fault)}</p>` : nothing
}

import { html, nothing } from 'lit'
import { say } from '../language'
import { faultsOf } from '../link_faults'
import '../messages/link'
import type { Config } from '../model'
import { noteStyle } from './note_style'
import { Spoken } from './spoken'
import { theme } from './theme'

const FEW = 4

/** What of a link cannot be shown, in words. Fires `close`. */
export class LinkNote extends Spoken {
  static override properties = { link: { attribute: false }, config: { attribute: false } }
  /** The fragment of the address, as it was opened. */
  declare link: string
  declare config: Config

  static override styles = [theme, noteStyle]

  override render() {
    const faults = faultsOf(this.link, this.config.layers)
    if (!faults.length) return nothing
    const told = faults.slice(0, FEW).map(({ kind, said }) => say(kind, { said }))
    const rest = faults.length > FEW ? [say('linkMore', { count: faults.length - FEW })] : []
    return html`<div class="note warn" role="alert">
      <span>${say('linkDoubt')}${say('colon')}${[...told, ...rest].join('; ')}</span>
      <button class="plain" aria-label=${say('close')} title=${say('close')} @click=${() => this.#close()}>✕</button>
    </div>`
  }

  #close(): void {
    this.dispatchEvent(new CustomEvent('close'))
  }
}

customElements.define('link-note', LinkNote)

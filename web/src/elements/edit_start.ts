import { html, nothing } from 'lit'
import { mayEdit, type Me } from '../identity'
import { nameOf } from '../items'
import { named, say } from '../language'
import '../messages/card'
import '../messages/editing'
import type { Layer } from '../model'
import { editStyle } from './edit_style'
import type { Shown } from './feature_card'
import { Spoken } from './spoken'
import { theme } from './theme'

/** What is to be edited. */
export type Begin =
  | { readonly action: 'create'; readonly layer: string }
  | { readonly action: 'change' | 'remove'; readonly layer: string; readonly fid: string }

/** Where an edit begins: the selected feature, or a layer for a new one, those that are drawn first. Fires `begin`. */
export class EditStart extends Spoken {
  static override properties = {
    me: { attribute: false },
    layers: { attribute: false },
    shown: { attribute: false },
    busy: { attribute: false },
    told: { attribute: false },
  }
  declare me: Me
  declare layers: readonly Layer[]
  /** The selected feature. */
  declare shown: Shown | null
  declare busy: boolean
  /** What went wrong, ready to be shown. */
  declare told: unknown

  static override styles = [theme, editStyle]

  override render() {
    const own = this.layers.filter(({ id }) => mayEdit(this.me, id))
    own.sort((one, other) => Number(one.geometry === null) - Number(other.geometry === null))
    return html`
      <div class="body">
        <h3 tabindex="-1">${say('editFeature')}</h3>
        ${this.#selected()} ${this.told}
        ${this.busy ? html`<p class="words" role="status">${say('editReading')}</p>` : nothing}
        ${own.length ? this.#creation(own) : this.#nobody()}
      </div>
    `
  }

  async focusHeading(): Promise<void> {
    await this.updateComplete
    this.renderRoot.querySelector('h3')?.focus()
  }

  #selected() {
    const { shown } = this
    if (!shown) return html`<p class="words">${say('editChoose')}</p>`
    const { layer, fid, feature } = shown
    const begin = (action: 'change' | 'remove') => this.#say({ action, layer: layer.id, fid })
    return html`
      <p class="words">
        ${say('editOfSelected')}${say('colon')}<b lang="zh-CN">${nameOf(layer, fid, feature?.properties)}</b> · ${named(layer.title)}
      </p>
      ${
        mayEdit(this.me, layer.id)
          ? html`<div class="actions">
              <button class="do" @click=${() => begin('change')}>${say('editSelected')}</button>
              <button class="risky" @click=${() => begin('remove')}>${say('removeSelected')}</button>
            </div>`
          : html`<p class="hint">${say('editNotYours', { steward: layer.steward })}</p>`
      }
    `
  }

  #creation(own: readonly Layer[]) {
    const begin = () => {
      const layer = this.renderRoot.querySelector<HTMLSelectElement>('#layer')?.value
      if (layer) this.#say({ action: 'create', layer })
    }
    return html`
      <h4>${say('createFeature')}</h4>
      <label for="layer">${say('editInLayer')}</label>
      <div class="line">
        <select id="layer">
          ${own.map((layer) => html`<option value=${layer.id}>${named(layer.title)}</option>`)}
        </select>
        <button @click=${begin}>${say('editBegin')}</button>
      </div>
    `
  }

  #nobody() {
    const out = this.me.origin === 'anonymous'
    return html`
      <p class="words">${say(out ? 'editSignIn' : 'editNobody')}</p>
      ${out ? html`<div class="actions">${signInButton()}</div>` : nothing}
    `
  }

  #say(detail: Begin): void {
    this.dispatchEvent(new CustomEvent('begin', { detail }))
  }
}

/** Opens the page's dialog for signing in. */
export function signInButton() {
  return html`<button class="do" @click=${() => window.dispatchEvent(new Event('onemap-sign-in'))}>${say('signIn')}</button>`
}

customElements.define('edit-start', EditStart)

import { css, html } from 'lit'
import { isPaired, spanOf } from '../compare'
import { say } from '../language'
import '../messages/card'
import type { Config, FeatureRef, MapState, Times } from '../model'
import './change_card'
import type { ChangeCard } from './change_card'
import './feature_card'
import type { FeatureCard, Shown } from './feature_card'
import { Spoken } from './spoken'

/**
 * The selected feature: as it stands on the map it was picked on, or what became of it.
 *
 * Fires `close`, `choose` with one of the candidates, `edit`, and `state` with what is to change.
 */
export class SelectedCard extends Spoken {
  static override properties = {
    config: { attribute: false },
    state: { attribute: false },
    shown: { attribute: false },
    candidates: { attribute: false },
    names: { attribute: false },
    revision: { attribute: false },
  }
  declare config: Config
  declare state: MapState
  declare shown: Shown
  declare candidates: readonly FeatureRef[]
  declare names: ReadonlyMap<string, string>
  /** Another one: what differs may have become otherwise. */
  declare revision: string

  static override styles = css`
    :host {
      display: flex;
      flex-direction: column;
      overflow: hidden;
    }
    feature-card,
    change-card {
      min-height: 0;
    }
  `

  override render() {
    const { layer, fid } = this.shown
    const span = spanOf(this.state, this.config)
    const escape = (event: KeyboardEvent) => {
      if (event.key === 'Escape') this.#fire('close', null)
    }
    if (span?.layer === layer.id) {
      return html`<change-card
        role="region"
        aria-label=${say('changeCard')}
        .layer=${layer}
        .fid=${fid}
        .span=${span}
        .revision=${this.revision}
        @close=${() => this.#fire('close', null)}
        @keydown=${escape}
      ></change-card>`
    }
    const paired = isPaired(this.state)
    const other = paired && this.state.compare?.picked ? this.state.compare : null
    return html`<feature-card
      role="region"
      aria-label=${say('attributes')}
      .shown=${this.shown}
      .times=${other ?? this.state}
      .side=${paired ? (other ? 'otherMap' : 'ownMap') : null}
      .layers=${this.config.layers}
      .candidates=${this.candidates}
      .names=${this.names}
      @close=${() => this.#fire('close', null)}
      @choose=${(event: CustomEvent<FeatureRef>) => this.#fire('choose', event.detail)}
      @times=${(event: CustomEvent<Times>) =>
        this.#fire('state', other ? { compare: { ...other, ...event.detail } } : event.detail)}
      @edit=${(event: CustomEvent<string>) => this.#fire('edit', event.detail)}
      @keydown=${escape}
    ></feature-card>`
  }

  /** Puts the keyboard's focus on the card's heading. */
  async focusHeading(): Promise<void> {
    await this.updateComplete
    const card = this.renderRoot.querySelector<FeatureCard | ChangeCard>('feature-card, change-card')
    await card?.updateComplete
    card?.focusHeading()
  }

  #fire(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail }))
  }
}

customElements.define('selected-card', SelectedCard)

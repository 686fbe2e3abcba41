import { css, html, nothing } from 'lit'
import type { Standing } from '../process'
import { Spoken } from './spoken'
import { theme } from './theme'

/** 任务进度: how far a job is, what it does, and a way to give it up. Fires `cancel`. */
export class JobLine extends Spoken {
  static override properties = { standing: { attribute: false }, label: { attribute: false }, cancel: { attribute: false } }
  /** null: not told yet. */
  declare standing: Standing | null
  declare label: string
  /** What giving up is called. */
  declare cancel: string

  constructor() {
    super()
    this.standing = null
  }

  static override styles = [
    theme,
    css`
      :host {
        display: block;
      }
      .line {
        display: flex;
        gap: 10px;
        align-items: center;
      }
      progress {
        flex: 1;
        min-width: 60px;
        accent-color: var(--accent);
      }
      .small {
        color: var(--ink-2);
        font-size: 12px;
        font-variant-numeric: tabular-nums;
      }
    `,
  ]

  override render() {
    const { progress = 0, message = '' } = this.standing ?? {}
    return html`<div class="line">
        <progress max="100" value=${progress} aria-label=${this.label}></progress>
        <span class="small">${progress}%</span>
        <button @click=${() => this.dispatchEvent(new CustomEvent('cancel'))}>${this.cancel}</button>
      </div>
      ${message ? html`<p class="small">${message}</p>` : nothing}`
  }
}

customElements.define('job-line', JobLine)

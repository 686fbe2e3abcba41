import { css, html, nothing } from 'lit'
import type { Group } from '../group'
import { language, named, say } from '../language'
import '../messages/groups'
import type { Layer } from '../model'
import { Spoken } from './spoken'
import { theme } from './theme'

const MOST_CLASSES = 6
const M2_PER_HA = 10_000

/** What several features shown as one are, beside where they were clicked. Fires `nearer` and `close`. */
export class GroupNote extends Spoken {
  static override properties = { group: { attribute: false } }
  declare group: Group

  static override styles = [
    theme,
    css`
      :host {
        position: absolute;
        top: 0;
        left: 0;
        z-index: 2;
        width: max-content;
        max-width: min(300px, calc(100% - 24px));
        border-radius: var(--radius);
        padding: 10px 14px 12px;
        background: var(--card);
        box-shadow: var(--shadow);
        cursor: default;
        user-select: text;
      }
      header {
        display: flex;
        align-items: baseline;
        justify-content: space-between;
        gap: 12px;
      }
      h2 {
        font-size: 14px;
      }
      li {
        display: flex;
        align-items: center;
        gap: 8px;
      }
      li span:first-of-type {
        flex: 1;
      }
      .number {
        font-variant-numeric: tabular-nums;
      }
      .why {
        margin: 6px 0 8px;
        color: var(--ink-2);
        font-size: 12px;
      }
    `,
  ]

  override connectedCallback(): void {
    super.connectedCallback()
    this.setAttribute('role', 'region')
    this.addEventListener('keydown', this.#keyed)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.removeEventListener('keydown', this.#keyed)
  }

  /** Gives the keyboard to the way nearer. */
  focusFirst(): void {
    this.renderRoot.querySelector<HTMLElement>('.nearer')?.focus()
  }

  override render() {
    const { layer, classes } = this.group
    const title = named(layer.title)
    this.setAttribute('aria-label', title)
    return html`
      <header>
        <h2>${title}</h2>
        <button class="plain" aria-label=${say('close')} @click=${() => this.#fire('close')}>×</button>
      </header>
      <p role="status">${this.#summary()}</p>
      ${classes.length ? html`<ul>${classes.slice(0, MOST_CLASSES).map((each) => this.#class(layer, each))}</ul>` : nothing}
      ${classes.length > MOST_CLASSES ? html`<p>${say('groupMore', { count: classes.length - MOST_CLASSES })}</p>` : nothing}
      <p class="why">${say('groupWhy')}</p>
      <button class="nearer" @click=${() => this.#fire('nearer')}>${say('groupNearer')}</button>
    `
  }

  #summary(): string {
    const { count, area_m2 } = this.group
    if (area_m2 === null) return say('groupCount', { count: grouped(count) })
    const area = grouped(Math.max(area_m2 / M2_PER_HA, 0.1))
    return count ? say('groupPatch', { count: grouped(count), area }) : say('groupPatchOnly', { area })
  }

  #class(layer: Layer, [code, count]: readonly [string, number]) {
    const { by, entries, color } = layer.legend
    const told = layer.fields.find(({ name }) => name === by)?.codes.find(({ value }) => value === code)
    const name = told ? `${named(told.title)} ${code}` : code || say('groupOther')
    const entry = entries.find((each) => String(each.code) === code)
    return html`<li>
      <svg width="12" height="12" aria-hidden="true"><rect width="12" height="12" rx="3" fill=${entry?.color ?? color}></rect></svg>
      <span>${name}</span>
      ${this.group.area_m2 === null ? html`<span class="number">${grouped(count)}</span>` : nothing}
    </li>`
  }

  readonly #keyed = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') this.#fire('close')
    // The map's own keys are not meant here.
    event.stopPropagation()
  }

  #fire(name: 'nearer' | 'close'): void {
    this.dispatchEvent(new CustomEvent(name))
  }
}

function grouped(value: number): string {
  const options = { maximumFractionDigits: value < 10 ? 1 : 0 }
  return new Intl.NumberFormat(language() === 'zh' ? 'zh-CN' : 'en', options).format(value)
}

customElements.define('group-note', GroupNote)

/** A figure in the list: its sign, and the words and the colour that can be changed. */
import { html, svg } from 'lit'
import { say } from '../language'
import '../messages/sketch'
import { COLORS, type Figure } from '../figure'

export function signOf({ geometry, color }: Figure) {
  const kind = geometry.type.endsWith('Point') ? 'point' : geometry.type.endsWith('String') ? 'line' : 'area'
  const shapes = {
    point: svg`<circle cx="9" cy="9" r="4" fill="#ffffff" stroke=${color} stroke-width="2.4"></circle>`,
    line: svg`<path d="M2 14 7 6l4 5 5-8" fill="none" stroke=${color} stroke-width="2.4"></path>`,
    area: svg`<path d="M3 14 4 5l10-2 1 11z" fill=${color} fill-opacity="0.16" stroke=${color} stroke-width="2.2"></path>`,
  }
  return html`<svg class="sign" viewBox="0 0 18 18" aria-hidden="true">${shapes[kind]}</svg>`
}

/** `called` is how the figure is called where it has no name of its own. */
export function wordsOf(figure: Figure, called: string, alter: (change: Partial<Figure>) => void) {
  const valueOf = (event: Event) => (event.target as HTMLInputElement | HTMLTextAreaElement).value.trim()
  return html`<div class="words">
    <label for="figure-name">${say('figureName')}</label>
    <input
      id="figure-name"
      maxlength="80"
      autocomplete="off"
      placeholder=${called}
      .value=${figure.name}
      @change=${(event: Event) => alter({ name: valueOf(event) })}
    />
    <label for="figure-note">${say('figureNote')}</label>
    <textarea
      id="figure-note"
      rows="2"
      maxlength="500"
      .value=${figure.note}
      @change=${(event: Event) => alter({ note: valueOf(event) })}
    ></textarea>
    <span>${say('figureColor')}</span>
    <div class="colors" role="group" aria-label=${say('figureColor')}>
      ${COLORS.map(
        (color, number) => html`<button
          aria-label=${say('colorNumber', { number: number + 1 })}
          aria-pressed=${color === figure.color}
          @click=${() => alter({ color })}
        >
          <svg viewBox="0 0 20 20" aria-hidden="true">
            ${svg`<circle cx="10" cy="10" r="10" fill=${color}></circle>`}
          </svg>
        </button>`,
      )}
    </div>
  </div>`
}

const ICONS = {
  zoom: 'M8.5 3.5a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM12.2 12.2 17 17M8.5 6v5M6 8.5h5',
  reshape: 'M4 15 5 5l9-1 2 11zM4 15m-1.5 0a1.5 1.5 0 1 0 3 0 1.5 1.5 0 0 0-3 0M14 4m-1.5 0a1.5 1.5 0 1 0 3 0 1.5 1.5 0 0 0-3 0',
  remove: 'M4 6h12M8 6V4h4v2M5.5 6l.8 11h7.4l.8-11M8.5 9v5M11.5 9v5',
} as const
export type Icon = keyof typeof ICONS

export function iconOf(icon: Icon) {
  return html`<svg viewBox="0 0 20 20" aria-hidden="true">
    ${svg`<path d=${ICONS[icon]} fill="none" stroke="currentColor" stroke-width="1.5"
      stroke-linejoin="round" stroke-linecap="round"></path>`}
  </svg>`
}

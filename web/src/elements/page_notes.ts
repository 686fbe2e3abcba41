/** What stands on the page in place of what cannot be shown. */
import { html } from 'lit'
import type { ServerProblem } from '../config'
import { say } from '../language'

export function opening() {
  return html`<div class="whole" aria-busy="true"><div class="progress"></div>
    <p>${say('readingLayers')}</p></div>`
}

export function failed(problem: ServerProblem, again: () => void) {
  return html`
    <div class="whole" role="alert">
      <h1>${say('oneMap')}</h1>
      <p>${problem.words}</p>
      <p>${say('isItUp')} <code>./onemap status</code></p>
      <button @click=${again}>${say('retry')}</button>
    </div>
  `
}

export function noLayers() {
  return html`<p class="card empty">${say('noLayers')} <code>./onemap load</code></p>`
}

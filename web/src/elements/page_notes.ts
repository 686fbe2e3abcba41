/** What stands on the page in place of what cannot be shown, and notes of what became of it. */
import { html, nothing } from 'lit'
import type { ServerProblem } from '../config'
import { say } from '../language'
import type { LayerNews } from '../layer_news'
import type { Config, MapState } from '../model'

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

/** What of a link cannot be shown. */
export function linkNote(link: string, config: Config, close: () => void) {
  return link ? html`<link-note .link=${link} .config=${config} @close=${close}></link-note>` : nothing
}

/** What became of layers while the page was open. */
export function newsNote(
  news: readonly LayerNews[],
  state: MapState,
  show: (ids: readonly string[]) => void,
  close: () => void,
) {
  if (!news.length) return nothing
  return html`<layer-news
    .news=${news}
    .state=${state}
    @show=${(event: CustomEvent<readonly string[]>) => show(event.detail)}
    @close=${close}
  ></layer-news>`
}

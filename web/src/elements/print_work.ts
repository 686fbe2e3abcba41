import { html, nothing } from 'lit'
import { say } from '../language'
import '../messages/print'
import type { PrintedFile } from '../print_sheet'

/** How far the making of a sheet has come. */
export type Work =
  | { readonly kind: 'none' | 'stopped' }
  | { readonly kind: 'drawing'; readonly seconds: number }
  | { readonly kind: 'receiving'; readonly share: number }
  | { readonly kind: 'done'; readonly file: PrintedFile; readonly href: string }
  | { readonly kind: 'failed'; readonly words: string }

/** What the panel tells of it. */
export function told(work: Work) {
  if (work.kind === 'failed') return html`<p class="told wrong" role="alert">${work.words}</p>`
  if (work.kind === 'done') {
    const { name, blob } = work.file
    const size = (blob.size / 1e6).toFixed(2)
    return html`<p class="told" role="status">
      ${say('printDone', { name, size })}
      <a href=${work.href} download=${name}>${say('printAgain')}</a>
    </p>`
  }
  if (work.kind === 'drawing') {
    // Spoken without the seconds: a count would talk over everything else.
    return html`<div class="told">
      <span aria-hidden="true">${say('printDrawing', { seconds: work.seconds })}</span>
      <span class="spoken" role="status">${say('printBusy')}</span>
      <progress aria-label=${say('printBusy')}></progress>
    </div>`
  }
  if (work.kind === 'receiving') {
    const percent = Math.round(work.share * 100)
    return html`<div class="told">
      ${say('printReceiving', { percent })}
      <progress aria-label=${say('printBusy')} max="100" value=${percent}></progress>
    </div>`
  }
  return work.kind === 'stopped' ? html`<p class="told" role="status">${say('printStopped')}</p>` : nothing
}

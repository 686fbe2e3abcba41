import { css, html, nothing } from 'lit'
import { holds } from '../archive'
import { verdictOf, type Proven, type Verdict } from '../archive_proof'
import { say } from '../language'
import type { Message } from '../messages'
import '../messages/archive'
import { partStyle } from './part_style'
import { Spoken } from './spoken'
import { theme } from './theme'

const WORDS: Readonly<Record<Verdict, Message>> = {
  sound: 'proofSound',
  tampered: 'proofTampered',
  partial: 'proofPartial',
}

/** What the browser found on the way from the files of a version to the root that was published. */
export class ArchiveProofCard extends Spoken {
  static override properties = { proven: { attribute: false }, paper: { state: true } }
  declare proven: Proven
  /** A root that somebody has from elsewhere. */
  declare paper: string

  constructor() {
    super()
    this.paper = ''
  }

  static override styles = [
    theme,
    partStyle,
    css`
      .card {
        margin-top: 8px;
        border: 1px solid var(--rule-2);
        border-radius: 8px;
        box-shadow: none;
        padding: 8px 12px;
      }
      .card.sound {
        border-color: #12703f;
      }
      .card.tampered {
        border-color: var(--seal);
        background: var(--seal-soft);
      }
      .verdict {
        font-weight: 600;
      }
      .sound .verdict {
        color: #12703f;
      }
      .tampered .verdict {
        color: var(--seal);
      }
      dd {
        font-size: 13px;
      }
    `,
  ]

  override render() {
    const { proven } = this
    const { entry, inventory, files, unread } = proven
    const verdict = verdictOf(proven)
    const altered = [...files.values()].filter((each) => each !== 'sound').length
    const root = entry.day ? say('proofOfDay', { day: entry.day.day, size: entry.size }) : say('proofOfNow', { size: entry.size })
    return html`<div class="card ${verdict}">
      <p class="verdict">${say(WORDS[verdict])}</p>
      <dl>
        <dt>${say('proofEntry')}</dt>
        <dd>${say(holds(entry) ? 'proofEntryHolds' : 'proofEntryBroken', { index: entry.index + 1, root })}</dd>
        <dt>${say('proofInventory')}</dt>
        <dd>${inventory === null ? say('proofNotRead', { why: unread }) : say(inventory ? 'proofInventoryHolds' : 'proofInventoryBroken')}</dd>
        ${
          files.size
            ? html`<dt>${say('proofFiles')}</dt>
                <dd>${altered ? say('proofFilesBroken', { count: altered }) : say('proofFilesHold', { count: files.size })}${inventory && unread ? ` · ${say('proofNotRead', { why: unread })}` : ''}</dd>`
            : nothing
        }
        <dt>${say('proofRoot')}</dt>
        <dd class="digest">${entry.expected}</dd>
      </dl>
      <label for="paper">${say('proofPaper')}</label>
      <input
        id="paper"
        type="text"
        autocomplete="off"
        spellcheck="false"
        .value=${this.paper}
        @input=${(event: Event) => {
          this.paper = (event.target as HTMLInputElement).value
        }}
      />
      <p class="small" role="status">${this.#compared(entry.expected)}</p>
    </div>`
  }

  #compared(root: string): string {
    const paper = this.paper.replace(/\s/g, '').toLowerCase()
    if (!paper) return ''
    return say(paper === root ? 'proofPaperSame' : 'proofPaperOther')
  }
}

customElements.define('archive-proof-card', ArchiveProofCard)

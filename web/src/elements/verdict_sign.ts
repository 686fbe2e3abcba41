/** The sign of a verdict: told by its shape and its words, not by its colour alone. */
import { css, html } from 'lit'
import type { VerdictId } from '../compliance'

const SIGNS: Readonly<Record<VerdictId, string>> = {
  breaches: '✕',
  undecided: '?',
  'needs-justification': '!',
  complies: '✓',
  'not-applicable': '–',
}

export function verdictSign(verdict: VerdictId) {
  return html`<span class="sign ${verdict}" aria-hidden="true">${SIGNS[verdict]}</span>`
}

export const verdictStyle = css`
  .sign {
    display: grid;
    flex: none;
    place-items: center;
    width: 20px;
    height: 20px;
    border-radius: 50%;
    background: var(--tone);
    color: #ffffff;
    font-size: 13px;
    font-weight: 700;
    line-height: 1;
  }
  .breaches {
    --tone: #a8362a;
    --ground: #fbeeeb;
  }
  .undecided {
    --tone: #5b3fa0;
    --ground: #f0ecf8;
  }
  .needs-justification {
    --tone: #7a5200;
    --ground: #fdf3dd;
  }
  .complies {
    --tone: #22663a;
    --ground: #e8f3ea;
  }
  .not-applicable {
    --tone: #5f6d73;
    --ground: #f0f2f1;
  }
  /* What is barred is square. */
  .sign.breaches {
    border-radius: 4px;
  }
`

import { css } from 'lit'

/** A list whose lines are buttons: the thing, and to the right what it is of. */
export const buttonRows = css`
  .rows button {
    display: flex;
    align-items: center;
    gap: 8px;
    width: 100%;
    border: 0;
    border-radius: 6px;
    padding: 4px 8px;
    font-size: 13px;
    line-height: 1.35;
    text-align: left;
  }
  .rows button:hover {
    background: var(--paper);
  }
  .rows button[aria-current] {
    background: var(--accent-soft);
    color: var(--accent);
    font-weight: 600;
  }
  .rows .of {
    margin-left: auto;
    max-width: 50%;
    color: var(--ink-3);
    font-size: 12px;
    font-weight: 400;
    text-align: right;
  }
`

import { css } from 'lit'

/** A note on the notice board that stays until it is closed. */
export const noteStyle = css`
  :host {
    display: block;
    max-width: min(100%, 640px);
    pointer-events: auto;
  }
  .note {
    display: flex;
    align-items: flex-start;
    gap: 10px;
    border: 1px solid transparent; /* seen in forced colours */
    border-radius: 12px;
    padding: 6px 8px 6px 16px;
    background: var(--card);
    box-shadow: var(--shadow);
    font-size: 13px;
    overflow-wrap: anywhere;
  }
  .note.warn {
    background: var(--warn-soft);
    color: var(--warn);
  }
  .line {
    display: block;
  }
  button {
    flex: none;
  }
  .plain {
    color: inherit;
  }
`

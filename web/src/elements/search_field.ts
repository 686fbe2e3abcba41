/** The field of the search box as it looks, read before what searches is. */
import { css, html } from 'lit'

export const fieldStyle = css`
  .field {
    display: flex;
    align-items: center;
    border: 1px solid var(--ink-3);
    border-radius: 9px;
    background: var(--card);
  }
  .field:focus-within {
    border-color: var(--accent);
    box-shadow: 0 0 0 1px var(--accent);
  }
  .field > svg {
    flex: none;
    margin-left: 10px;
    color: var(--ink-3);
  }
  .field input {
    flex: 1;
    min-width: 0;
    height: 36px;
    border: 0;
    border-radius: 9px;
    background: none;
    padding: 0 8px;
  }
  .field input:focus-visible {
    outline: none;
  }
  .field input::placeholder {
    color: var(--ink-3);
    opacity: 1;
  }
`

export const lens = () => html`<svg width="17" height="17" viewBox="0 0 17 17" aria-hidden="true">
  <path d="M7 1.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11zM11 11l4.5 4.5" fill="none"
    stroke="currentColor" stroke-width="1.6" stroke-linecap="round"></path>
</svg>`

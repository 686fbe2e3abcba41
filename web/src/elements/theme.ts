import { css } from 'lit'

/** What the parts of the page share; colours and fonts come from `page.css`. */
export const theme = css`
  :host {
    box-sizing: border-box;
    color: var(--ink);
    font: 14px/1.5 var(--sans);
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  h1,
  h2,
  h3,
  p,
  ul,
  ol,
  dl,
  dd,
  dt {
    margin: 0;
    padding: 0;
  }
  ul,
  ol {
    list-style: none;
  }
  button,
  input {
    font: inherit;
    color: inherit;
  }
  button {
    border: 1px solid var(--rule-2);
    border-radius: 8px;
    background: var(--card);
    padding: 3px 10px;
    cursor: pointer;
  }
  button:hover {
    border-color: var(--ink-3);
  }
  button:disabled,
  button[aria-disabled='true'] {
    cursor: default;
    opacity: 0.6;
  }
  button[aria-pressed='true'] {
    border-color: var(--accent);
    background: var(--accent-soft);
    color: var(--accent);
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }
  a {
    color: var(--accent);
    text-underline-offset: 3px;
  }
  .en {
    color: var(--ink-3);
    font-size: 12px;
    font-weight: 400;
    letter-spacing: 0.01em;
  }
  .card {
    border-radius: var(--radius);
    background: var(--card);
    box-shadow: var(--shadow);
  }
  .seal {
    display: inline-block;
    border: 1px solid var(--seal);
    border-radius: 4px;
    padding: 0 5px;
    background: var(--seal-soft);
    color: var(--seal);
    font-size: 12px;
    line-height: 18px;
    white-space: nowrap;
  }
  .plain {
    border: 0;
    background: none;
    padding: 4px 6px;
  }
  /* Read out, not shown. */
  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  /* Where the system's own colours take the place of these, what is chosen would look as all else. */
  @media (forced-colors: active) {
    .card {
      outline: 1px solid;
    }
    [aria-pressed='true']:not(:focus-visible),
    [aria-selected='true']:not(:focus-visible),
    [aria-current='true']:not(:focus-visible) {
      outline: 2px solid Highlight;
      outline-offset: -4px;
    }
  }
`

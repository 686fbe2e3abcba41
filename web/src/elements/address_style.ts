import { css } from 'lit'

/** What is told of an address, part by part. */
export const addressStyle = css`
  :host {
    display: block;
    padding: 12px 16px 18px;
  }
  h3 {
    margin: 16px 0 6px;
    font-size: 13px;
    font-weight: 600;
  }
  h3:first-child {
    margin-top: 0;
  }
  .about,
  .when {
    color: var(--ink-2);
    font-size: 12px;
    font-variant-numeric: tabular-nums;
  }
  .when {
    margin-bottom: 4px;
  }
  .chips + .bad {
    margin-top: 8px;
  }
  .bad {
    font-size: 13px;
    color: var(--seal);
  }
  .text {
    font: 600 17px/1.45 var(--serif);
    overflow-wrap: anywhere;
  }
  .link {
    border: 0;
    background: none;
    padding: 2px 0;
    color: var(--accent);
    text-align: left;
    text-decoration: underline;
    text-underline-offset: 3px;
    overflow-wrap: anywhere;
  }
  li {
    padding: 2px 0;
    font-size: 13px;
    overflow-wrap: anywhere;
  }
`

import { css } from 'lit'

/** The result of a check: the verdict large, then rule by rule. */
export const findingStyle = css`
  :host {
    display: block;
    /* What is read out alone stands inside, or the page would grow by it. */
    position: relative;
    margin-top: 16px;
    border-top: 1px solid var(--rule);
    padding-top: 12px;
    font-variant-numeric: tabular-nums;
  }
  .overall {
    display: flex;
    gap: 12px;
    align-items: center;
    border: 1px solid var(--tone);
    border-radius: 10px;
    background: var(--ground);
    padding: 10px 14px;
  }
  .overall .sign {
    width: 38px;
    height: 38px;
    font-size: 23px;
  }
  .overall strong {
    display: block;
    color: var(--tone);
    font-size: 24px;
    line-height: 1.25;
  }
  .overall strong::first-letter,
  .what > span:first-child::first-letter {
    text-transform: uppercase;
  }
  .overall small {
    color: var(--ink-2);
    font-size: 12px;
  }
  .area {
    font-size: 15px;
    font-weight: 600;
  }
  .counts {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 12px;
    margin: 10px 0;
    font-size: 13px;
  }
  .counts li {
    display: flex;
    gap: 5px;
    align-items: center;
  }
  .counts .sign {
    width: 16px;
    height: 16px;
    font-size: 11px;
  }
  .hint {
    margin: 0 0 6px;
    color: var(--ink-2);
    font-size: 12px;
  }
  .warn {
    margin: 10px 0;
    border-radius: 8px;
    background: var(--warn-soft);
    padding: 8px 12px;
    color: var(--warn);
    font-size: 13px;
  }
  h3 {
    margin: 12px 0 4px;
    font-size: 13px;
    font-weight: 600;
  }
  .verdict {
    color: var(--tone);
    font-size: 12px;
    line-height: 21px;
    white-space: nowrap;
  }
  .what small {
    grid-column: 1 / -1;
    color: var(--ink-2);
    font-size: 12px;
    font-weight: 400;
  }
  .body {
    margin: 0 0 10px 10px;
    border-left: 2px solid var(--tone);
    padding: 2px 0 2px 16px;
    font-size: 13px;
  }
  .advice {
    font-weight: 600;
  }
  .group {
    margin-top: 8px;
  }
  .group > button {
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 0 8px;
    width: 100%;
    padding: 6px 10px;
    text-align: left;
  }
  .group > button .size {
    grid-column: 2;
    color: var(--ink-2);
    font-size: 12px;
  }
  .group > button[aria-pressed='true'] {
    border-color: var(--tone);
    background: var(--ground);
    color: inherit;
  }
  .group .sign {
    width: 18px;
    height: 18px;
    font-size: 12px;
  }
  .facts {
    margin: 2px 0 0 12px;
    font-size: 12px;
  }
  .feature {
    border: 0;
    background: none;
    padding: 0 6px 0 0;
    color: var(--accent);
    text-decoration: underline;
    text-underline-offset: 3px;
  }
  .folded {
    border-top: 1px solid var(--rule);
  }
  .folded > summary {
    padding: 8px 2px;
    cursor: pointer;
  }
  .folded > ul {
    padding-left: 12px;
  }
  .kept {
    margin-top: 12px;
    border-radius: 10px;
    background: var(--paper);
    padding: 10px 14px;
  }
  .kept label {
    display: block;
    font-size: 12px;
  }
  .id {
    display: flex;
    gap: 6px;
    margin: 3px 0 6px;
  }
  .id input {
    flex: 1;
    min-width: 0;
    border: 1px solid var(--rule-2);
    border-radius: 8px;
    background: var(--card);
    padding: 3px 8px;
    font-size: 12px;
  }
  .id button {
    flex: none;
  }
  .kept p {
    margin-bottom: 8px;
  }
`

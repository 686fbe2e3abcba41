import { css } from 'lit'

/** Sections of the planning panel: rows, forms and what was said; over the theme. */
export const planStyle = css`
  :host {
    display: block;
    position: relative;
    padding: 0;
    font-variant-numeric: tabular-nums;
  }
  h3 {
    margin: 14px 0 4px;
    font-size: 13px;
    font-weight: 600;
  }
  h4 {
    margin: 0;
    font-size: 14px;
    font-weight: 600;
  }
  .how,
  .small {
    color: var(--ink-2);
    font-size: 12px;
  }
  .row {
    border-top: 1px solid var(--rule);
    padding: 8px 0;
    overflow-wrap: anywhere;
  }
  .row > button.whole {
    display: grid;
    gap: 2px;
    width: 100%;
    border: 0;
    border-radius: 6px;
    background: none;
    padding: 2px;
    text-align: left;
  }
  .row > button.whole:hover {
    background: var(--paper);
  }
  .state {
    display: inline-block;
    border: 1px solid var(--rule-2);
    border-radius: 4px;
    padding: 0 5px;
    color: var(--ink-2);
    font-size: 12px;
    line-height: 18px;
    white-space: nowrap;
  }
  .state.open,
  .state.shown,
  .state.adopted {
    border-color: var(--accent);
    background: var(--accent-soft);
    color: var(--accent);
  }
  dl {
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 2px 12px;
    margin: 8px 0;
    font-size: 13px;
  }
  dt {
    color: var(--ink-2);
  }
  dd {
    overflow-wrap: anywhere;
  }
  .text {
    white-space: pre-line;
    overflow-wrap: anywhere;
  }
  .answer {
    margin-top: 6px;
    border-left: 3px solid var(--accent);
    padding: 2px 0 2px 10px;
    font-size: 13px;
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
    align-items: center;
    margin: 8px 0 0;
  }
  .main {
    border-color: var(--accent);
    background: var(--accent);
    color: #ffffff;
  }
  label {
    display: block;
    margin-top: 8px;
    color: var(--ink-2);
    font-size: 12px;
  }
  label.check {
    display: flex;
    gap: 6px;
    align-items: center;
    color: var(--ink);
    font-size: 13px;
  }
  input:not([type='checkbox']),
  select,
  textarea {
    width: 100%;
    border: 1px solid var(--rule-2);
    border-radius: 8px;
    background: var(--paper);
    padding: 5px 8px;
    color: inherit;
    font: inherit;
  }
  textarea {
    min-height: 84px;
    resize: vertical;
  }
  .pair {
    display: grid;
    grid-template-columns: 1fr 1fr;
    gap: 0 10px;
  }
  .box {
    margin-top: 14px;
    border: 1px solid var(--rule);
    border-radius: 10px;
    padding: 10px 14px 14px;
  }
  .box h3 {
    margin-top: 0;
  }
  .bad {
    margin-top: 8px;
    border-radius: 8px;
    background: var(--seal-soft);
    padding: 8px 12px;
    color: var(--seal);
    font-size: 13px;
    overflow-wrap: anywhere;
  }
  .good {
    margin-top: 8px;
    border-radius: 8px;
    background: var(--accent-soft);
    padding: 8px 12px;
    font-size: 13px;
    overflow-wrap: anywhere;
  }
  .code {
    font-family: var(--mono, monospace);
    font-size: 15px;
    font-weight: 600;
    user-select: all;
  }
  .swatches {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 12px;
    margin-top: 4px;
    font-size: 12px;
  }
  .swatches li {
    display: flex;
    gap: 5px;
    align-items: center;
  }
  summary {
    margin-top: 10px;
    color: var(--ink-2);
    font-size: 13px;
    cursor: pointer;
  }
  .box > summary:first-child {
    margin-top: 0;
  }
`

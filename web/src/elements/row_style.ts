import { css } from 'lit'

/** Rows that open 可展开的行, of the results of a check (`rule`) and of the parts of the panel (`row`); facts in pairs. */
export const rowStyle = css`
  .synthetic {
    display: flex;
    gap: 8px;
    align-items: center;
    margin: 8px 0;
    color: var(--ink-2);
    font-size: 12px;
  }
  .row,
  .rule {
    border-top: 1px solid var(--rule);
  }
  .row > button,
  .rule > button {
    display: flex;
    gap: 8px;
    align-items: flex-start;
    width: 100%;
    border: 0;
    border-radius: 6px;
    background: none;
    padding: 8px 2px;
    text-align: left;
  }
  .row > button:hover,
  .rule > button:hover {
    background: var(--paper);
  }
  .row > button[aria-expanded='true'],
  .rule > button[aria-expanded='true'] {
    font-weight: 600;
  }
  .what {
    display: grid;
    grid-template-columns: 1fr auto;
    flex: 1;
    gap: 0 8px;
    min-width: 0;
    overflow-wrap: anywhere;
  }
  dl {
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 2px 10px;
    margin: 4px 0;
    overflow-wrap: anywhere;
  }
  dt {
    color: var(--ink-2);
    font-size: 12px;
    line-height: 20px;
  }
  .small {
    color: var(--ink-2);
    font-size: 12px;
  }
`

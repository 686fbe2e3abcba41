import { css } from 'lit'

/** A dense table that scrolls both ways under its own headings. */
export const tableStyle = css`
  :host {
    display: flex;
    flex-direction: column;
    height: 100%;
    font-size: 13px;
  }
  .bar {
    display: flex;
    flex: none;
    flex-wrap: wrap;
    align-items: center;
    gap: 6px 14px;
    padding: 7px 16px;
  }
  .bar label {
    display: flex;
    align-items: center;
    gap: 6px;
    white-space: nowrap;
  }
  select,
  .bar input[type='text'] {
    border: 1px solid var(--rule-2);
    border-radius: 8px;
    background: var(--paper);
    padding: 3px 8px;
    font: inherit;
    color: inherit;
  }
  select {
    max-width: 13em;
  }
  form {
    display: flex;
    flex: 1 1 260px;
    gap: 6px;
    min-width: 200px;
  }
  form input {
    flex: 1;
    min-width: 0;
  }
  form input::placeholder {
    color: var(--ink-3);
    opacity: 1;
  }
  form input[aria-invalid='true'] {
    border-color: var(--seal);
    background: var(--seal-soft);
  }
  input[type='checkbox'] {
    margin: 0;
    accent-color: var(--accent);
  }
  .export {
    display: flex;
    gap: 10px;
    color: var(--ink-2);
  }
  .wrong {
    flex: none;
    padding: 0 16px 7px;
    color: var(--seal);
  }
  .sheet {
    flex: 1;
    min-height: 0;
    overflow: auto;
    border-top: 1px solid var(--rule);
  }
  .sheet:focus-visible {
    outline-offset: -2px;
  }
  table {
    min-width: 100%;
    border-collapse: separate;
    border-spacing: 0;
    font-variant-numeric: tabular-nums;
  }
  th,
  td {
    max-width: 22em;
    border-bottom: 1px solid var(--rule);
    padding: 4px 12px;
    text-align: left;
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  thead th {
    position: sticky;
    z-index: 1;
    top: 0;
    overflow: visible;
    background: var(--paper);
    padding: 0;
    font-weight: 600;
  }
  thead button {
    width: 100%;
    border: 0;
    border-radius: 0;
    background: none;
    padding: 5px 12px;
    font-weight: 600;
    text-align: left;
    white-space: nowrap;
  }
  thead button:focus-visible,
  tbody button:focus-visible {
    outline-offset: -2px;
  }
  thead small {
    display: block;
    color: var(--ink-3);
    font-size: 11px;
    font-weight: 400;
  }
  [aria-sort='ascending'],
  [aria-sort='descending'] {
    color: var(--accent);
  }
  tbody th {
    padding: 0 12px;
    font-weight: 400;
  }
  tbody th button {
    border: 0;
    background: none;
    padding: 3px 0;
    color: var(--accent);
    text-decoration: underline;
    text-underline-offset: 3px;
  }
  tbody tr {
    cursor: pointer;
  }
  tbody tr:hover {
    background: var(--paper);
  }
  tbody tr[aria-current] {
    background: var(--accent-soft);
  }
  tr.pinned th,
  tr.pinned td {
    border-bottom: 2px solid var(--accent);
  }
  .number,
  th.number button {
    text-align: right;
  }
  .none {
    padding: 16px;
    color: var(--ink-2);
  }
  .pager {
    display: flex;
    flex: none;
    align-items: center;
    justify-content: flex-end;
    gap: 8px;
    border-top: 1px solid var(--rule);
    padding: 5px 16px;
    color: var(--ink-2);
  }
  .pager span {
    flex: 1;
  }
  @media (max-width: 900px) {
    .bar {
      padding: 7px 12px;
    }
  }
`

import { css } from 'lit'

/** What the parts of the editing panel share. */
export const editStyle = css`
  :host {
    display: block;
  }
  .body {
    padding: 12px 16px 16px;
  }
  h3 {
    font: 600 16px/1.35 var(--serif);
    overflow-wrap: anywhere;
  }
  h3:focus-visible {
    outline-offset: 4px;
  }
  h4 {
    margin: 16px 0 6px;
    border-bottom: 1px solid var(--rule);
    padding-bottom: 3px;
    color: var(--ink-2);
    font-size: 13px;
    font-weight: 600;
  }
  .of {
    color: var(--ink-2);
    font-size: 12px;
  }
  .hint {
    margin-top: 3px;
    color: var(--ink-3);
    font-size: 12px;
  }
  .words {
    margin-top: 8px;
    color: var(--ink-2);
  }
  .told {
    margin-top: 10px;
    border-radius: 8px;
    background: var(--accent-soft);
    padding: 8px 12px;
  }
  .warn {
    background: var(--warn-soft);
    color: var(--warn);
  }
  .bad {
    background: var(--seal-soft);
    color: var(--seal);
  }
  .field {
    margin-top: 10px;
  }
  label,
  legend {
    display: block;
    padding: 0;
    color: var(--ink-2);
    font-size: 13px;
  }
  label .must {
    color: var(--seal);
  }
  .line {
    display: flex;
    align-items: center;
    gap: 8px;
  }
  .unit {
    flex: none;
    color: var(--ink-2);
    font-size: 13px;
  }
  input[type='text'],
  select,
  textarea {
    width: 100%;
    min-width: 0;
    border: 1px solid var(--rule-2);
    border-radius: 8px;
    background: var(--paper);
    padding: 5px 10px;
    color: inherit;
    font: 14px/1.5 var(--sans);
  }
  textarea {
    resize: vertical;
  }
  input,
  select,
  textarea {
    scroll-margin: 56px;
  }
  .line button {
    flex: none;
  }
  .changed > input[type='text'],
  .changed > select,
  .changed > textarea {
    border-color: var(--accent);
    background: var(--accent-soft);
  }
  input[aria-invalid='true'][aria-invalid],
  select[aria-invalid='true'][aria-invalid],
  textarea[aria-invalid='true'][aria-invalid] {
    border-color: var(--seal);
    background: var(--seal-soft);
  }
  .fault {
    margin-top: 3px;
    color: var(--seal);
    font-size: 13px;
  }
  output {
    display: block;
    padding: 3px 0;
    font-variant-numeric: tabular-nums;
    overflow-wrap: anywhere;
  }
  fieldset {
    margin: 0;
    border: 0;
    padding: 0;
  }
  .choice {
    display: flex;
    align-items: baseline;
    gap: 8px;
    padding: 3px 0;
    color: var(--ink);
    font-size: 14px;
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    margin-top: 10px;
  }
  .foot {
    position: sticky;
    bottom: 0;
    margin-top: 14px;
    border-top: 1px solid var(--rule);
    background: var(--card);
    padding: 10px 16px 12px;
  }
  .foot .actions {
    margin-top: 0;
  }
  .do {
    border-color: var(--accent);
    background: var(--accent);
    color: #fff;
  }
  .do:hover {
    border-color: var(--ink);
  }
  .actions button[aria-disabled='true'] {
    border-color: var(--rule-2);
    background: var(--paper);
    color: var(--ink-3);
    cursor: default;
  }
  .risky {
    border-color: var(--seal);
    color: var(--seal);
  }
  .actions button {
    padding: 5px 14px;
  }
  table {
    width: 100%;
    margin-top: 8px;
    border-collapse: collapse;
    font-size: 13px;
  }
  th,
  td {
    border-bottom: 1px solid var(--rule);
    padding: 6px 8px 6px 0;
    text-align: left;
    vertical-align: top;
    overflow-wrap: anywhere;
  }
  thead th {
    color: var(--ink-2);
    font-size: 12px;
    font-weight: 400;
  }
  tbody th {
    width: 30%;
    color: var(--ink-2);
    font-weight: 400;
  }
  td.new {
    font-weight: 600;
  }
  .absent {
    color: var(--ink-3);
    font-weight: 400;
  }
`

import { css, type CSSResultGroup } from 'lit'
import { rowStyle } from './row_style'

/** What the parts of the planning panel share: choices, notes, rows that open. */
export const partStyle: CSSResultGroup = [
  rowStyle,
  css`
    :host {
      display: block;
      position: relative;
      font-variant-numeric: tabular-nums;
    }
    .how {
      margin-bottom: 10px;
      color: var(--ink-2);
      font-size: 12px;
    }
    h3 {
      margin: 14px 0 4px;
      font-size: 13px;
      font-weight: 600;
    }
    label,
    .name {
      display: block;
      margin: 10px 0 3px;
      font-size: 13px;
    }
    label.check {
      display: flex;
      gap: 6px;
      align-items: baseline;
    }
    select,
    textarea,
    input[type='text'] {
      width: 100%;
      border: 1px solid var(--rule-2);
      border-radius: 8px;
      background: var(--paper);
      padding: 4px 10px;
      font: inherit;
      color: inherit;
    }
    select {
      padding: 4px 6px;
    }
    [aria-invalid='true'] {
      border-color: var(--seal);
    }
    .pair {
      display: grid;
      grid-template-columns: 1fr 1fr;
      gap: 0 12px;
    }
    .pair > *,
    .pair label {
      min-width: 0;
    }
    .kinds {
      display: flex;
    }
    .kinds button {
      flex: 1;
      border-radius: 0;
      padding: 5px 8px;
    }
    .kinds button + button {
      margin-left: -1px;
    }
    .kinds button:first-child {
      border-radius: 8px 0 0 8px;
    }
    .kinds button:last-child {
      border-radius: 0 8px 8px 0;
    }
    .actions {
      display: flex;
      flex-wrap: wrap;
      gap: 8px;
      align-items: center;
      margin-top: 12px;
    }
    .primary {
      border-color: var(--accent);
      background: var(--accent);
      color: #ffffff;
    }
    .bad,
    .warn {
      margin-top: 10px;
      border-radius: 8px;
      padding: 8px 12px;
      font-size: 13px;
      overflow-wrap: anywhere;
    }
    .bad {
      background: var(--seal-soft);
      color: var(--seal);
    }
    .warn {
      background: var(--warn-soft);
      color: var(--warn);
    }
    details {
      margin-top: 10px;
      border: 1px solid var(--rule);
      border-radius: 8px;
      padding: 5px 10px;
    }
    details[open] {
      padding-bottom: 10px;
    }
    summary {
      color: var(--ink-2);
      font-size: 13px;
      cursor: pointer;
    }
    .what > small {
      grid-column: 1 / -1;
      color: var(--ink-2);
      font-size: 12px;
      font-weight: 400;
    }
    .body {
      margin: 0 0 10px 10px;
      border-left: 2px solid var(--tone, var(--rule-2));
      padding: 2px 0 2px 14px;
      font-size: 13px;
    }
    .feature {
      margin: 2px 4px 2px 0;
      padding: 0 6px;
      font-size: 12px;
    }
    .digest {
      color: var(--ink-2);
      font: 11px/1.5 ui-monospace, Consolas, monospace;
      overflow-wrap: anywhere;
    }
  `,
]

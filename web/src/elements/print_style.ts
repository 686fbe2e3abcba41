import { css } from 'lit'

/** The print panel: short fields side by side, long ones below each other. */
export const printStyle = css`
  :host {
    display: block;
    padding: 12px 16px 16px;
  }
  .how,
  .law,
  .small {
    color: var(--ink-2);
    font-size: 12px;
  }
  .law {
    margin-top: 10px;
  }
  .pair {
    display: grid;
    grid-template-columns: 1fr 1fr;
    gap: 0 12px;
  }
  label,
  .name {
    display: block;
    margin: 10px 0 3px;
    font-size: 13px;
  }
  select,
  input[type='text'],
  input[type='number'] {
    width: 100%;
    border: 1px solid var(--rule-2);
    border-radius: 8px;
    background: var(--paper);
    padding: 4px 10px;
    font: inherit;
    color: inherit;
  }
  [aria-invalid='true'] {
    border-color: var(--seal);
  }
  .bad {
    margin-top: 4px;
    color: var(--seal);
    font-size: 13px;
  }
  .place {
    display: flex;
    align-items: center;
    gap: 12px;
    margin-top: 4px;
  }
  .mover {
    display: grid;
    flex: none;
    grid-template-columns: repeat(3, 30px);
    gap: 2px;
    border-radius: 10px;
    padding: 2px;
  }
  .mover button {
    height: 30px;
    padding: 0;
  }
  .mover .up {
    grid-column: 2;
  }
  .mover .left {
    grid-column: 1;
    grid-row: 2;
  }
  .mover .right {
    grid-column: 3;
    grid-row: 2;
  }
  .mover .down {
    grid-column: 2;
    grid-row: 2;
  }
  .beside {
    display: flex;
    flex: 1;
    flex-direction: column;
    align-items: flex-start;
    gap: 4px;
    min-width: 0;
  }
  .coordinates {
    font-size: 12px;
    font-variant-numeric: tabular-nums;
  }
  .check {
    display: flex;
    align-items: center;
    gap: 8px;
    margin-top: 6px;
  }
  .check input {
    margin: 0;
    accent-color: var(--accent);
  }
  .make {
    display: flex;
    align-items: center;
    gap: 8px;
    margin-top: 16px;
  }
  .primary {
    border-color: var(--accent);
    background: var(--accent);
    padding: 6px 18px;
    color: #fff;
    font-weight: 600;
  }
  .primary[aria-disabled='true'] {
    border-color: var(--rule-2);
    background: var(--paper);
    color: var(--ink-2);
    cursor: default;
  }
  .told {
    margin-top: 10px;
    border-radius: 10px;
    padding: 8px 12px;
    background: var(--accent-soft);
    overflow-wrap: anywhere;
  }
  .spoken {
    position: absolute;
    overflow: hidden;
    width: 1px;
    height: 1px;
    clip-path: inset(50%);
  }
  .told.wrong {
    background: var(--seal-soft);
    color: var(--seal);
  }
  progress {
    display: block;
    width: 100%;
    height: 6px;
    margin-top: 6px;
    accent-color: var(--accent);
  }
`

import { css } from 'lit'

/** The sketch panel: tools above, the figures, files below. */
export const sketchStyle = css`
  :host {
    display: block;
    position: relative;
    padding: 12px 16px 16px;
  }
  .kinds {
    display: flex;
  }
  .kinds button {
    flex: 1;
    border-radius: 0;
    padding: 5px 10px;
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
  .hand {
    margin-top: 10px;
    border-radius: 10px;
    background: var(--accent-soft);
    padding: 10px 14px 12px;
  }
  .how {
    color: var(--ink-2);
    font-size: 12px;
  }
  .size {
    margin: 4px 0;
    font-variant-numeric: tabular-nums;
    font-weight: 600;
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 6px;
    margin: 8px 0;
  }
  .main {
    border-color: var(--accent);
    background: var(--accent);
    color: #ffffff;
  }
  .heading {
    display: flex;
    align-items: center;
    gap: 6px;
    margin: 14px 0 4px;
  }
  h3 {
    flex: 1;
    font-size: 13px;
    font-weight: 600;
  }
  .heading button {
    font-size: 12px;
  }
  .none {
    border: 1px dashed var(--rule-2);
    border-radius: 10px;
    padding: 14px;
    color: var(--ink-2);
    text-align: center;
  }
  .none button {
    margin-top: 8px;
  }
  .figure {
    border-top: 1px solid var(--rule);
    padding: 5px 0;
  }
  .row {
    display: flex;
    align-items: center;
    gap: 4px;
  }
  .row .name {
    display: flex;
    flex: 1;
    flex-direction: column;
    min-width: 0;
    border-color: transparent;
    background: none;
    padding: 2px 6px;
    text-align: left;
  }
  .row .name[aria-expanded='true'] {
    font-weight: 600;
  }
  .name span {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .name small {
    color: var(--ink-3);
    font-size: 12px;
    font-variant-numeric: tabular-nums;
    font-weight: 400;
  }
  .sign {
    flex: none;
    width: 18px;
    height: 18px;
  }
  .row .tool {
    flex: none;
    width: 30px;
    height: 30px;
    border-color: transparent;
    background: none;
    padding: 5px;
  }
  .row .tool svg {
    display: block;
    width: 100%;
    height: 100%;
  }
  .words {
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 6px 8px;
    align-items: center;
    margin: 4px 0 6px 24px;
    font-size: 13px;
  }
  .words input,
  .words textarea {
    width: 100%;
    border: 1px solid var(--rule-2);
    border-radius: 8px;
    background: var(--paper);
    padding: 3px 8px;
    color: inherit;
    font: inherit;
    resize: vertical;
  }
  .colors {
    display: flex;
    gap: 6px;
  }
  .colors button {
    width: 26px;
    height: 26px;
    border: 2px solid var(--card);
    border-radius: 50%;
    padding: 0;
    outline-offset: 1px;
    box-shadow: 0 0 0 1px var(--rule-2);
  }
  .colors svg {
    display: block;
  }
  .colors button[aria-pressed='true'] {
    box-shadow: 0 0 0 2px var(--ink);
  }
  .kept {
    margin-top: 12px;
    color: var(--ink-3);
    font-size: 12px;
  }
  .warn {
    margin-top: 10px;
    border-radius: 8px;
    background: var(--warn-soft);
    padding: 8px 12px;
    color: var(--warn);
    font-size: 13px;
  }
`

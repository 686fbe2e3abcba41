import { css } from 'lit'

/** 项目范围: where it comes from, and what it is; over the style of the sketch panel. */
export const siteStyle = css`
  :host {
    padding: 0;
  }
  h3 {
    margin-bottom: 6px;
  }
  .from {
    margin-top: 8px;
  }
  .from label {
    display: block;
    color: var(--ink-2);
    font-size: 12px;
  }
  select {
    width: 100%;
    border: 1px solid var(--rule-2);
    border-radius: 8px;
    background: var(--paper);
    padding: 4px 8px;
    color: inherit;
    font: inherit;
  }
  .site {
    display: grid;
    gap: 2px;
    margin-top: 10px;
    border-left: 3px solid var(--ink);
    padding: 2px 0 2px 10px;
    overflow-wrap: anywhere;
  }
  .site .size {
    margin: 0;
    font-size: 13px;
  }
  .site .actions {
    margin: 4px 0 0;
  }
  .site .actions button {
    font-size: 12px;
  }
  .bad {
    margin-top: 8px;
    color: var(--seal);
    font-size: 13px;
  }
  sketch-files {
    margin-top: 8px;
    border: 0;
    padding: 0;
  }
  vertex-list {
    margin-top: 4px;
  }
`

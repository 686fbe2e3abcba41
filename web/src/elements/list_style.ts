import { css } from 'lit'

/** The workbench of lists: what is done at the left, rows at the right. */
export const listStyle = css`
  :host {
    display: grid;
    grid-template-columns: minmax(240px, 320px) minmax(0, 1fr);
    height: 100%;
    font-size: 13px;
  }
  @media (max-width: 720px) {
    :host {
      display: block;
      overflow: auto;
    }
  }
  .side {
    overflow: auto;
    border-right: 1px solid var(--rule);
    padding: 10px 16px 14px;
  }
  @media (max-width: 720px) {
    .side {
      border-right: 0;
    }
  }
  .main {
    min-width: 0;
    overflow: auto;
  }
  .about {
    color: var(--ink-2);
    font-size: 12px;
  }
  .bad {
    margin-top: 6px;
    color: var(--seal);
  }
  .pick {
    position: relative;
    margin: 10px 0;
    overflow-wrap: anywhere;
  }
  /* The browser's own words beside the field are not ours to translate: the label is the button. */
  .pick label {
    display: inline-block;
    margin-right: 6px;
    border: 1px solid var(--rule-2);
    border-radius: 8px;
    padding: 3px 10px;
    cursor: pointer;
  }
  .pick label:hover {
    border-color: var(--ink-3);
  }
  input:focus-visible + label {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }
  fieldset {
    margin: 8px 0 0;
    border: 0;
    padding: 0;
  }
  .columns {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 12px;
    max-height: 84px;
    overflow: auto;
  }
  .columns label {
    display: flex;
    align-items: center;
    gap: 4px;
    overflow-wrap: anywhere;
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    margin-top: 10px;
  }
  .do {
    border-color: var(--accent);
    background: var(--accent);
    color: var(--card);
  }
  progress {
    width: 100%;
    margin-top: 8px;
    accent-color: var(--accent);
  }
  .buckets {
    display: grid;
    grid-template-columns: repeat(3, 1fr);
    gap: 8px;
    margin-top: 10px;
    text-align: center;
  }
  .buckets div {
    border: 1px solid var(--rule);
    border-top: 3px solid var(--mark);
    border-radius: 8px;
    padding: 4px;
  }
  .buckets dd {
    font: 600 17px/1.3 var(--serif);
    font-variant-numeric: tabular-nums;
  }
  [data-bucket='自动'] {
    --mark: var(--accent);
  }
  [data-bucket='待审'] {
    --mark: #b7791f;
  }
  [data-bucket='失败'] {
    --mark: var(--seal);
  }
  table {
    width: 100%;
    border-collapse: collapse;
  }
  th,
  td {
    border-bottom: 1px solid var(--rule);
    padding: 4px 10px;
    text-align: left;
    vertical-align: top;
    overflow-wrap: anywhere;
  }
  th {
    position: sticky;
    top: 0;
    background: var(--card);
    font-weight: 600;
    white-space: nowrap;
  }
  td:first-child {
    border-left: 4px solid var(--mark);
    white-space: nowrap;
  }
  .number {
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .actions + .about {
    margin-top: 8px;
  }
`

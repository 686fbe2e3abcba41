import { css } from 'lit'

/** The address card: the tree it stands in, and what is kept of it. */
export const addressCardStyle = css`
  :host {
    display: block;
    padding: 10px 16px 16px;
  }
  .kind {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0 7px;
    color: var(--ink-2);
    font-size: 12px;
  }
  h3 {
    font: 600 18px/1.35 var(--serif);
    letter-spacing: 0.02em;
    overflow-wrap: anywhere;
  }
  .date,
  .region,
  .told,
  .empty {
    color: var(--ink-2);
    font-size: 12px;
    overflow-wrap: anywhere;
  }
  .bad {
    color: var(--seal);
    font-size: 13px;
  }
  .none {
    padding: 6px 0;
    color: var(--ink-2);
  }
  h4 {
    margin: 12px 0 2px;
    color: var(--ink-2);
    font-size: 12px;
    font-weight: 400;
  }
  .path {
    margin: 8px -8px 4px;
  }
  .path button {
    padding: 2px 8px;
  }
  .path li {
    border-left: 1px solid var(--rule-2);
  }
  .step1 { margin-left: 10px; }
  .step2 { margin-left: 20px; }
  .step3 { margin-left: 30px; }
  .step4 { margin-left: 40px; }
  .step5 { margin-left: 50px; }
  .step6 { margin-left: 60px; }
  .step7 { margin-left: 70px; }
  .step8 { margin-left: 80px; }
  .kept li {
    border-top: 1px solid var(--rule);
    padding: 4px 0;
  }
  .main {
    overflow-wrap: anywhere;
    font-variant-numeric: tabular-nums;
  }
  .kept .rows {
    margin: 0 -8px;
  }
  img {
    display: block;
    max-width: 100%;
    max-height: 200px;
    margin-top: 4px;
    border: 1px solid var(--rule);
    border-radius: 6px;
  }
`

import { css } from 'lit'

/** 成果审查: the verdict, then group by group; over the style of the sections. */
export const planReviewStyle = css`
  progress {
    width: 100%;
    margin-top: 10px;
    accent-color: var(--accent);
  }
  .choices {
    display: grid;
    grid-template-columns: 1fr 1fr;
    gap: 0 10px;
    margin-top: 4px;
  }
  .choices label.check {
    margin-top: 4px;
  }
  .drop {
    margin-top: 8px;
    border: 1px dashed var(--rule-2);
    border-radius: 10px;
    padding: 10px 14px;
  }
  input[type='file'] {
    position: absolute;
    opacity: 0;
    width: 1px;
    height: 1px;
  }
  .drop label {
    display: inline-block;
    margin: 0 6px 0 0;
    border: 1px solid var(--rule-2);
    border-radius: 8px;
    background: var(--card);
    padding: 3px 10px;
    color: var(--ink);
    font-size: 14px;
    cursor: pointer;
  }
  input:focus-visible + label {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }
  .result {
    margin-top: 16px;
    border-top: 1px solid var(--rule);
    padding-top: 12px;
  }
  .overall {
    display: flex;
    flex-wrap: wrap;
    gap: 4px 12px;
    align-items: baseline;
    border: 1px solid var(--rule-2);
    border-left-width: 5px;
    border-radius: 10px;
    padding: 8px 14px;
  }
  .overall strong {
    font-size: 20px;
  }
  .overall.failed {
    border-color: var(--seal);
    background: var(--seal-soft);
  }
  .overall.failed strong {
    color: var(--seal);
  }
  .overall.passed {
    border-color: var(--accent);
    background: var(--accent-soft);
  }
  .overall.passed strong {
    color: var(--accent);
  }
  .group {
    display: flex;
    gap: 8px;
    justify-content: space-between;
    width: 100%;
    border: 0;
    border-radius: 6px;
    background: none;
    padding: 4px 2px;
    text-align: left;
  }
  .group:hover {
    background: var(--paper);
  }
  .group[aria-expanded='true'] {
    font-weight: 600;
  }
  .counts {
    display: flex;
    flex-wrap: wrap;
    gap: 4px;
    justify-content: flex-end;
  }
  .count {
    border-radius: 4px;
    padding: 0 6px;
    background: var(--paper);
    color: var(--ink-2);
    font-size: 12px;
    font-weight: 400;
    line-height: 20px;
    white-space: nowrap;
  }
  .count.error {
    background: var(--seal-soft);
    color: var(--seal);
  }
  .count.warning {
    background: var(--warn-soft);
    color: var(--warn);
  }
  .one {
    margin: 6px 0 0 8px;
    border-left: 2px solid var(--rule);
    padding: 2px 0 4px 10px;
    font-size: 13px;
  }
  .finding {
    display: flex;
    gap: 6px;
    align-items: flex-start;
    margin-top: 2px;
  }
  .finding > .whole {
    display: grid;
    flex: 1;
    border-color: transparent;
    background: none;
    padding: 2px 6px;
    text-align: left;
    overflow-wrap: anywhere;
  }
  .finding > .whole:hover {
    background: var(--paper);
  }
  .finding > .whole[aria-pressed='true'] {
    border-color: var(--accent);
    background: var(--accent-soft);
    color: var(--ink);
  }
`

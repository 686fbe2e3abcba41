import { css } from 'lit'

/** The sheet that a chart is drawn on, its words and its grid. */
export const chartStyle = css`
  svg {
    display: block;
    width: 100%;
    margin-top: 8px;
    border-radius: 8px;
    background: var(--paper);
  }
  text {
    fill: var(--ink-2);
    font: 11px/1 var(--sans);
  }
  .grid {
    stroke: var(--rule);
  }
`

import { css } from 'lit'

/** The colours of warnings 预警等级. */
export const colourStyle = css`
  .colour {
    align-self: start;
    border: 1px solid var(--rule-2);
    border-radius: 6px;
    padding: 0 7px;
    font-weight: 600;
  }
  .red {
    background: #b3261e;
    color: #ffffff;
  }
  .orange {
    background: #ffb066;
    color: #3a1c00;
  }
  .yellow {
    background: #ffe066;
    color: #332b00;
  }
  .blue {
    background: #1f5fae;
    color: #ffffff;
  }
`

import { css, type CSSResultGroup } from 'lit'
import { partStyle } from './part_style'

/** What the parts of the editor of scenarios share. */
export const scenarioStyle: CSSResultGroup = [
  partStyle,
  css`
    label small,
    .name small {
      color: var(--ink-2);
      font-size: 12px;
    }
    .fault {
      margin-top: 2px;
      color: var(--seal);
      font-size: 12px;
    }
    .line {
      display: flex;
      flex-wrap: wrap;
      gap: 6px;
      align-items: center;
    }
    .line > select {
      flex: 1;
      width: auto;
      min-width: 90px;
    }
    .line button,
    .adds button {
      padding: 2px 9px;
      font-size: 13px;
    }
    .pick {
      margin-top: 6px;
      border-radius: 8px;
      background: var(--accent-soft);
      padding: 6px 10px;
      font-size: 13px;
    }
    .kinds {
      flex: none;
      width: fit-content;
    }
    .kinds button {
      padding: 3px 10px;
      font-size: 13px;
      white-space: nowrap;
    }
  `,
]

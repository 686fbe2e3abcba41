import { css, type CSSResultGroup } from 'lit'
import { chartStyle } from './chart_style'
import { sheetStyle } from './sheet'

/** Cross-section and long profile 断面图. */
export const sectionStyle: CSSResultGroup = [
  chartStyle,
  sheetStyle,
  css`
    .earth {
      fill: #b99f6b;
      opacity: 0.35;
    }
    .water {
      fill: #2b7bb0;
      opacity: 0.3;
    }
    .bed {
      fill: none;
      stroke: #6b5417;
      stroke-width: 1.8;
    }
    .point {
      fill: #6b5417;
    }
    .level {
      stroke: #2b7bb0;
      stroke-width: 1.4;
      stroke-dasharray: 5 3;
    }
    .crest {
      stroke: var(--seal);
      stroke-width: 3;
    }
    .sill {
      fill: #6a3d9a;
    }
    .lowest {
      fill: var(--card);
      stroke: #6b5417;
      stroke-width: 1.8;
    }
    .stage {
      fill: #2b7bb0;
      stroke: var(--card);
    }
    .signs {
      display: flex;
      flex-wrap: wrap;
      gap: 2px 12px;
      margin-top: 8px;
      color: var(--ink-2);
      font-size: 12px;
    }
    .sheet {
      max-height: 240px;
    }
    .kinds {
      margin: 8px 0;
    }
  `,
]

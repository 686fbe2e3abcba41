/** The sign of an alert's level 蓝黄橙红: told by its number of bars and its word, not by its colour alone. */
import { css, html } from 'lit'
import type { Level } from '../indicators'
import { say } from '../language'
import type { Message } from '../messages'
import '../messages/alerts'

const NAMES: Readonly<Record<Level, Message>> = {
  blue: 'alertBlue',
  yellow: 'alertYellow',
  orange: 'alertOrange',
  red: 'alertRed',
}
const BARS: Readonly<Record<Level, string>> = { blue: 'Ⅳ', yellow: 'Ⅲ', orange: 'Ⅱ', red: 'Ⅰ' }
/** On the map, and where a level is only a mark. */
export const LEVEL_COLORS: Readonly<Record<Level, string>> = {
  blue: '#1f5fbf',
  yellow: '#f2c200',
  orange: '#e07000',
  red: '#c4161c',
}

export function levelName(level: Level): string {
  return say(NAMES[level])
}

export function levelSign(level: Level) {
  return html`<span class="level ${level}"><span aria-hidden="true">${BARS[level]}</span>${levelName(level)}</span>`
}

export const levelStyle = css`
  .level {
    display: inline-flex;
    flex: none;
    gap: 4px;
    align-items: center;
    border: 1px solid var(--edge);
    border-radius: 5px;
    background: var(--fill);
    padding: 0 7px;
    color: var(--on);
    font-size: 12px;
    font-weight: 600;
    line-height: 20px;
    white-space: nowrap;
  }
  .level.blue {
    --fill: #1f5fbf;
    --edge: #1f5fbf;
    --on: #ffffff;
  }
  .level.yellow {
    --fill: #fbe27a;
    --edge: #8a6d00;
    --on: #3d3000;
  }
  .level.orange {
    --fill: #f5b266;
    --edge: #9a4c00;
    --on: #3f2000;
  }
  .level.red {
    --fill: #c4161c;
    --edge: #c4161c;
    --on: #ffffff;
  }
`

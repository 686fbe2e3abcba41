/** The sign of a station's state 测站状态: told by its shape and its word, not by its colour alone. */
import { css, html } from 'lit'
import { say } from '../language'
import { STATE_NAMES } from '../measured'
import '../messages/monitoring'
import { STATES, type StreamState } from '../monitoring'
import { STATE_SIGNS } from '../station_overlay'

export function stateName(state: StreamState): string {
  return say(STATE_NAMES[state])
}

export function stateSign(state: StreamState) {
  return html`<span class="stand ${state}"><span aria-hidden="true">${STATE_SIGNS[state]}</span> ${stateName(state)}</span>`
}

/** States in the order in which a list is chosen from: the usual first. */
export const CHOICES: readonly StreamState[] = [...STATES].reverse()

export const stateStyle = css`
  .stand {
    flex: none;
    font-size: 12px;
    font-weight: 600;
    line-height: 20px;
    white-space: nowrap;
  }
  .stand.normal {
    color: #12703f;
  }
  .stand.unchecked,
  .stand.missing {
    color: var(--ink-2);
  }
  .stand.offline {
    color: var(--ink);
  }
  .stand.suspect {
    color: #7a5200;
  }
  .stand.exceeding {
    color: #b3261e;
  }
  .stand.failed {
    color: #7a1a8c;
  }
`

/** The sign of an asset's state of life 生命周期状态: told by its shape and its word, not by its colour alone. */
import { css, html } from 'lit'
import type { Life } from '../assets'
import { say } from '../language'
import type { Message } from '../messages'
import '../messages/assets'

const NAMES: Readonly<Record<Life, Message>> = {
  planned: 'assetPlanned',
  built: 'assetBuilt',
  'in-service': 'assetInService',
  retired: 'assetRetired',
}
const SIGNS: Readonly<Record<Life, string>> = { planned: '◇', built: '◆', 'in-service': '●', retired: '○' }

export function lifeName(life: Life): string {
  return say(NAMES[life])
}

export function lifeSign(life: Life) {
  return html`<span class="life ${life}"><span aria-hidden="true">${SIGNS[life]}</span> ${lifeName(life)}</span>`
}

export const lifeStyle = css`
  .life {
    font-size: 12px;
    white-space: nowrap;
  }
  .life.planned {
    color: #2d5f8a;
  }
  .life.built {
    color: #7a5200;
  }
  .life.in-service {
    color: #12703f;
  }
  .life.retired {
    color: var(--ink-2);
  }
`

/** How the parts of the planning panel are called. */
import type { Title } from '../title'
import { learn } from './known'

export const planningPartMessages = {
  planningParts: { zh: '规划功能', en: 'Parts of planning' },
} satisfies Record<string, Title>

learn(planningPartMessages)

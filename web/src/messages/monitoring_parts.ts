/** How the parts of the panel of stations and assets are called. */
import type { Title } from '../title'
import { learn } from './known'

export const monitoringPartMessages = {
  monitoringParts: { zh: '监测设施的各部分', en: 'Parts of stations and assets' },
} satisfies Record<string, Title>

learn(monitoringPartMessages)

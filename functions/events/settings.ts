import { z } from 'zod'
import type { SettingsOf } from '../../shared/context/index.ts'
import { queueTenantsSetting } from '../../shared/messages/index.ts'

export const eventSettings = {
  TRICKLE_EVENTS_SSE_VIEWERS_MAX: z
    .string()
    .regex(/^\d{1,3}$/, 'must be a whole number from 0 to 999')
    .default('0')
    .transform(Number)
    .meta({
      description:
        'Viewers that one instance serves server-sent events at a time; 0 switches them off. One tenant has at most half of them. Each holds one of the requests that an instance serves at once, so keep it well below that number.',
      // Switched on locally, so that a developer sees it work; a local host serves any number of requests at once.
      local: '8',
    }),
  TRICKLE_EVENTS_QUEUE_TENANTS: queueTenantsSetting('trickle-events'),
  TRICKLE_EVENTS_ORDERED_QUEUE_TENANTS: queueTenantsSetting('trickle-events-ordered'),
}

export type EventSettings = SettingsOf<typeof eventSettings>

import { everyRow } from '../postgres/index.ts'
import type { TableAccess } from '../postgres/index.ts'

export const analyticsAccess: TableAccess = {
  'trickle_analytics_outbox.batches': {
    trickle_forwarder: { select: 'all' },
    trickle_operator: { select: 'all' },
    trickle_migrator: everyRow,
  },
}

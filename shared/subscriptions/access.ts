import { everyRow } from '../postgres/index.ts'
import type { RelationAccess, TableAccess } from '../postgres/index.ts'

/** Changed by functions only: each looks at the fence. */
const byFunctions: RelationAccess = {
  trickle_worker: { select: 'all' },
  trickle_operator: { select: 'all' },
  trickle_migrator: everyRow,
}

/** Forwarding holds a lease too, and nothing else of a subscription. */
const withForwarder: RelationAccess = { ...byFunctions, trickle_forwarder: { select: 'all' } }

export const subscriptionsAccess: TableAccess = {
  'trickle_subscriptions_state.subscriptions': withForwarder,
  'trickle_subscriptions_state.members': withForwarder,
  'trickle_subscriptions_state.lanes': byFunctions,
  'trickle_subscriptions_state.tenant_progress': byFunctions,
  'trickle_subscriptions_state.parked': byFunctions,
}

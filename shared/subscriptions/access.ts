import { everyRow } from '../postgres/index.ts'
import type { RelationAccess, TableAccess } from '../postgres/index.ts'

/** For tables that are changed only by functions, since these check the fence. */
const byFunctions: RelationAccess = {
  trickle_worker: { select: 'all' },
  trickle_operator: { select: 'all' },
  trickle_migrator: everyRow,
}

/** The forwarder holds a lease too, but uses nothing else of a subscription. */
const withForwarder: RelationAccess = { ...byFunctions, trickle_forwarder: { select: 'all' } }

export const subscriptionsAccess: TableAccess = {
  'trickle_subscriptions_state.subscriptions': withForwarder,
  'trickle_subscriptions_state.members': withForwarder,
  'trickle_subscriptions_state.lanes': byFunctions,
  'trickle_subscriptions_state.tenant_progress': byFunctions,
  'trickle_subscriptions_state.parked': byFunctions,
}

import { everyRow } from '../postgres/index.ts'
import type { RelationAccess, TableAccess } from '../postgres/index.ts'

/** Changed by functions only: each looks at the fence. */
const byFunctions: RelationAccess = {
  trickle_forwarder: { select: 'all' },
  trickle_operator: { select: 'all' },
  trickle_migrator: everyRow,
}

export const subscriptionsAccess: TableAccess = {
  'trickle_subscriptions_state.subscriptions': byFunctions,
  'trickle_subscriptions_state.members': byFunctions,
  'trickle_subscriptions_state.lanes': byFunctions,
  'trickle_subscriptions_state.parked': byFunctions,
}

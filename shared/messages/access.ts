import type { TableAccess } from '../postgres/index.ts'

export const messagesAccess: TableAccess = {
  // The worker parks messages, and the operator decides about them, by functions only.
  'trickle_messages_state.parked_messages': {
    trickle_operator: { select: 'all' },
    trickle_migrator: { select: 'all', insert: 'all', update: 'all' },
  },
}

import type { TableAccess } from '../../shared/postgres/index.ts'

export const noteAccess: TableAccess = {
  'trickle_notes_state.notes': {
    trickle_app: { select: 'own', insert: 'own', update: 'own', delete: 'own' },
    // For commands of the queue.
    trickle_worker: { select: 'own', insert: 'own', update: 'own' },
  },
  'trickle_notes_read.counts': {
    trickle_app: { select: 'own' },
    // For the projection, which works on one tenant at a time.
    trickle_worker: { select: 'own', insert: 'own', update: 'own' },
  },
}

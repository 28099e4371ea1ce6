import type { TableAccess } from '../postgres/index.ts'

export const eventStoreAccess: TableAccess = {
  // The operator may see some columns of every event: its position and type, not its content.
  'trickle_events_log.events': {
    trickle_app: { select: 'own' },
    trickle_worker: { select: 'all' },
    trickle_forwarder: { select: 'all' },
    trickle_migrator: { select: 'own', insert: 'own' },
  },
  'trickle_events_log.streams': {
    trickle_app: { select: 'own' },
    trickle_worker: { select: 'own' },
    trickle_forwarder: { select: 'all' },
    trickle_migrator: { select: 'own', insert: 'own', update: 'own' },
  },
  'trickle_events_log.names': {
    trickle_app: { select: 'own' },
    trickle_worker: { select: 'own' },
    trickle_migrator: { select: 'own', insert: 'own', delete: 'own' },
  },
  'trickle_events_log.epochs': {
    trickle_app: { select: 'all' },
    trickle_worker: { select: 'all' },
    trickle_forwarder: { select: 'all' },
    trickle_operator: { select: 'all' },
    trickle_migrator: { select: 'all', insert: 'all' },
  },
  // The app and the worker get the keys through a function. Operators see a list of them through another one, without the secrets.
  'trickle_events_log.seal_keys': {
    trickle_migrator: { select: 'all', insert: 'all', delete: 'all' },
  },
}

import { everyRow } from '../shared/postgres/index.ts'
import type { RelationAccess, TableAccess } from '../shared/postgres/index.ts'

/**
 * Every login of the app may read these: `ready` compares what was applied with what the bundle needs, and no login of
 * the app is the migrator.
 */
const readByAll: RelationAccess = {
  trickle_app: { select: 'all' },
  trickle_worker: { select: 'all' },
  trickle_forwarder: { select: 'all' },
  trickle_operator: { select: 'all' },
  trickle_migrator: everyRow,
}

/** The records of the runner of migrations. */
export const migrationsAccess: TableAccess = {
  'trickle_platform_migrations.applied': { trickle_migrator: everyRow },
  'trickle_platform_migrations.migrations': readByAll,
  'trickle_platform_migrations.functions': readByAll,
}

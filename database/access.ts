import { everyRow, type TableAccess } from '../shared/postgres/index.ts'

/** The records of the runner of migrations. */
export const migrationsAccess: TableAccess = {
  'trickle_platform_migrations.applied': { trickle_migrator: everyRow },
  'trickle_platform_migrations.checksums': {
    trickle_app: { select: 'all' },
    trickle_forwarder: { select: 'all' },
    trickle_operator: { select: 'all' },
    trickle_migrator: everyRow,
  },
}

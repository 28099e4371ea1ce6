import { columns, integer } from '../../shared/postgres/index.ts'
import type { RowOf, Statement } from '../../shared/postgres/index.ts'
import manifest from './database-manifest.json' with { type: 'json' }

const files = [...Object.entries(manifest.migrations), ...Object.entries(manifest.functions)]

const missingColumns = columns({ missing: integer })

/**
 * Counts what this version needs and the database has never had: migrations, and texts of functions, each by name and
 * checksum. A database that was migrated further has had all of them, and a newer text of a function serves older code
 * too.
 */
export const countMissing: Statement<RowOf<typeof missingColumns>> = {
  name: 'count_missing_in_database',
  text: `select count(*) as missing from unnest($1::text[], $2::text[]) as needed (name, checksum)
    where not exists (select from trickle_platform_migrations.migrations m
        where m.name = needed.name and m.checksum = needed.checksum)
      and not exists (select from trickle_platform_migrations.functions f
        where f.name = needed.name and f.checksum = needed.checksum)`,
  columns: missingColumns,
  values: [files.map(([name]) => name), files.map(([, checksum]) => checksum)],
}

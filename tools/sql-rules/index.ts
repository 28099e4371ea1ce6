/**
 * This project's rules for SQL: in the SQL files of every owner of schemas, and in the statements in TypeScript. Only
 * its owner uses a schema's tables directly, a statement on a tenant's table names the tenant, and lines are short.
 * What the database itself can report is checked by test/database instead.
 */
import { owners } from '../../database/index.ts'
import { catalogOf } from './catalog.ts'
import { tablesOfAllTenants, tenantExceptions, wallExceptions } from './exceptions.ts'
import { readSources } from './sources.ts'
import type { SqlSource } from './sources.ts'
import { findTenantless } from './tenant-predicate.ts'
import { findWallBreaches } from './walls.ts'
import type { SqlViolation } from './walls.ts'

export { catalogOf, type SqlCatalog } from './catalog.ts'
export { readSources, sqlSource, typescriptSource, type SqlSource } from './sources.ts'
export { findTenantless } from './tenant-predicate.ts'
export { findWallBreaches, type SqlViolation } from './walls.ts'

/** So wide that two versions of a file can be read next to each other. */
const LINE_MAX = 120

export const findLongLines = (sources: readonly SqlSource[]): SqlViolation[] =>
  sources.flatMap(({ name, lines }) =>
    lines.flatMap((line, index) =>
      line.length > LINE_MAX
        ? [{ source: name, rule: `line ${index + 1} has ${line.length} characters: ${LINE_MAX} at most` }]
        : [],
    ),
  )

/** Every violation of the repository. */
export async function checkSql(): Promise<SqlViolation[]> {
  const sources = await readSources()
  const catalog = catalogOf(sources)
  const order = owners([]).map(({ name }) => name)
  return [
    ...findWallBreaches(sources, catalog, order, wallExceptions),
    ...findTenantless(sources, catalog, tablesOfAllTenants, tenantExceptions),
    ...findLongLines(sources),
  ]
}

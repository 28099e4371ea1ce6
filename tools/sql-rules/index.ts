/**
 * The rules of the house for SQL, read from the texts of the product: the files of every owner of schemas, and the
 * statements in TypeScript. A schema is touched by its owner alone, a statement on a tenant's table names its tenant, and
 * a line fits beside another on a screen. What the database itself can tell is held by test/database instead.
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

/** As wide as the code beside it may be read, with the diff of a change. */
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

import type { SqlCatalog } from './catalog.ts'
import type { SqlException } from './exceptions.ts'
import { RECORD_OWNER } from './sources.ts'
import type { SqlSource } from './sources.ts'

const REFERENCE = /\b(trickle_[a-z]+_[a-z]+)\.([a-z0-9_]+)/g

/** One breach of a rule, in words. */
export interface SqlViolation {
  readonly source: string
  readonly rule: string
}

/**
 * Only the owner's SQL may use the tables of a schema. Others call the owner's functions, and only functions of an
 * earlier owner in the order, so that no two owners call each other. Contexts call capabilities, and nobody calls
 * contexts.
 * @param order names of the capabilities, in the order in which their migrations run
 */
export function findWallBreaches(
  sources: readonly SqlSource[],
  catalog: SqlCatalog,
  order: readonly string[],
  exceptions: readonly SqlException[],
): SqlViolation[] {
  const found: SqlViolation[] = []
  const used = new Set<SqlException>()
  for (const source of sources) {
    const objects = new Set([...source.text.matchAll(REFERENCE)].map(([name]) => name))
    for (const object of objects) {
      const exception = exceptions.find((each) => each.source === source.name && each.table === object)
      const rule = brokenWall(source, object, catalog, order)
      if (rule === undefined) continue
      if (exception === undefined) found.push({ source: source.name, rule })
      else used.add(exception)
    }
  }
  const unused = exceptions.filter((exception) => !used.has(exception))
  return [
    ...found,
    ...unused.map(({ source, table }) => ({
      source,
      rule: `the exception for ${table} is not needed any more`,
    })),
  ]
}

function brokenWall(
  { owner }: SqlSource,
  object: string,
  { owners, tables, functions, others }: SqlCatalog,
  order: readonly string[],
): string | undefined {
  const schema = object.split('.', 1)[0] ?? ''
  const theirs = owners.get(schema)
  if (theirs === undefined) return `${object}: no migration makes the schema ${schema}`
  if (!tables.has(object) && !functions.has(object) && !others.has(object))
    return `${object}: no migration and no file in sql/ makes it`
  if (theirs === owner) return undefined
  if (!functions.has(object)) return `${object} belongs to ${theirs}: call a function of its own`
  return rankOf(theirs, order) < rankOf(owner, order)
    ? undefined
    : `${object} belongs to ${theirs}, which stands on ${owner} or beside it`
}

/** Contexts, and folders without a schema, may call all capabilities. Everybody may call the record of migrations. */
function rankOf(owner: string, order: readonly string[]): number {
  const index = order.indexOf(owner)
  return owner === RECORD_OWNER ? -1 : index === -1 ? order.length : index
}

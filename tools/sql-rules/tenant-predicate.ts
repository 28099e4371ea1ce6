import type { SqlCatalog } from './catalog.ts'
import type { SqlException } from './exceptions.ts'
import type { SqlSource } from './sources.ts'
import type { SqlViolation } from './walls.ts'

/** A table in a statement, with its alias. */
const ENTERED =
  /\b(from|join|update|into|using|,)\s+(?:only\s+)?(trickle_[a-z]+_[a-z]+\.[a-z0-9_]+)(?:\s+as)?(?:\s+([a-z]\w*))?/g

/** Words that follow a table without an alias. */
const NO_ALIAS = new Set([
  'where',
  'set',
  'values',
  'select',
  'on',
  'order',
  'group',
  'limit',
  'returning',
  'cross',
  'left',
  'join',
])

/**
 * Every statement on a tenant's table must name the tenant, although the table has a policy. The policy is a second
 * protection; the planner needs the predicate to choose an index.
 * @param allTenants tables with a tenant whose statements may work across tenants
 */
export function findTenantless(
  sources: readonly SqlSource[],
  { tables }: SqlCatalog,
  allTenants: Readonly<Record<string, string>>,
  exceptions: readonly SqlException[],
): SqlViolation[] {
  const found: SqlViolation[] = []
  const used = new Set<SqlException>()
  for (const source of sources) {
    if (source.kind === 'migration') continue
    for (const statement of statementsOf(source)) {
      for (const table of tenantlessTables(statement)) {
        if (tables.get(table)?.isTenants !== true || table in allTenants) continue
        const exception = exceptions.find((each) => each.source === source.name && each.table === table)
        if (exception !== undefined) used.add(exception)
        else
          found.push({
            source: source.name,
            rule: `a statement on ${table} names no tenant: add tenant_id = ...`,
          })
      }
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

/** In a loop over a query, `loop` ends the query as a semicolon would. */
const statementsOf = ({ kind, text }: SqlSource): string[] =>
  kind === 'typescript' ? (text.match(/`[^`]*`|'[^'\n]*'/g) ?? []) : text.split(/;|\bloop\b/)

/** The tables that a statement names more often than it compares the tenant of their alias. */
function tenantlessTables(statement: string): string[] {
  const entered = new Map<string, { table: string; times: number }>()
  const missing: string[] = []
  for (const { 1: verb, 2: table = '', 3: word, index } of statement.matchAll(ENTERED)) {
    if (verb === 'into') {
      if (
        !/^\s*(?:as\s+\w+\s*)?\(\s*tenant_id\b/.test(
          statement.slice(statement.indexOf(table, index) + table.length),
        )
      )
        missing.push(table)
      continue
    }
    const alias = word === undefined || NO_ALIAS.has(word) ? '' : word
    const key = `${alias} ${table}`
    entered.set(key, { table, times: (entered.get(key)?.times ?? 0) + 1 })
  }
  for (const [key, { table, times }] of entered) {
    const alias = key.split(' ', 1)[0] ?? ''
    const column = alias === '' ? '(?<!\\.)\\btenant_id' : `\\b${alias}\\.tenant_id`
    const compared = statement.match(new RegExp(`${column}\\s*=|=\\s*${column}\\b`, 'g'))?.length ?? 0
    if (compared < times) missing.push(table)
  }
  return missing
}

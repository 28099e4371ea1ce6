import type { SqlSource } from './sources.ts'

/** The objects that the SQL of the product creates, read from its text. */
export interface SqlCatalog {
  /** The owner of each schema. */
  readonly owners: ReadonlyMap<string, string>
  /** The tables, and whether each row belongs to one tenant. */
  readonly tables: ReadonlyMap<string, { readonly isTenants: boolean }>
  readonly functions: ReadonlySet<string>
  /** Domains, sequences and the like. */
  readonly others: ReadonlySet<string>
}

const CREATED =
  /\bcreate\s+(?:or\s+replace\s+)?(schema|table|function|sequence|domain|type|view)\s+(?:if\s+not\s+exists\s+)?(trickle_[a-z_]+(?:\.[a-z0-9_]+)?)/g

export function catalogOf(sources: readonly SqlSource[]): SqlCatalog {
  const owners = new Map<string, string>()
  const tables = new Map<string, { isTenants: boolean }>()
  const functions = new Set<string>()
  const others = new Set<string>()
  for (const { text, owner } of sources) {
    for (const [, kind, name = ''] of text.matchAll(CREATED)) {
      if (kind === 'schema') owners.set(name, owner)
      else if (kind === 'function') functions.add(name)
      else if (kind === 'table') tables.set(name, { isTenants: isTenantsTable(name, text) })
      else others.add(name)
    }
  }
  return { owners, tables, functions, others }
}

/** A table whose rows each belong to one tenant has the column tenant_id. */
function isTenantsTable(name: string, text: string): boolean {
  const definition = text.slice(text.indexOf(`create table ${name}`)).split(';', 1)[0] ?? ''
  return /\btenant_id uuid not null\b/.test(definition)
}

import type { Client } from 'pg'

/** A rule of the schema: what it demands, and what breaks it at present. */
export interface CatalogRule {
  readonly name: string
  /** Each line names an object that breaks the rule. */
  find(client: Client): Promise<string[]>
}

/** A rule whose query gives one line for each object that breaks it. */
export function ruleOf(name: string, text: string, values: () => unknown[] = () => []): CatalogRule {
  return { name, find: (client) => lines(client, text, values()) }
}

export async function lines(client: Client, text: string, values: unknown[] = []): Promise<string[]> {
  const { rows } = await client.query<[string]>({ text, values, rowMode: 'array' })
  return rows.map(([line]) => line)
}

/** Condition for `n` (pg_namespace): not a schema of the server itself. */
export const OWN_SCHEMA = "n.nspname !~ '^(pg_|information_schema$)'"

import { Client } from 'pg'
import { z } from 'zod'
import type { Count } from './compare.ts'

/** Longer than a count over a million events takes. */
const TIMEOUT_MS = 30_000

const rowSchema = z.object({
  tenant_id: z.string(),
  slug: z.string(),
  type: z.string(),
  count: z.coerce.number(),
})

export interface StoredCounts {
  readonly counts: readonly Count[]
  /** The slug of each counted tenant's id, since analytics knows only ids. */
  readonly slugs: ReadonlyMap<string, string>
}

/** Counts the events of a source in the log itself, by tenant and type. */
export async function countInPostgres(inspectorUrl: string, source: string): Promise<StoredCounts> {
  const client = new Client({
    connectionString: inspectorUrl,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  })
  await client.connect()
  try {
    const { rows } = await client.query(
      `select e.tenant_id::text, t.slug, e.type, count(*)
        from trickle_events_log.events e join trickle_tenants_state.tenants t on t.tenant_id = e.tenant_id
        where e.source = $1 group by 1, 2, 3`,
      [source],
    )
    const parsed = z.array(rowSchema).parse(rows)
    return {
      counts: parsed.map(({ slug, type, count }) => ({ tenant: slug, type, count })),
      slugs: new Map(parsed.map(({ tenant_id: id, slug }) => [id, slug])),
    }
  } finally {
    await client.end()
  }
}

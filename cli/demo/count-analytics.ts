import { z } from 'zod'
import type { Count } from './compare.ts'

/** Longer than a count over a million events takes. */
const TIMEOUT_MS = 30_000

const rowsSchema = z.array(
  z.object({ TenantId: z.string(), EventType: z.string(), Count: z.coerce.number() }),
)

/**
 * Counts the rows of one CloudEvents source in EventsRaw, by tenant and type. Duplicates are counted, too.
 * @param slugs the slug of each tenant id; a tenant without a slug is shown by its id
 */
export async function countInAnalytics(
  analytics: { readonly url: string; readonly database: string },
  source: string,
  slugs: ReadonlyMap<string, string>,
): Promise<Count[]> {
  const { Client, ClientRequestProperties, KustoConnectionStringBuilder } = await import('azure-kusto-data')
  const client = new Client(new KustoConnectionStringBuilder(analytics.url))
  const properties = new ClientRequestProperties()
  properties.setTimeout(TIMEOUT_MS)
  // The source is our own word and a number: nothing in it needs escaping.
  const query = `EventsRaw | where Source == '${source}' | summarize Count = count() by TenantId, EventType`
  try {
    const response = await client.execute(analytics.database, query, properties)
    const { data } = response.primaryResults[0]?.toJSON<Record<string, unknown>>() ?? { data: [] }
    return rowsSchema.parse(data).map((row) => ({
      tenant: slugs.get(row.TenantId) ?? row.TenantId,
      type: row.EventType,
      count: row.Count,
    }))
  } finally {
    client.close()
  }
}

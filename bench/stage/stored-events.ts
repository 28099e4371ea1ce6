import { withClient } from '../../database/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import { makeEvent } from './payload.ts'

/** Events in one transaction. So few that it commits within seconds, so that it does not hold the feed for long. */
const CHUNK = 20_000

export interface StoredEventsPlan {
  readonly tenants: readonly TenantContext[]
  readonly count: number
  readonly eventsPerStream: number
}

/**
 * Fills the log of an unused server with plain SQL, as its administrator, in a tenth of the time of imports. Otherwise
 * only the append functions may insert, since a feed could skip other rows. Here nobody reads the feed yet. Streams are
 * called `stored-N` and are assigned to the tenants in turn. As after an append that names no times, an event's own time
 * is that of its recording.
 */
export async function storeEvents(adminUrl: string, plan: StoredEventsPlan): Promise<void> {
  const { data, metadata } = makeEvent(1)
  await withClient(adminUrl, async (client) => {
    for (let from = 0; from < plan.count; from += CHUNK) {
      const until = Math.min(from + CHUNK, plan.count)
      await client.query(EVENTS_SQL, [
        plan.tenants.map((tenant) => tenant.tenantId),
        from,
        until - 1,
        plan.eventsPerStream,
        JSON.stringify(data),
        JSON.stringify(metadata),
      ])
    }
    await client.query(HEADS_SQL)
    await client.query('analyze trickle_events_log.events')
    await client.query('analyze trickle_events_log.streams')
    await client.query('analyze trickle_tenants_state.tenants')
  })
}

const EVENTS_SQL = `
  insert into trickle_events_log.events (tenant_id, stream_id, version, event_id, type, occurred_at, recorded_at, data, metadata)
  select ($1::uuid[])[1 + (n / $4) % cardinality($1::uuid[])], 'stored-' || n / $4, 1 + n % $4, gen_random_uuid()::text, 'OrderPlaced',
      statement_timestamp(), statement_timestamp(), jsonb_set($5::jsonb, '{orderId}', to_jsonb('order-' || n)), $6::jsonb
    from generate_series($2::int, $3::int) as n`

const HEADS_SQL = `
  insert into trickle_events_log.streams (tenant_id, stream_id, version, created_at, updated_at)
  select e.tenant_id, e.stream_id, max(e.version), now(), now() from trickle_events_log.events e group by 1, 2`

/** Copies the log into the bare table, row for row, feed positions included. */
export async function copyToBareTable(adminUrl: string): Promise<void> {
  await withClient(adminUrl, async (client) => {
    await client.query('insert into bench_bare.events select * from trickle_events_log.events')
    await client.query('analyze bench_bare.events')
  })
}

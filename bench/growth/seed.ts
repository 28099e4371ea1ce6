import { withClient } from '../../database/index.ts'
import { makeEvent } from '../stage/index.ts'
import { BLOCK_EVENTS } from './options.ts'

export const EVENTS_PER_STREAM = 10
const STREAMS_PER_BLOCK = BLOCK_EVENTS / EVENTS_PER_STREAM

/** Events in one transaction. Small, so that the table's statistics see many transaction ids, as in a real log. */
const EVENTS_PER_COMMIT = 200

/** Events between two lines of progress. */
const EVENTS_PER_CALL = 100_000

export interface LogPlan {
  readonly events: number
  readonly tenants: number
}

/**
 * Fills an unused log with plain SQL, as the server's administrator. Nobody may read the feed meanwhile. Streams grow
 * at the same time, as in reality: in each block of 10,000 events, 1,000 streams get 10 events each, one event in turn.
 * So a stream's events lie apart in the table, equally far at every size. Stream n belongs to tenant n modulo the
 * number of tenants.
 */
export async function seedLog(adminUrl: string, plan: LogPlan, note: (line: string) => void): Promise<void> {
  const { data, metadata } = makeEvent(1)
  await withClient(adminUrl, async (client) => {
    // Faster. If the machine crashes, the lost data does no harm, since each run makes its own log.
    await client.query('set synchronous_commit = off')
    await client.query(
      `with tenant as (
          select bench_seed.tenant(n) as id, 'tenant-' || n as slug from generate_series(0, $1::int - 1) as n),
        names as (
          insert into trickle_tenants_state.tenant_names (name, tenant_id)
            select unnest(array[t.id::text, t.slug]), t.id from tenant t)
        insert into trickle_tenants_state.tenants (tenant_id, slug, name) select t.id, t.slug, t.slug from tenant t`,
      [plan.tenants],
    )
    const literals = [data, metadata].map((value) => client.escapeLiteral(JSON.stringify(value))).join(', ')
    for (let from = 0; from < plan.events; from += EVENTS_PER_CALL) {
      if (from > 0 && from % 1_000_000 === 0) note(`${from} of ${plan.events} events`)
      const until = Math.min(from + EVENTS_PER_CALL, plan.events)
      await client.query(`call bench_seed.fill(${from}, ${until}, ${plan.tenants}, ${literals})`)
    }
    await client.query(
      `insert into trickle_events_log.streams (tenant_id, stream_id, version, created_at, updated_at)
        select bench_seed.tenant(n % $2::int), 'stored-' || n, ${EVENTS_PER_STREAM}, now(), now()
          from generate_series(0, $1::int - 1) as n`,
      [plan.events / EVENTS_PER_STREAM, plan.tenants],
    )
    await client.query(
      'vacuum (analyze) trickle_events_log.events, trickle_events_log.streams, trickle_tenants_state.tenants',
    )
    await client.query('checkpoint')
  })
}

/**
 * Run after the migrations. A tenant's id is computed from its number, so that no list of 10,000 ids must be passed.
 */
export const SEED_SQL = `
  create schema bench_seed;
  create function bench_seed.tenant(p_number int) returns uuid language sql immutable strict parallel safe
    as $$ select md5('tenant-' || p_number)::uuid $$;
  create procedure bench_seed.fill(p_from int, p_until int, p_tenants int, p_data jsonb, p_metadata jsonb)
    language plpgsql
    as $$
  begin
    for v_from in p_from .. p_until - 1 by ${EVENTS_PER_COMMIT} loop
      insert into trickle_events_log.events
          (tenant_id, stream_id, version, event_id, type, occurred_at, recorded_at, data, metadata)
        select bench_seed.tenant(s.stream % p_tenants), 'stored-' || s.stream,
            1 + n % ${BLOCK_EVENTS} / ${STREAMS_PER_BLOCK}, gen_random_uuid()::text, 'OrderPlaced',
            clock_timestamp(), clock_timestamp(), jsonb_set(p_data, '{orderId}', to_jsonb('order-' || n)), p_metadata
          from generate_series(v_from, least(v_from + ${EVENTS_PER_COMMIT}, p_until) - 1) as n
          cross join lateral (select n / ${BLOCK_EVENTS} * ${STREAMS_PER_BLOCK} + n % ${STREAMS_PER_BLOCK} as stream) s;
      commit;
    end loop;
  end $$`

/**
 * A stream, its tenant, and the place in feed order directly before its first event: all its events follow that place.
 */
export interface StoredStream {
  readonly slug: string
  readonly streamId: string
  readonly xid: string
  readonly positionBefore: string
}

/** `count` streams, spread evenly over the log. So what must be in memory does not depend on the log's size. */
export async function sampleStreams(adminUrl: string, plan: LogPlan, count: number): Promise<StoredStream[]> {
  const streams = plan.events / EVENTS_PER_STREAM
  return withClient(adminUrl, async (client) => {
    const { rows } = await client.query<StoredStream>(
      `select 'tenant-' || (s.n % $2::int) as slug, e.stream_id as "streamId", e.xid::text as xid,
            (e.position - 1)::text as "positionBefore"
          from (select (i * $1::bigint / $3::int)::int as n from generate_series(0, $3::int - 1) as i) s
          join trickle_events_log.events e
            on e.tenant_id = bench_seed.tenant(s.n % $2::int) and e.stream_id = 'stored-' || s.n and e.version = 1
          order by md5(s.n::text)`,
      [streams, plan.tenants, count],
    )
    if (rows.length !== count) throw new Error(`${rows.length} of ${count} streams were found`)
    return rows
  })
}

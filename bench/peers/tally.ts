import { PostgresEventStore } from '../../shared/event-store/index.ts'
import { Database, noColumns, poolLimits } from '../../shared/postgres/index.ts'
import type { Statement } from '../../shared/postgres/index.ts'
import { defineProjection, runSubscription } from '../../shared/subscriptions/index.ts'
import type { Subscription, SubscriptionEvent } from '../../shared/subscriptions/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'
import type { BenchServer } from '../stage/index.ts'

/** A log of streams of equal length, each written by one append. Stream n belongs to tenant n modulo their number. */
export interface TallyLog {
  readonly tenants: number
  readonly events: number
  readonly perStream: number
}

/** More than any turn needs, so that a turn ends only when no events are left. */
const ample = { timeMs: 600_000, stepsMax: 1_000_000 } as const
/** Writers of the log. Writing it is not measured. */
const WRITERS = 32

/**
 * One row for each stream: how many events it has, and the sum of their amounts. Row-level security admits one tenant
 * at a time, as in the tables of bounded contexts.
 */
export const TALLY_TABLE = `
  create schema bench_tally;
  create table bench_tally.tallies (
    tenant_id uuid not null, stream_id text collate "C" not null, count int not null, sum bigint not null,
    constraint tallies_pkey primary key (tenant_id, stream_id));
  alter table bench_tally.tallies enable row level security;
  alter table bench_tally.tallies force row level security;
  create policy tallies_worker on bench_tally.tallies for all to trickle_worker
    using (tenant_id = trickle_tenants_state.current_tenant_id())
    with check (tenant_id = trickle_tenants_state.current_tenant_id());
  grant usage on schema bench_tally to trickle_worker;
  grant select, insert, update on bench_tally.tallies to trickle_worker`

/** Writes the log. */
export async function seedTallies(
  server: BenchServer,
  tenants: readonly TenantContext[],
  { events, perStream }: TallyLog,
): Promise<void> {
  const database = new Database({
    url: server.url('trickle_app'),
    connectionsMax: poolLimits.httpConnectionsMax,
    statements: 'unnamed',
  })
  const store = new PostgresEventStore(database)
  const streams = events / perStream
  let next = 0
  const write = async (): Promise<void> => {
    for (let stream = next++; stream < streams; stream = next++) {
      const tenant = tenants[stream % tenants.length]
      if (tenant === undefined) throw new RangeError('there are no tenants')
      await store.append(tenant, {
        streamId: `order-${stream}`,
        expected: { mode: 'any' },
        events: Array.from({ length: perStream }, (_, n) => ({ type: 'Changed', data: changeOf(n) })),
      })
    }
  }
  try {
    await Promise.all(Array.from({ length: WRITERS }, write))
  } finally {
    await database.end()
  }
}

/** Marten's events hold the same data. */
const changeOf = (n: number) => ({ amount: n, text: 'a text of some length, as events have' })

/** Projects the whole log. With a new name, the projection begins at the start. The caller empties the table. */
export async function projectTallies(database: Database, name: string): Promise<number> {
  const { outcome, events } = await runSubscription(database, tallies(name), ample)
  if (outcome !== 'done') throw new Error(`the projection ended as ${outcome}`)
  return events
}

const tallies = (name: string): Subscription =>
  defineProjection({
    name,
    types: ['Changed'],
    project: (events, tenantId) => [addTallies(events, tenantId)],
  })

/** One statement for all streams of the tenant. */
function addTallies(events: readonly SubscriptionEvent[], tenantId: string): Statement {
  const sums = new Map<string, { count: number; sum: number }>()
  for (const { streamId, data } of events) {
    const tally = sums.get(streamId) ?? { count: 0, sum: 0 }
    tally.count += 1
    tally.sum += (data as { amount: number }).amount
    sums.set(streamId, tally)
  }
  const rows = [...sums]
  return {
    name: 'add_tallies',
    text: `insert into bench_tally.tallies as t (tenant_id, stream_id, count, sum)
      select $1, u.stream_id, u.count, u.sum from unnest($2::text[], $3::int[], $4::bigint[]) as u (stream_id, count, sum)
      on conflict (tenant_id, stream_id) do update set count = t.count + excluded.count, sum = t.sum + excluded.sum`,
    columns: noColumns,
    values: [
      tenantId,
      rows.map(([streamId]) => streamId),
      rows.map(([, { count }]) => count),
      rows.map(([, { sum }]) => sum),
    ],
  }
}

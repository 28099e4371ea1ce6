import { DomainWrites, PostgresEventStore } from '../../shared/event-store/index.ts'
import { Database, noColumns } from '../../shared/postgres/index.ts'
import type { Statement } from '../../shared/postgres/index.ts'
import { withClient } from '../../database/index.ts'
import { alternate, figureOf, runLoad } from '../measure/index.ts'
import type { Sample, Watched } from '../measure/index.ts'
import {
  APPEND_TENANTS,
  createAppendTargets,
  createTenants,
  FeedWatch,
  makeEvent,
  startBenchServer,
} from '../stage/index.ts'
import type { AppendTarget } from '../stage/index.ts'
import { serverFacts } from './server-facts.ts'
import { targets } from './section.ts'
import type { SectionContext, SectionResult } from './section.ts'

/** A table as a domain has it. It gets one row for each stream. */
const TABLE = `
  create schema bench_domain;
  create table bench_domain.orders (tenant_id uuid, order_id text, changes int not null, primary key (tenant_id, order_id));
  alter table bench_domain.orders enable row level security;
  create policy orders_app on bench_domain.orders for all to trickle_app
    using (tenant_id = trickle_tenants_state.current_tenant_id()) with check (tenant_id = trickle_tenants_state.current_tenant_id());
  grant usage on schema bench_domain to trickle_app;
  grant select, insert, update on bench_domain.orders to trickle_app`

/** How long a domain's write with its event holds the feed of all tenants, compared with an append of the event. */
export async function domainWriteSection({ options, cleanup, note }: SectionContext): Promise<SectionResult> {
  const server = await cleanup.start(startBenchServer(), (started) => started.dispose())
  await withClient(server.adminUrl, (client) => client.query(TABLE))
  const watch = await cleanup.start(FeedWatch.start(server.adminUrl), (started) => started.end())
  const nextTarget = createAppendTargets(await createTenants(server, APPEND_TENANTS), false)
  const login = { url: server.url('trickle_app'), connectionsMax: 1, statements: 'unnamed' } as const
  const database = await cleanup.start(Promise.resolve(new Database(login)), (opened) => opened.end())
  const store = new PostgresEventStore(database, { coalesce: false })
  const writes = new DomainWrites(database)
  const watched: Record<string, Watched> = { client: { kind: 'self' } }

  /** Microseconds that one call holds the feed. */
  const held = async (work: () => Promise<unknown>): Promise<Sample> => {
    const load = runLoad(work, { concurrency: 1, durationMs: options.turnMs, watched })
    // The watch ends a little earlier than the load, so that it never watches an idle server.
    const share = await watch.shareHeld(options.turnMs * 0.9)
    const { value, cpuMicros } = await load
    return { value: (share / value) * 1e6, cpuMicros }
  }

  note('domain write: how long it holds the feed')
  const samples = await alternate(
    {
      write: () => held(() => writes.write(...orderChange(nextTarget()))),
      append: () => held(() => appendOne(store, nextTarget())),
    },
    options.rounds,
  )
  const facts = {
    section: 'domain-write',
    name: 'time that one caller holds the feed with a call',
    candidate: 'DomainWrites.write of one row and one event',
    baseline: 'PostgresEventStore.append of one event, alone',
    unit: 'µs',
    target: targets.domainWrite,
  }
  return {
    figures: [figureOf(facts, samples.write, samples.append)],
    skipped: [],
    postgres: await serverFacts(server.adminUrl),
  }
}

function appendOne(store: PostgresEventStore, { number, tenant, streamId }: AppendTarget) {
  return store.append(tenant, { streamId, expected: { mode: 'any' }, events: [makeEvent(number)] })
}

function orderChange({ number, tenant, streamId }: AppendTarget): Parameters<DomainWrites['write']> {
  const statement: Statement = {
    name: 'change_order',
    text: `insert into bench_domain.orders as o (tenant_id, order_id, changes) values ($1, $2, 1)
      on conflict (tenant_id, order_id) do update set changes = o.changes + 1`,
    columns: noColumns,
    values: [tenant.tenantId, streamId],
  }
  return [
    tenant,
    {
      streams: [streamId],
      decide: () => ({
        changes: [{ statement, rows: 1 }],
        streams: [{ streamId, expected: { mode: 'any' }, events: [makeEvent(number)] }],
      }),
    },
  ]
}

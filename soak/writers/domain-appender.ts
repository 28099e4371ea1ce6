import { DomainWrites } from '../../shared/event-store/index.ts'
import type {
  AppendAllRequest,
  AppendAllResult,
  AppendRequest,
  AppendResult,
  EventStore,
  StateChange,
} from '../../shared/event-store/index.ts'
import { noColumns } from '../../shared/postgres/index.ts'
import type { Database } from '../../shared/postgres/index.ts'
import type { TenantContext } from '../../shared/tenancy/index.ts'

/** What a writer needs of an event store. */
export type Appender = Pick<EventStore, 'append' | 'appendAll'>

/** Marks events that are written with a change of the table. A repeated append is recognized without this trace. */
export const DOMAIN_TRACE = '00-d0a10000000000000000000000000000-d0a1000000000000-01'

/** Counts, for each stream, the events that were written together with this row. */
export const DOMAIN_TABLE = `
  create schema soak_domain authorization trickle_owner;
  create table soak_domain.streams (
    tenant_id uuid not null, stream_id text collate "C" not null, events bigint not null, primary key (tenant_id, stream_id));
  alter table soak_domain.streams owner to trickle_owner;
  alter table soak_domain.streams enable row level security;
  create policy streams_app on soak_domain.streams for all to trickle_app
    using (tenant_id = trickle_tenants_state.current_tenant_id())
    with check (tenant_id = trickle_tenants_state.current_tenant_id());
  grant usage on schema soak_domain to trickle_app;
  grant select, insert, update on soak_domain.streams to trickle_app`

/** Appends like a domain that has a table besides its events: one transaction writes both. */
export class DomainAppender implements Appender {
  readonly #writes: DomainWrites

  constructor(database: Database) {
    this.#writes = new DomainWrites(database)
  }

  async append(tenant: TenantContext, request: AppendRequest): Promise<AppendResult> {
    const { streamId, expected, events, idempotency } = request
    const { streams, ...rest } = await this.appendAll(tenant, {
      streams: [{ streamId, expected, events }],
      idempotency: idempotency ?? null,
    })
    const [written] = streams
    if (written === undefined) throw new Error('a write answered without its stream')
    return { ...written, ...rest }
  }

  appendAll(
    tenant: TenantContext,
    { streams, conditions = [], idempotency = null }: AppendAllRequest,
  ): Promise<AppendAllResult> {
    return this.#writes.write(tenant, {
      streams: streams.map(({ streamId }) => streamId),
      conditions: conditions.map(({ streamId }) => streamId),
      idempotency,
      trace: { traceParent: DOMAIN_TRACE, traceState: null },
      decide: () => ({
        changes: streams.map(({ streamId, events }) => count(tenant.tenantId, streamId, events.length)),
        streams,
        conditions,
      }),
    })
  }
}

const count = (tenantId: string, streamId: string, events: number): StateChange => ({
  statement: {
    name: 'soak_count_events',
    text: `insert into soak_domain.streams as s (tenant_id, stream_id, events) values ($1, $2, $3)
      on conflict (tenant_id, stream_id) do update set events = s.events + excluded.events`,
    columns: noColumns,
    values: [tenantId, streamId, events],
  },
  rows: 1,
})

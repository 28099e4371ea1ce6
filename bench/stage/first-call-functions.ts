import { withClient } from '../../database/index.ts'

/**
 * Two functions to compare the first append of a connection with.
 * - `insert_event`: the floor. One insert into one table: no partitions, one index, no row-level security, no checks.
 * - `touch_tables`: what the tables of an append cost with no append. It reads the tenant's status and the epoch,
 *   advances a head and inserts an event, by two statements, with the rights of the owner of the append, so under
 *   row-level security. It takes no lock and checks nothing.
 */
const FUNCTIONS_SQL = `
  create schema bench_first;
  grant usage on schema bench_first to trickle_app, trickle_owner;
  create table bench_first.events (
    tenant_id uuid not null, stream_id text not null, version bigint not null, event_id text not null,
    type text not null, occurred_at timestamptz not null, recorded_at timestamptz not null, data jsonb not null,
    metadata jsonb, primary key (tenant_id, stream_id, version));
  grant insert on bench_first.events to trickle_app;
  create function bench_first.insert_event(
      p_tenant uuid, p_stream text, p_id text, p_type text, p_data jsonb, p_metadata jsonb) returns bigint
    language plpgsql as $$
  begin
    insert into bench_first.events (tenant_id, stream_id, version, event_id, type, occurred_at, recorded_at, data, metadata)
      values (p_tenant, p_stream, 1, p_id, p_type, clock_timestamp(), clock_timestamp(), p_data, p_metadata);
    return 1;
  end $$;
  create function bench_first.touch_tables(
      p_tenant uuid, p_stream text, p_id text, p_type text, p_data jsonb, p_metadata jsonb,
      out version bigint, out epoch uuid)
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
  begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    insert into trickle_events_log.streams as s (tenant_id, stream_id, version, created_at, updated_at)
      select p_tenant, p_stream, 1, clock_timestamp(), clock_timestamp()
        from trickle_tenants_state.tenant_status(p_tenant) t where t.status = 'active'
      on conflict (tenant_id, stream_id) do update set version = s.version + 1, updated_at = excluded.updated_at
      returning s.version, (select e.epoch from trickle_events_log.epochs e order by e.ordinal using > limit 1)
      into version, epoch;
    insert into trickle_events_log.events
        (tenant_id, stream_id, version, event_id, type, occurred_at, recorded_at, data, metadata)
      values (p_tenant, p_stream, version, p_id, p_type, clock_timestamp(), clock_timestamp(), p_data, p_metadata);
  end $$;
  alter function bench_first.touch_tables owner to trickle_owner;
  grant execute on function bench_first.touch_tables to trickle_app`

/** Creates both. To be called once for each server. */
export async function createFirstCallFunctions(adminUrl: string): Promise<void> {
  await withClient(adminUrl, (client) => client.query(FUNCTIONS_SQL))
}

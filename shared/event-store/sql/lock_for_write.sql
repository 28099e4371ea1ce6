-- The first statement of a transaction in which a domain changes its tables and appends the events of the changes. The
-- order is always: locks of resources, locks of streams, the first write, the append. From the first write on the
-- transaction has an id and holds every tenant's feed. So the client reads and decides before that, and then sends its
-- changes, append and COMMIT together (docs/domain-writes.md).
--
-- It binds the tenant, takes the locks, and records the locks of the streams for the append. Both kinds are taken in
-- the order of their keys, so that two writers can't deadlock. In any isolation level but READ COMMITTED, the next
-- statements could read data that is older than what the last holder of a lock committed.
create or replace function trickle_events_log.lock_for_write(
    p_tenant uuid, p_resources text[], p_streams text[], p_written int, p_names jsonb) returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_key int;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'a write with locks must run in READ COMMITTED' using errcode = 'TK003';
  end if;
  if pg_current_xact_id_if_assigned() is not null then
    raise exception 'the locks of a write must come before its first write; "select ... for update" is one'
      using errcode = 'TK002';
  end if;
  perform trickle_tenants_state.bind_tenant(p_tenant);
  for v_key in
    select distinct trickle_events_log.lock_key(p_tenant, u.resource)
      from unnest(p_resources) as u (resource) order by 1
  loop
    perform pg_advisory_xact_lock(trickle_events_log.resource_lock_class(), v_key);
  end loop;
  perform set_config('app.stream_locks',
    trickle_events_log.lock_append(p_tenant, p_streams, p_written, p_names)::text, true);
end $$;
alter function trickle_events_log.lock_for_write owner to trickle_owner;
grant execute on function trickle_events_log.lock_for_write to trickle_app, trickle_worker;

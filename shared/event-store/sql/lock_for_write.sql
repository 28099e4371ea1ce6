-- Begins a transaction in which a domain changes its tables and appends the events of it. The order, everywhere: locks
-- of resources, locks of streams, the first write, the append. From the first write on the transaction has an id and
-- holds every tenant's feed; so the client sends its changes, append and COMMIT in one go, and what it must read and
-- decide comes before (docs/domain-writes.md).
--
-- Binds the tenant, takes the locks, and notes those of the streams for the append. Both kinds are taken in the order
-- of their keys, so that no two writers each hold what the other wants. In any isolation but READ COMMITTED, what is
-- read next could be older than what the last holder of a lock committed.
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
grant execute on function trickle_events_log.lock_for_write to trickle_app;

-- Takes the locks of the streams that are written (exclusive) and of those that only a condition names (shared), in
-- the order of the lock keys: two streams may share a key, and any other order could deadlock. Draws no transaction id.
create or replace function trickle_events_log.lock_streams(p_tenants uuid[], p_streams text[], p_shared boolean[]) returns void
  language plpgsql volatile
  as $$
declare
  v_lock record;
begin
  if pg_current_xact_id_if_assigned() is not null then
    raise exception 'an append must be the first write of its transaction' using errcode = 'TK002';
  end if;
  if cardinality(p_streams) = 1 and not p_shared[1] then
    perform pg_advisory_xact_lock(trickle_events_log.lock_class(), trickle_events_log.lock_key(p_tenants[1], p_streams[1]));
    return;
  end if;
  for v_lock in
    select trickle_events_log.lock_key(u.tenant_id, u.stream_id) as key, bool_and(u.is_shared) as is_shared
      from unnest(p_tenants, p_streams, p_shared) as u (tenant_id, stream_id, is_shared)
      group by 1 order by 1
  loop
    if v_lock.is_shared then
      perform pg_advisory_xact_lock_shared(trickle_events_log.lock_class(), v_lock.key);
    else
      perform pg_advisory_xact_lock(trickle_events_log.lock_class(), v_lock.key);
    end if;
  end loop;
end $$;
alter function trickle_events_log.lock_streams owner to trickle_owner;

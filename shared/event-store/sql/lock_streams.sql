-- Takes the locks of the streams that are written (exclusive) and of those that only a condition names (shared). They
-- are taken in the order of the lock keys and not of the streams: two streams may share a key, so any other order could
-- deadlock. The transaction gets no id by this. Returns the keys, a shared one as -key - 1. A transaction that has an
-- id already must have taken the locks before it. Otherwise, of two versions of a stream, the later one could get the
-- smaller id and come before the earlier one in the feed.
create or replace function trickle_events_log.lock_streams(p_tenants uuid[], p_streams text[], p_shared boolean[])
  returns int[]
  language plpgsql volatile
  as $$
declare
  v_lock record;
  v_keys int[] := '{}';
begin
  if pg_current_xact_id_if_assigned() is not null then
    if not trickle_events_log.holds_locks(p_tenants, p_streams, p_shared) then
      raise exception 'an append is the first write of its transaction, or lock_for_write named its streams before'
        using errcode = 'TK002';
    end if;
    return v_keys;
  end if;
  if cardinality(p_streams) = 1 and not p_shared[1] then
    v_keys[1] := trickle_events_log.lock_key(p_tenants[1], p_streams[1]);
    perform pg_advisory_xact_lock(trickle_events_log.lock_class(), v_keys[1]);
    return v_keys;
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
    v_keys := v_keys || case when v_lock.is_shared then -v_lock.key - 1 else v_lock.key end;
  end loop;
  return v_keys;
end $$;
alter function trickle_events_log.lock_streams owner to trickle_owner;

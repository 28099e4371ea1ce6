-- The append of more than one stream, or with conditions or names, in the order of the steps of append, which has bound
-- the tenant and calls this function alone.
create or replace function trickle_events_log.append_several(
    p_tenant uuid, p_streams text[], p_stream_types text[], p_expected bigint[], p_written int,
    p_events jsonb, p_trace_parent text, p_trace_state text, p_key text, p_fingerprint bytea, p_names jsonb,
    out outcome text, out versions bigint[], out at int, out epoch uuid, out timeline text, out xid xid8,
    out result jsonb)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan
  as $$
declare
  v_now timestamptz;
  v_types text[];
  v_counts bigint[];
begin
  perform trickle_events_log.check_parts(p_streams, p_expected, p_written, p_events, p_names);
  perform trickle_events_log.lock_append(p_tenant, p_streams, p_written, p_names);
  -- New statements from here on, so new snapshots: they see what the last holder of the locks committed.
  if p_key is not null then
    select k.outcome, k.result, k.xid into outcome, result, xid
      from trickle_events_log.known_answer(p_tenant, p_key, p_fingerprint) k;
    if found then
      return;
    end if;
  end if;
  -- Read after the locks, so that recorded_at never runs backwards within a stream.
  v_now := clock_timestamp();
  select c.outcome, c.versions, c.types, c.at, c.result into outcome, versions, v_types, at, result
    from trickle_events_log.check_append(p_tenant, p_streams, p_stream_types, p_expected, p_names, v_now) c;
  if outcome is not null then
    return;
  end if;
  v_counts := trickle_events_log.write_events(
    p_tenant, p_streams, v_types, versions, p_written, v_now, p_events, p_trace_parent, p_trace_state);
  versions := trickle_events_log.write_heads(p_tenant, p_streams, v_types, versions, v_counts, v_now);
  select e.epoch into epoch from trickle_events_log.epochs e order by e.ordinal desc limit 1;
  xid := pg_current_xact_id();
  timeline := substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8);
  if p_key is not null then
    result := trickle_events_log.write_receipt(p_tenant, p_key, p_fingerprint, p_streams[1:p_written],
      versions[1:p_written], v_counts, epoch, timeline, p_events, v_now);
  end if;
  outcome := 'appended';
end $$;
alter function trickle_events_log.append_several owner to trickle_owner;

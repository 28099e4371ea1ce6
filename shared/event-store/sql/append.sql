-- The append: one call, one implicit transaction.
--
-- The order of the steps (reasons and measurements are in docs/event-log.md): bind the tenant; take the advisory lock
-- of every stream, in the order of the lock keys, before the transaction has an id; read the receipt and the heads in a
-- new statement; check; write. Only with this order are the versions of a stream in the order of (xid, position), also
-- for new streams and for several streams.
--
-- p_expected[i]: the version that stream i must have: exactly n (0 = no stream), -1 any, -2 any above 0. Streams after
-- the first p_written are conditions: they are checked and not written.
-- p_events: [{s: index of its stream, id, source, type, schemaVersion, time, data, metadata, correlationId,
--   causationId}]; jsonb, although it is only split into rows: with json, each event's data would be scanned as text
--   and then parsed, a seventh more work.
-- p_names: [{s: index of the stream, set, value, release}]; null when there are none, as mostly.
-- outcome: appended | replayed | key_reused | conflict | type_mismatch | name_taken | name_not_held | tenant_unknown |
--   tenant_suspended
-- versions: of every stream, after the append if it was done, else unchanged. at: index of the stream that is refused.
--
-- The body has what the append of one stream always needs, and little else. On a new connection every statement and
-- every expression that is executed is parsed and planned first, and every function and table is looked up in the
-- catalog: that is nine tenths of the first append. So what is seldom needed stands in functions of its own, values
-- that are needed once are computed within a statement, and no comment stands in the body, which the server reads too.
-- Afterwards a plain expression costs a tenth of a statement (so there is no `perform` here), and each further function
-- call 3 to 10 microseconds.
--
-- The statements after the lock have new snapshots: they see what the last holder of the lock committed. The time is
-- read after the lock too, so that recorded_at never runs backwards within a stream.
-- The head is updated without reading it first: an update costs a third less than an upsert, and no other append can
-- create the stream while its lock is held. If no row was written, check_append finds out why.
-- `using >` names the operator of the order. With `desc` PostgreSQL looks for it among all operator classes.
create or replace function trickle_events_log.append(
    p_tenant uuid, p_streams text[], p_stream_types text[], p_expected bigint[], p_written int,
    p_events jsonb, p_trace_parent text, p_trace_state text, p_key text, p_fingerprint bytea,
    p_names jsonb default null,
    out outcome text, out versions bigint[], out at int, out epoch uuid, out timeline text, out xid xid8,
    out result jsonb)
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  set plan_cache_mode = force_generic_plan
  as $$
declare
  v_done boolean;
  v_now timestamptz;
  v_type text;
begin
  if p_tenant is null
    or p_tenant::text <> coalesce(nullif(current_setting('app.tenant_id', true), ''), p_tenant::text)
  then
    raise exception 'this transaction belongs to another tenant' using errcode = 'TK001';
  end if;
  v_done := set_config('app.tenant_id', p_tenant::text, true) is null;
  if cardinality(p_streams) <> 1 or p_written <> 1 or p_names is not null then
    select a.outcome, a.versions, a.at, a.epoch, a.timeline, a.xid, a.result
      into outcome, versions, at, epoch, timeline, xid, result
      from trickle_events_log.append_several(p_tenant, p_streams, p_stream_types, p_expected, p_written, p_events,
        p_trace_parent, p_trace_state, p_key, p_fingerprint, p_names) a;
    return;
  end if;
  if pg_current_xact_id_if_assigned() is null then
    v_done := pg_advisory_xact_lock(
      trickle_events_log.lock_class(), trickle_events_log.lock_key(p_tenant, p_streams[1])) is null;
  else
    perform trickle_events_log.lock_streams(array[p_tenant], p_streams, array[false]);
  end if;
  if p_key is not null then
    select k.outcome, k.result, k.xid into outcome, result, xid
      from trickle_events_log.known_answer(p_tenant, p_key, p_fingerprint) k;
    if found then
      return;
    end if;
  end if;
  v_now := clock_timestamp();
  if p_expected[1] <> 0 then
    update trickle_events_log.streams s
      set version = s.version + jsonb_array_length(p_events), updated_at = v_now,
        stream_type = coalesce(s.stream_type, p_stream_types[1])
      where s.tenant_id = p_tenant and s.stream_id = p_streams[1]
        and (s.version = p_expected[1] or p_expected[1] = -1 or p_expected[1] = -2)
        and coalesce(s.stream_type = p_stream_types[1], true)
        and (select t.status from trickle_tenants_state.tenant_status(p_tenant) t) = 'active'
      returning 'appended', array[s.version], s.stream_type, pg_current_xact_id(),
        substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8),
        (select e.epoch from trickle_events_log.epochs e order by e.ordinal using > limit 1)
      into outcome, versions, v_type, xid, timeline, epoch;
  end if;
  if outcome is null and (p_expected[1] = 0 or p_expected[1] = -1) then
    insert into trickle_events_log.streams as s (tenant_id, stream_id, stream_type, version, created_at, updated_at)
      select p_tenant, p_streams[1], p_stream_types[1], jsonb_array_length(p_events), v_now, v_now
        where (select t.status from trickle_tenants_state.tenant_status(p_tenant) t) = 'active'
      on conflict (tenant_id, stream_id) do nothing
      returning 'appended', array[s.version], s.stream_type, pg_current_xact_id(),
        substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8),
        (select e.epoch from trickle_events_log.epochs e order by e.ordinal using > limit 1)
      into outcome, versions, v_type, xid, timeline, epoch;
  end if;
  if outcome is null then
    select c.outcome, c.versions, c.at, c.result into outcome, versions, at, result
      from trickle_events_log.check_append(p_tenant, p_streams, p_stream_types, p_expected, null, v_now) c;
    return;
  end if;
  insert into trickle_events_log.events (tenant_id, stream_id, version, source, event_id, type, stream_type,
      schema_version, occurred_at, recorded_at, data, metadata, trace_parent, trace_state, correlation_id, causation_id)
  select p_tenant, p_streams[1], versions[1] - jsonb_array_length(p_events) + x.place, x.source, x.id, x.type, v_type,
      x.schema_version, coalesce(x.occurred_at, v_now), v_now, x.data, x.metadata, p_trace_parent, p_trace_state,
      x.correlation_id, x.causation_id
    from trickle_events_log.event_values(p_events) x;
  if p_key is not null then
    result := trickle_events_log.write_receipt(p_tenant, p_key, p_fingerprint, p_streams, versions,
      array[jsonb_array_length(p_events)], epoch, timeline, p_events, v_now);
  end if;
end $$;
alter function trickle_events_log.append owner to trickle_owner;
grant execute on function trickle_events_log.append to trickle_app, trickle_worker;

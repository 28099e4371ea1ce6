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
-- The tenant's binding and the case of a single stream are written out in this body, because each further function call
-- costs an append 3 to 10 microseconds of the server's CPU. The append of a single event would cost 4 to 7 % more with
-- write_events, and 2 % more if a function of the receipts' owner wrote the receipt.
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
  v_bound text := current_setting('app.tenant_id', true);
  v_status text;
  v_fingerprint bytea;
  v_version bigint;
  v_type text;
  v_types text[];
  v_count bigint := jsonb_array_length(p_events);
  v_counts bigint[];
  v_now timestamptz;
  v_is_single boolean := cardinality(p_streams) = 1 and p_written = 1 and p_names is null;
  v_is_locked boolean;
  v_is_advanced boolean := false;
begin
  if p_tenant is null or (v_bound <> '' and v_bound <> p_tenant::text) then
    raise exception 'this transaction belongs to another tenant' using errcode = 'TK001';
  end if;
  -- A plain expression costs a tenth of a statement, so there is no `perform` in the case of a single stream.
  v_bound := set_config('app.tenant_id', p_tenant::text, true);

  if v_is_single then
    if pg_current_xact_id_if_assigned() is not null
      and not trickle_events_log.holds_locks(array[p_tenant], p_streams, array[false])
    then
      raise exception 'an append is the first write of its transaction, or lock_for_write named its streams before'
        using errcode = 'TK002';
    end if;
    v_is_locked := pg_advisory_xact_lock(
      trickle_events_log.lock_class(), trickle_events_log.lock_key(p_tenant, p_streams[1])) is null;
  else
    perform trickle_events_log.check_parts(p_streams, p_expected, p_written, p_events, p_names);
    perform trickle_events_log.lock_append(p_tenant, p_streams, p_written, p_names);
  end if;

  -- New statements from here on, so new snapshots: they see what the last holder of the locks committed.
  select t.status, (select e.epoch from trickle_events_log.epochs e order by e.ordinal desc limit 1)
    into v_status, epoch
    from trickle_tenants_state.tenant_status(p_tenant) t;
  if v_status is distinct from 'active' then
    outcome := case when v_status is null then 'tenant_unknown' else 'tenant_suspended' end;
    return;
  end if;
  if p_key is not null then
    select r.fingerprint, r.result, r.xid into v_fingerprint, result, xid
      from trickle_commands_log.find_receipt(p_tenant, p_key) r;
    if found then
      outcome := case when v_fingerprint = p_fingerprint then 'replayed' else 'key_reused' end;
      return;
    end if;
  end if;
  -- Read after the locks, so that recorded_at never runs backwards within a stream.
  v_now := clock_timestamp();
  -- The head of a single stream is updated without reading it first: an update costs a third less than an upsert, and
  -- no other append can create the stream while its lock is held. If no row is updated, the look-up below finds out
  -- why.
  if v_is_single and p_expected[1] <> 0 then
    update trickle_events_log.streams s
      set version = s.version + v_count, updated_at = v_now, stream_type = coalesce(s.stream_type, p_stream_types[1])
      where s.tenant_id = p_tenant and s.stream_id = p_streams[1]
        and (s.version = p_expected[1] or p_expected[1] in (-1, -2))
        and coalesce(s.stream_type = p_stream_types[1], true)
      returning s.version, s.stream_type into v_version, v_type;
    v_is_advanced := found;
  end if;
  if v_is_single and not v_is_advanced and p_expected[1] in (0, -1) then
    insert into trickle_events_log.streams as s (tenant_id, stream_id, stream_type, version, created_at, updated_at)
      values (p_tenant, p_streams[1], p_stream_types[1], v_count, v_now, v_now)
      on conflict (tenant_id, stream_id) do nothing
      returning s.version, s.stream_type into v_version, v_type;
    v_is_advanced := found;
  end if;
  if v_is_advanced then
    versions[1] := v_version - v_count;
    v_types[1] := v_type;
  else
    -- One look-up for each stream, by its whole key. A join with the array was planned as a scan of all the tenant's
    -- streams while statistics were stale, and then cost ten times as much as the append.
    for i in 1 .. cardinality(p_streams) loop
      select s.version, s.stream_type into v_version, v_type
        from trickle_events_log.streams s where s.tenant_id = p_tenant and s.stream_id = p_streams[i];
      versions[i] := coalesce(v_version, 0);
      v_types[i] := coalesce(v_type, p_stream_types[i]);
      if p_expected[i] <> -1 and p_expected[i] <> versions[i] and not (p_expected[i] = -2 and versions[i] > 0) then
        outcome := 'conflict';
        at := i;
        return;
      end if;
      if p_stream_types[i] <> v_types[i] then
        outcome := 'type_mismatch';
        at := i;
        result := to_jsonb(v_types[i]);
        return;
      end if;
    end loop;
    if p_names is not null then
      result := trickle_events_log.change_names(p_tenant, p_streams, p_names, v_now);
      if result is not null then
        outcome := result ->> 'outcome';
        at := result ->> 's';
        return;
      end if;
    end if;
  end if;

  if v_is_single then
    insert into trickle_events_log.events (tenant_id, stream_id, version, source, event_id, type, stream_type,
        schema_version, occurred_at, recorded_at, data, metadata, trace_parent, trace_state, correlation_id,
        causation_id)
    select p_tenant, p_streams[1], versions[1] + x.place, x.source, x.id, x.type, v_types[1], x.schema_version,
        coalesce(x.occurred_at, v_now), v_now, x.data, x.metadata, p_trace_parent, p_trace_state, x.correlation_id,
        x.causation_id
      from trickle_events_log.event_values(p_events) x;
    v_counts[1] := v_count;
  else
    v_counts := trickle_events_log.write_events(
      p_tenant, p_streams, v_types, versions, p_written, v_now, p_events, p_trace_parent, p_trace_state);
  end if;
  if v_is_advanced then
    versions[1] := v_version;
  else
    for i in 1 .. p_written loop
      versions[i] := versions[i] + v_counts[i];
      insert into trickle_events_log.streams (tenant_id, stream_id, stream_type, version, created_at, updated_at)
        values (p_tenant, p_streams[i], v_types[i], versions[i], v_now, v_now)
        on conflict (tenant_id, stream_id) do update
          set version = excluded.version, updated_at = excluded.updated_at, stream_type = excluded.stream_type;
    end loop;
  end if;
  xid := pg_current_xact_id();
  timeline := substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8);
  if p_key is not null then
    result := jsonb_build_object(
      'streams', to_jsonb(p_streams[1:p_written]), 'versions', to_jsonb(versions[1:p_written]),
      'counts', to_jsonb(v_counts), 'epoch', epoch, 'timeline', timeline,
      'ids', (select jsonb_agg(x.value -> 'id' order by x.n)
        from jsonb_array_elements(p_events) with ordinality as x (value, n)));
    insert into trickle_commands_log.receipts (tenant_id, key, fingerprint, status, result, created_at)
      values (p_tenant, p_key, p_fingerprint, 201, result, v_now);
  end if;
  outcome := 'appended';
end $$;
alter function trickle_events_log.append owner to trickle_owner;
grant execute on function trickle_events_log.append to trickle_app, trickle_worker;

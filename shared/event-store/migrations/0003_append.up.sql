-- The append: one call, one implicit transaction.
--
-- Order (argued and measured in docs/event-log.md): bind the tenant, take the advisory lock of every stream, in the
-- order of the lock keys, before the transaction has an id, read receipt and heads in a new statement, check, write.
-- Only so does (xid, position) order equal stream order, also for new streams and several streams.
set local lock_timeout = '2s';
set local statement_timeout = '60s';

-- Class of our advisory locks, "ES" and 1: stream lock and mark of a running appender at once (see feed_horizon).
create function trickle_events_log.lock_class() returns int
  language sql immutable parallel safe as $$ select 1163067393 $$;

-- 4,096 stripes: all appenders together never hold more entries than half of a default lock table, however many
-- streams one append names. Every appender must use this mapping; changing it needs a stop of all of them.
create function trickle_events_log.lock_key(p_tenant uuid, p_stream text) returns int
  language sql immutable parallel safe as $$ select hashtext(p_tenant::text || p_stream) & 4095 $$;

-- Takes the locks of the streams that are written (exclusive) and of those that only a condition names (shared), in
-- the order of the lock keys: two streams may share a key, and any other order could deadlock. Draws no transaction id.
create function trickle_events_log.lock_streams(p_tenants uuid[], p_streams text[], p_shared boolean[]) returns void
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

-- Writes the events of one append and returns how many each stream received. Called by append alone, after its checks.
-- One stream is the common case and needs neither sort nor window; the heads are the caller's next statement.
create function trickle_events_log.write_events(
    p_tenant uuid, p_streams text[], p_types text[], p_versions bigint[], p_written int, p_now timestamptz,
    p_events jsonb, p_trace_parent text, p_trace_state text) returns bigint[]
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan
  as $$
declare
  v_count bigint;
  v_counts bigint[];
begin
  if p_written = 1 then
    insert into trickle_events_log.events (tenant_id, stream_id, version, source, event_id, type, stream_type, schema_version,
        occurred_at, recorded_at, data, metadata, trace_parent, trace_state, correlation_id, causation_id)
    select p_tenant, p_streams[1], p_versions[1] + x.n, coalesce(x.source, ''), x.id, x.type, p_types[1], coalesce(x."schemaVersion", 1),
        coalesce(x.time, p_now), p_now, coalesce(x.data, 'null'::jsonb), x.metadata,
        p_trace_parent, p_trace_state, x."correlationId", x."causationId"
      from rows from (jsonb_to_recordset(p_events) as (id text, source text, type text, "schemaVersion" int, time timestamptz,
        data jsonb, metadata jsonb, "correlationId" text, "causationId" text)) with ordinality
        as x (id, source, type, "schemaVersion", time, data, metadata, "correlationId", "causationId", n);
    get diagnostics v_count = row_count;
    return array[v_count];
  end if;
  insert into trickle_events_log.events (tenant_id, stream_id, version, source, event_id, type, stream_type, schema_version,
      occurred_at, recorded_at, data, metadata, trace_parent, trace_state, correlation_id, causation_id)
  select p_tenant, p_streams[x.s], p_versions[x.s] + row_number() over (partition by x.s order by x.n), coalesce(x.source, ''), x.id, x.type,
      p_types[x.s], coalesce(x."schemaVersion", 1), coalesce(x.time, p_now), p_now, coalesce(x.data, 'null'::jsonb), x.metadata,
      p_trace_parent, p_trace_state, x."correlationId", x."causationId"
    from rows from (jsonb_to_recordset(p_events) as (s int, id text, source text, type text, "schemaVersion" int, time timestamptz,
      data jsonb, metadata jsonb, "correlationId" text, "causationId" text)) with ordinality
      as x (s, id, source, type, "schemaVersion", time, data, metadata, "correlationId", "causationId", n)
    where x.s between 1 and p_written
    order by x.n;
  select array_agg(coalesce(c.count, 0) order by u.s) into v_counts
    from generate_series(1, p_written) as u (s)
    left join (select x.s, count(*) from jsonb_to_recordset(p_events) as x (s int) group by x.s) c on c.s = u.s;
  return v_counts;
end $$;

-- Refuses an append to several streams whose parts do not fit together: an event of a stream that is not written would be
-- lost, a condition that is missing would count as met.
create function trickle_events_log.check_parts(p_streams text[], p_expected bigint[], p_written int, p_events jsonb) returns void
  language plpgsql volatile
  as $$
begin
  if cardinality(p_expected) <> cardinality(p_streams)
    or (select count(distinct u.stream_id) from unnest(p_streams) as u (stream_id)) <> cardinality(p_streams)
    or p_written not between 1 and cardinality(p_streams)
    or exists (
      select from generate_series(1, p_written) as w (s)
        full join (select distinct x.s from jsonb_to_recordset(p_events) as x (s int)) e on e.s = w.s
        where e.s is null or w.s is null)
  then
    raise exception 'each stream needs one expectation, each written stream an event, each event a written stream' using errcode = 'TK004';
  end if;
end $$;

-- p_expected[i]: the version stream i must have: n exactly (0 = no stream), -1 any, -2 some. Streams beyond p_written
-- are conditions: they are checked and not written.
-- p_events: [{s: index of its stream, id, source, type, schemaVersion, time, data, metadata, correlationId, causationId}];
--   jsonb, though it is only unfolded: from json each event's data is scanned as text and then parsed, a seventh more work.
-- outcome: appended | replayed | key_reused | conflict | type_mismatch | tenant_unknown | tenant_suspended
-- versions: of every stream, after the append when it happened, else as they are. at: index of the stream in conflict.
--
-- The body is one piece, with the tenant's binding and the lock of a single stream written out, because each further
-- function call costs an append 3 to 5 microseconds of the server's CPU.
create function trickle_events_log.append(
    p_tenant uuid, p_streams text[], p_stream_types text[], p_expected bigint[], p_written int,
    p_events jsonb, p_trace_parent text, p_trace_state text, p_key text, p_fingerprint bytea,
    out outcome text, out versions bigint[], out at int, out epoch uuid, out timeline text, out xid xid8, out result jsonb)
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
  v_counts bigint[];
  v_now timestamptz;
  v_is_advanced boolean := false;
begin
  if p_tenant is null or (v_bound <> '' and v_bound <> p_tenant::text) then
    raise exception 'this transaction belongs to another tenant' using errcode = 'TK001';
  end if;
  perform set_config('app.tenant_id', p_tenant::text, true);

  if cardinality(p_streams) = 1 and p_written = 1 then
    if pg_current_xact_id_if_assigned() is not null then
      raise exception 'an append must be the first write of its transaction' using errcode = 'TK002';
    end if;
    perform pg_advisory_xact_lock(trickle_events_log.lock_class(), trickle_events_log.lock_key(p_tenant, p_streams[1]));
  else
    perform trickle_events_log.check_parts(p_streams, p_expected, p_written, p_events);
    perform trickle_events_log.lock_streams(array_fill(p_tenant, array[cardinality(p_streams)]), p_streams,
      array_fill(false, array[p_written]) || array_fill(true, array[cardinality(p_streams) - p_written]));
  end if;

  -- New statements from here on, so new snapshots: they see what the last holder of the locks committed.
  select t.status, (select e.epoch from trickle_events_log.epochs e order by e.ordinal desc limit 1) into v_status, epoch
    from trickle_tenants_state.tenants t where t.tenant_id = p_tenant;
  if v_status is distinct from 'active' then
    outcome := case when v_status is null then 'tenant_unknown' else 'tenant_suspended' end;
    return;
  end if;
  if p_key is not null then
    select r.fingerprint, r.result, r.xid into v_fingerprint, result, xid
      from trickle_commands_log.receipts r where r.tenant_id = p_tenant and r.key = p_key;
    if found then
      outcome := case when v_fingerprint = p_fingerprint then 'replayed' else 'key_reused' end;
      return;
    end if;
  end if;
  -- Read after the locks, so that recorded_at never runs backwards within a stream.
  v_now := clock_timestamp();
  -- One stream that takes any version, as most appends do: its head is advanced without a look at it before, a tenth of
  -- the server's work less. Where that finds no row to advance, the look-up below says why.
  if cardinality(p_streams) = 1 and p_expected[1] = -1 then
    insert into trickle_events_log.streams as s (tenant_id, stream_id, stream_type, version, created_at, updated_at)
      values (p_tenant, p_streams[1], p_stream_types[1], jsonb_array_length(p_events), v_now, v_now)
      on conflict (tenant_id, stream_id) do update
        set version = s.version + excluded.version, updated_at = excluded.updated_at,
          stream_type = coalesce(s.stream_type, excluded.stream_type)
        where coalesce(s.stream_type = excluded.stream_type, true)
      returning s.version, s.stream_type into v_version, v_type;
    v_is_advanced := found;
  end if;
  if v_is_advanced then
    versions[1] := v_version - jsonb_array_length(p_events);
    v_types[1] := v_type;
  else
    -- One look-up a stream, each by its whole key: a join against the array was planned as a scan of the tenant's
    -- streams while statistics were stale, and then cost ten times the append.
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
  end if;

  v_counts := trickle_events_log.write_events(p_tenant, p_streams, v_types, versions, p_written, v_now, p_events, p_trace_parent, p_trace_state);
  for i in 1 .. p_written loop
    versions[i] := versions[i] + v_counts[i];
    continue when v_is_advanced;
    insert into trickle_events_log.streams (tenant_id, stream_id, stream_type, version, created_at, updated_at)
      values (p_tenant, p_streams[i], v_types[i], versions[i], v_now, v_now)
      on conflict (tenant_id, stream_id) do update
        set version = excluded.version, updated_at = excluded.updated_at, stream_type = excluded.stream_type;
  end loop;
  xid := pg_current_xact_id();
  timeline := substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8);
  if p_key is not null then
    result := jsonb_build_object('streams', to_jsonb(p_streams[1:p_written]), 'versions', to_jsonb(versions[1:p_written]),
      'counts', to_jsonb(v_counts), 'epoch', epoch, 'timeline', timeline,
      'ids', (select jsonb_agg(x.value -> 'id' order by x.n) from jsonb_array_elements(p_events) with ordinality as x (value, n)));
    insert into trickle_commands_log.receipts (tenant_id, key, fingerprint, status, result, created_at)
      values (p_tenant, p_key, p_fingerprint, 201, result, v_now);
  end if;
  outcome := 'appended';
end $$;
grant execute on function trickle_events_log.append(uuid, text[], text[], bigint[], int, jsonb, text, text, text, bytea) to trickle_app;

-- Whether events with these ids are there already: the answer to a retry whose first attempt committed.
-- outcome: absent (none of them), replayed (all from one append with equal content: its whole result), exists (else).
create function trickle_events_log.find_append(p_tenant uuid, p_streams text[], p_events json,
    out outcome text, out offending text, out stream_versions jsonb, out epoch uuid, out timeline text, out xid xid8)
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_found bigint;
  v_given bigint;
  v_equal bigint;
  v_appends bigint;
begin
  perform trickle_tenants_state.bind_tenant(p_tenant);
  select count(e.event_id), count(*), count(distinct e.xid), min(e.xid::text)::xid8,
      -- The id to name: one with other content, if that is what is wrong.
      coalesce(min(x.id) filter (where not m.is_equal), min(x.id) filter (where m.is_equal)), count(*) filter (where m.is_equal)
    into v_found, v_given, v_appends, xid, offending, v_equal
    from json_to_recordset(p_events) as x (s int, id text, source text, type text, "schemaVersion" int, time timestamptz,
      data jsonb, metadata jsonb, "correlationId" text, "causationId" text)
    left join trickle_events_log.events e on e.tenant_id = p_tenant and e.source = coalesce(x.source, '') and e.event_id = x.id
    left join lateral (select e.stream_id = p_streams[x.s] and e.type = x.type and e.schema_version = coalesce(x."schemaVersion", 1)
        and e.data = coalesce(x.data, 'null'::jsonb) and e.metadata is not distinct from x.metadata
        and (x.time is null or e.occurred_at = x.time) and e.correlation_id is not distinct from x."correlationId"
        and e.causation_id is not distinct from x."causationId" as is_equal) m on e.event_id is not null;
  if v_found = 0 then
    outcome := 'absent';
  elsif v_equal = v_given and v_appends = 1 then
    outcome := 'replayed';
    -- The whole append, whichever part of it was asked for: [[stream, version, id], ...] in its order.
    select jsonb_agg(jsonb_build_array(e.stream_id, e.version, e.event_id) order by e.position) into stream_versions
      from trickle_events_log.events e where e.tenant_id = p_tenant and e.xid = find_append.xid and e.stream_id = any (p_streams);
  else
    outcome := 'exists';
  end if;
  select e.epoch into epoch from trickle_events_log.epochs e order by e.ordinal desc limit 1;
  timeline := substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8);
end $$;
grant execute on function trickle_events_log.find_append(uuid, text[], json) to trickle_app;

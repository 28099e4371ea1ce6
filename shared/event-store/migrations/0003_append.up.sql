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

-- Whether lock_for_write took the locks of all these streams, before this transaction had an id. p_shared: a shared lock
-- is enough. The keys stand in a setting of the transaction: what a rollback to a savepoint takes back of the locks, it
-- takes back of the keys.
create function trickle_events_log.holds_locks(p_tenants uuid[], p_streams text[], p_shared boolean[]) returns boolean
  language sql volatile
  as $$
    select coalesce(bool_and(l.key = any (h.keys) or (l.is_shared and -l.key - 1 = any (h.keys))), false)
      from (select coalesce(nullif(current_setting('app.stream_locks', true), ''), '{}')::int[] as keys) h
      cross join (
        select trickle_events_log.lock_key(u.tenant_id, u.stream_id) as key, u.is_shared
          from unnest(p_tenants, p_streams, p_shared) as u (tenant_id, stream_id, is_shared)) l
  $$;

-- Takes the locks of the streams that are written (exclusive) and of those that only a condition names (shared), in
-- the order of the lock keys: two streams may share a key, and any other order could deadlock. Draws no transaction id.
-- Returns the keys, a shared one as -key - 1. A transaction that has an id is let through only with locks that it took
-- before: of two versions of a stream, the later one could get the smaller id and stand in the feed before the earlier.
create function trickle_events_log.lock_streams(p_tenants uuid[], p_streams text[], p_shared boolean[]) returns int[]
  language plpgsql volatile
  as $$
declare
  v_lock record;
  v_keys int[] := '{}';
begin
  if pg_current_xact_id_if_assigned() is not null then
    if not trickle_events_log.holds_locks(p_tenants, p_streams, p_shared) then
      raise exception 'an append must be the first write of its transaction, or lock_for_write must name its streams before'
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

-- The locks of one append: of its streams, and of the names it takes or gives up, so that two streams which want one name
-- wait for each other before either has a transaction id. A name's lock is that of a stream that no caller can have.
create function trickle_events_log.lock_append(p_tenant uuid, p_streams text[], p_written int, p_names jsonb) returns int[]
  language plpgsql volatile
  as $$
declare
  v_names text[] := coalesce((select array_agg(E'\x01' || x.set || E'\x01' || x.value)
    from jsonb_to_recordset(p_names) as x (set text, value text)), '{}');
  v_all int := cardinality(p_streams) + cardinality(v_names);
begin
  return trickle_events_log.lock_streams(array_fill(p_tenant, array[v_all]), p_streams || v_names,
    array_fill(false, array[p_written]) || array_fill(true, array[cardinality(p_streams) - p_written])
      || array_fill(false, array[cardinality(v_names)]));
end $$;

-- Writes the events of an append to several streams and returns how many each stream received. Called by append alone, after
-- its checks.
create function trickle_events_log.write_events(
    p_tenant uuid, p_streams text[], p_types text[], p_versions bigint[], p_written int, p_now timestamptz,
    p_events jsonb, p_trace_parent text, p_trace_state text) returns bigint[]
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan
  as $$
declare
  v_counts bigint[];
begin
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
-- lost, a condition that is missing would count as met, a name of no stream would be held by nobody.
create function trickle_events_log.check_parts(p_streams text[], p_expected bigint[], p_written int, p_events jsonb, p_names jsonb)
  returns void
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
    or exists (
      select from jsonb_to_recordset(p_names) as x (s int, set text, value text, release boolean)
        where x.s is null or x.s not between 1 and p_written or x.set is null or x.value is null or x.release is null)
    or (select count(distinct (x.set, x.value, x.release)) <> jsonb_array_length(p_names)
      from jsonb_to_recordset(p_names) as x (set text, value text, release boolean))
  then
    raise exception 'each stream needs one expectation, each written stream an event, each event and name a written stream' using errcode = 'TK004';
  end if;
end $$;

-- Gives names up and takes names, in this order. Returns null when all of it is done, else what is in the way and has
-- changed nothing: {outcome: name_not_held | name_taken, s: index of the stream, set, value, holder}. The caller holds the
-- locks of the names, so what is read here does not change until the end of the transaction.
create function trickle_events_log.change_names(p_tenant uuid, p_streams text[], p_names jsonb, p_now timestamptz) returns jsonb
  language plpgsql volatile
  as $$
declare
  v_refusal jsonb;
begin
  select jsonb_build_object('outcome', case when x.release then 'name_not_held' else 'name_taken' end, 's', x.s, 'set', x.set,
      'value', x.value, 'holder', n.stream_id) into v_refusal
    from rows from (jsonb_to_recordset(p_names) as (s int, set text, value text, release boolean)) with ordinality
        as x (s, set, value, release, n_in_request)
    left join trickle_events_log.names n on n.tenant_id = p_tenant and n.name_set = x.set and n.value = x.value
    where case when x.release then n.stream_id is distinct from p_streams[x.s]
      else n.stream_id <> p_streams[x.s] and not exists (
        select from jsonb_to_recordset(p_names) as r (s int, set text, value text, release boolean)
          where r.release and r.set = x.set and r.value = x.value and p_streams[r.s] = n.stream_id) end
    order by x.n_in_request limit 1;
  if found then
    return v_refusal;
  end if;
  delete from trickle_events_log.names n
    using jsonb_to_recordset(p_names) as x (set text, value text, release boolean)
    where x.release and n.tenant_id = p_tenant and n.name_set = x.set and n.value = x.value;
  insert into trickle_events_log.names (tenant_id, name_set, value, stream_id, reserved_at)
    select p_tenant, x.set, x.value, p_streams[x.s], p_now
      from jsonb_to_recordset(p_names) as x (s int, set text, value text, release boolean) where not x.release
    on conflict (tenant_id, name_set, value) do nothing;
  return null;
end $$;

-- p_expected[i]: the version stream i must have: n exactly (0 = no stream), -1 any, -2 some. Streams beyond p_written
-- are conditions: they are checked and not written.
-- p_events: [{s: index of its stream, id, source, type, schemaVersion, time, data, metadata, correlationId, causationId}];
--   jsonb, though it is only unfolded: from json each event's data is scanned as text and then parsed, a seventh more work.
-- p_names: [{s: index of the stream, set, value, release}]; null when there are none, as mostly.
-- outcome: appended | replayed | key_reused | conflict | type_mismatch | name_taken | name_not_held | tenant_unknown |
--   tenant_suspended
-- versions: of every stream, after the append when it happened, else as they are. at: index of the stream in conflict.
--
-- The body is one piece, with the tenant's binding and the way of a single stream written out, because each further
-- function call costs an append 3 to 10 microseconds of the server's CPU.
create function trickle_events_log.append(
    p_tenant uuid, p_streams text[], p_stream_types text[], p_expected bigint[], p_written int,
    p_events jsonb, p_trace_parent text, p_trace_state text, p_key text, p_fingerprint bytea, p_names jsonb default null,
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
  -- Plain expressions cost a function a tenth of what a statement does, hence no `perform` on the way of a single stream.
  v_bound := set_config('app.tenant_id', p_tenant::text, true);

  if v_is_single then
    if pg_current_xact_id_if_assigned() is not null
      and not trickle_events_log.holds_locks(array[p_tenant], p_streams, array[false])
    then
      raise exception 'an append must be the first write of its transaction, or lock_for_write must name its streams before'
        using errcode = 'TK002';
    end if;
    v_is_locked := pg_advisory_xact_lock(trickle_events_log.lock_class(), trickle_events_log.lock_key(p_tenant, p_streams[1])) is null;
  else
    perform trickle_events_log.check_parts(p_streams, p_expected, p_written, p_events, p_names);
    perform trickle_events_log.lock_append(p_tenant, p_streams, p_written, p_names);
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
  -- The head of a single stream is advanced without a look at it before: an update costs a third less than an upsert, and
  -- nobody else can begin the stream while its lock is held. Where no row is met, the look-up below says why.
  if v_is_single and p_expected[1] <> 0 then
    update trickle_events_log.streams s
      set version = s.version + v_count, updated_at = v_now, stream_type = coalesce(s.stream_type, p_stream_types[1])
      where s.tenant_id = p_tenant and s.stream_id = p_streams[1]
        and (s.version = p_expected[1] or p_expected[1] in (-1, -2)) and coalesce(s.stream_type = p_stream_types[1], true)
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
    insert into trickle_events_log.events (tenant_id, stream_id, version, source, event_id, type, stream_type, schema_version,
        occurred_at, recorded_at, data, metadata, trace_parent, trace_state, correlation_id, causation_id)
    select p_tenant, p_streams[1], versions[1] + x.n, coalesce(x.source, ''), x.id, x.type, v_types[1], coalesce(x."schemaVersion", 1),
        coalesce(x.time, v_now), v_now, coalesce(x.data, 'null'::jsonb), x.metadata,
        p_trace_parent, p_trace_state, x."correlationId", x."causationId"
      from rows from (jsonb_to_recordset(p_events) as (id text, source text, type text, "schemaVersion" int, time timestamptz,
        data jsonb, metadata jsonb, "correlationId" text, "causationId" text)) with ordinality
        as x (id, source, type, "schemaVersion", time, data, metadata, "correlationId", "causationId", n);
    v_counts[1] := v_count;
  else
    v_counts := trickle_events_log.write_events(p_tenant, p_streams, v_types, versions, p_written, v_now, p_events, p_trace_parent, p_trace_state);
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
    result := jsonb_build_object('streams', to_jsonb(p_streams[1:p_written]), 'versions', to_jsonb(versions[1:p_written]),
      'counts', to_jsonb(v_counts), 'epoch', epoch, 'timeline', timeline,
      'ids', (select jsonb_agg(x.value -> 'id' order by x.n) from jsonb_array_elements(p_events) with ordinality as x (value, n)));
    insert into trickle_commands_log.receipts (tenant_id, key, fingerprint, status, result, created_at)
      values (p_tenant, p_key, p_fingerprint, 201, result, v_now);
  end if;
  outcome := 'appended';
end $$;
grant execute on function trickle_events_log.append(uuid, text[], text[], bigint[], int, jsonb, text, text, text, bytea, jsonb) to trickle_app;

-- A write of a domain and its events in one transaction. The order, everywhere: locks of resources, locks of streams, the
-- first write, the append. From the first write on the transaction has an id and holds every tenant's feed, so the
-- client sends that write, append_or_fail and COMMIT in one go, and whatever it must read and decide comes before.

-- Class of the locks of resources: what one transaction at a time may decide about and is no stream, such as a title or
-- a room's night. "ES" and 3; feed_horizon() looks at the class of the streams alone.
create function trickle_events_log.resource_lock_class() returns int
  language sql immutable parallel safe as $$ select 1163067395 $$;

-- Begins such a transaction: binds the tenant, takes the locks and notes those of the streams for the append. Each lock
-- table sorted by key, resources first, so that no two writers wait for each other. Without READ COMMITTED what is read
-- next could be older than what the last holder of a lock committed.
create function trickle_events_log.lock_for_write(
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
    raise exception 'the locks of a write must come before its first write; "select ... for update" is one' using errcode = 'TK002';
  end if;
  perform trickle_tenants_state.bind_tenant(p_tenant);
  for v_key in
    select distinct trickle_events_log.lock_key(p_tenant, u.resource) from unnest(p_resources) as u (resource) order by 1
  loop
    perform pg_advisory_xact_lock(trickle_events_log.resource_lock_class(), v_key);
  end loop;
  perform set_config('app.stream_locks', trickle_events_log.lock_append(p_tenant, p_streams, p_written, p_names)::text, true);
end $$;
grant execute on function trickle_events_log.lock_for_write(uuid, text[], text[], int, jsonb) to trickle_app;

-- The append of such a transaction. COMMIT is on its way already, so every outcome but "appended" must end in an error, or
-- the domain's write would be committed without its event. The answer is then the error's detail.
create function trickle_events_log.append_or_fail(
    p_tenant uuid, p_streams text[], p_stream_types text[], p_expected bigint[], p_written int,
    p_events jsonb, p_trace_parent text, p_trace_state text, p_key text, p_fingerprint bytea, p_names jsonb,
    out outcome text, out versions bigint[], out at int, out epoch uuid, out timeline text, out xid xid8, out result jsonb)
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_answer record;
begin
  v_answer := trickle_events_log.append(p_tenant, p_streams, p_stream_types, p_expected, p_written, p_events, p_trace_parent,
    p_trace_state, p_key, p_fingerprint, p_names);
  if v_answer.outcome <> 'appended' then
    raise exception 'the append of a write ended in "%"', v_answer.outcome using errcode = 'TK005', detail = v_answer::text;
  end if;
  select v_answer.outcome, v_answer.versions, v_answer.at, v_answer.epoch, v_answer.timeline, v_answer.xid, v_answer.result
    into outcome, versions, at, epoch, timeline, xid, result;
end $$;
grant execute on function trickle_events_log.append_or_fail(uuid, text[], text[], bigint[], int, jsonb, text, text, text, bytea, jsonb)
  to trickle_app;

-- Ends a write whose statement did not meet the rows that it must: COMMIT is on its way already. p_nth: which statement.
create function trickle_events_log.require_rows(p_found bigint, p_required int, p_nth int) returns boolean
  language plpgsql volatile
  as $$
begin
  if p_found <> p_required then
    raise exception 'statement % of a write met % rows and must meet %', p_nth, p_found, p_required
      using errcode = 'TK006', detail = p_nth::text;
  end if;
  return true;
end $$;
grant execute on function trickle_events_log.require_rows(bigint, int, int) to trickle_app;

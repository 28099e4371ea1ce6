-- Appends of several callers, also of several tenants, in one transaction: they share its commit and its round trip,
-- and each has an outcome of its own.
--
-- Request i appends p_counts[i] events to stream p_streams[i] of tenant p_tenants[i]. The order of the steps is that of
-- append. A stream may be in a batch several times if each of its requests takes any version: they are appended one
-- after the other. An idempotency key may be in a batch only once.
-- p_events: as for append, with s = the request and n = 1, 2, ... within it. p_may_be_known[i]: the caller chose ids of
--   the request, so its events may be stored already. Only such ids are looked up.
-- outcomes: appended | conflict (with the stream's version) | alone: nothing was written for this request. It must be
--   appended by itself, which gives the answer (the stream's lock is held, the key or an id is known, the stream has
--   another type, the tenant does not exist or is suspended). An error undoes the whole batch.
-- The function waits for no lock. Otherwise one stream that is locked elsewhere would delay every caller of the batch.
-- p_nths[i]: 1 for the first request of its tenant, 2 for the next, and so on. It makes the recorded_at of a tenant's
--   appends differ by a microsecond each: (tenant, xid, recorded_at) identifies an append. If it were counted over the
--   whole batch, the times of two appends would tell a tenant how many appends of others were between them.
create or replace function trickle_events_log.append_batch(
    p_tenants uuid[], p_streams text[], p_stream_types text[], p_expected bigint[], p_counts int[], p_events jsonb,
    p_trace_parents text[], p_trace_states text[], p_keys text[], p_fingerprints bytea[], p_may_be_known boolean[],
    p_nths int[],
    out outcomes text[], out versions bigint[], out epoch uuid, out timeline text, out xid xid8)
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  set plan_cache_mode = force_generic_plan
  -- Every table is to be read by its key for each request. With stale statistics, a scan or a hash of a whole table
  -- looks cheaper to the planner and costs a hundred times as much.
  set enable_seqscan = off
  set enable_hashjoin = off
  set enable_mergejoin = off
  set jit = off
  as $$
declare
  v_tenants text;
  v_is_distinct boolean;
  v_total bigint;
  v_types text[];
  v_known int[];
  v_locked boolean[];
  v_now timestamptz;
begin
  if current_setting('app.tenant_id', true) <> '' or array_position(p_tenants, null) is not null then
    raise exception 'a batch of appends serves several tenants and goes with none that is bound'
      using errcode = 'TK001';
  end if;
  if pg_current_xact_id_if_assigned() is not null then
    raise exception 'a batch of appends must be the first write of its transaction' using errcode = 'TK002';
  end if;
  -- A plain expression costs a tenth of what a statement costs, so there is no `perform`.
  v_tenants := set_config('app.batch_tenants', p_tenants::text, true);
  select array_agg(pg_try_advisory_xact_lock(
        trickle_events_log.lock_class(), trickle_events_log.lock_key(u.tenant_id, u.stream_id)) order by u.i),
      count(distinct (u.tenant_id::text || u.stream_id) collate "C") = count(*), sum(u.count)
    into v_locked, v_is_distinct, v_total
    from unnest(p_tenants, p_streams, p_counts) with ordinality as u (tenant_id, stream_id, count, i);
  if cardinality(p_counts) <> cardinality(p_streams) or cardinality(p_nths) <> cardinality(p_streams)
    or jsonb_array_length(p_events) <> v_total
    or not v_is_distinct and exists (
      select from unnest(p_tenants, p_streams, p_stream_types, p_expected)
          as u (tenant_id, stream_id, stream_type, expected)
        group by u.tenant_id, u.stream_id
        having count(*) > 1 and (min(u.expected) <> -1 or max(u.expected) <> -1
          or count(distinct coalesce(u.stream_type, '')) > 1))
  then
    raise exception 'a batch of appends gives each request its events, and a stream twice only for any version'
      using errcode = 'TK004';
  end if;

  -- New statements from here on, so new snapshots: they see what the last holder of the locks committed.
  select array_agg(case
        when not v_locked[u.i] or t.status is distinct from 'active' or u.stream_type <> s.stream_type then 'alone'
        when u.expected <> -1 and u.expected <> coalesce(s.version, 0)
          and not (u.expected = -2 and coalesce(s.version, 0) > 0) then 'conflict'
        else 'appended' end order by u.i),
      array_agg(coalesce(s.version, 0) order by u.i), array_agg(coalesce(s.stream_type, u.stream_type) order by u.i),
      (select e.epoch from trickle_events_log.epochs e order by e.ordinal desc limit 1)
    into outcomes, versions, v_types, epoch
    from unnest(p_tenants, p_streams, p_stream_types, p_expected) with ordinality
      as u (tenant_id, stream_id, stream_type, expected, i)
    left join lateral trickle_tenants_state.tenant_status(u.tenant_id) t on true
    left join trickle_events_log.streams s on s.tenant_id = u.tenant_id and s.stream_id = u.stream_id;
  if array_remove(p_keys, null) <> '{}' then
    select array_agg(u.i) into v_known
      from unnest(p_tenants, p_keys) with ordinality as u (tenant_id, key, i)
      cross join lateral trickle_commands_log.find_receipt(u.tenant_id, u.key) r;
    for i in 1 .. coalesce(cardinality(v_known), 0) loop
      outcomes[v_known[i]] := 'alone';
    end loop;
  end if;
  if true = any (p_may_be_known) then
    select array_agg(distinct x.s) into v_known
      from jsonb_to_recordset(p_events) as x (s int, id text, source text)
      join trickle_events_log.events e on e.tenant_id = p_tenants[x.s] and e.source = coalesce(x.source, '')
        and e.event_id = x.id
      where p_may_be_known[x.s];
    for i in 1 .. coalesce(cardinality(v_known), 0) loop
      outcomes[v_known[i]] := 'alone';
    end loop;
  end if;

  timeline := substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8);
  if not 'appended' = any (outcomes) then
    return;
  end if;
  -- Several requests of one stream are appended one after the other: each begins after the events of those before it.
  if not v_is_distinct then
    select array_agg(versions[t.i] + t.before order by t.i) into versions
      from (select u.i, coalesce(sum(u.count) filter (where outcomes[u.i] = 'appended') over (
          partition by u.tenant_id, u.stream_id order by u.i
          rows between unbounded preceding and 1 preceding), 0) as before
        from unnest(p_tenants, p_streams, p_counts) with ordinality as u (tenant_id, stream_id, count, i)) t;
  end if;
  v_now := clock_timestamp();
  insert into trickle_events_log.events (tenant_id, stream_id, version, source, event_id, type, stream_type,
      schema_version, occurred_at, recorded_at, data, metadata, trace_parent, trace_state, correlation_id, causation_id)
  select p_tenants[x.s], p_streams[x.s], versions[x.s] + x.n, x.source, x.id, x.type, v_types[x.s], x.schema_version,
      coalesce(x.occurred_at, v_now + p_nths[x.s] * interval '1 microsecond'),
      v_now + p_nths[x.s] * interval '1 microsecond', x.data, x.metadata, p_trace_parents[x.s], p_trace_states[x.s],
      x.correlation_id, x.causation_id
    from trickle_events_log.event_values(p_events) x
    where outcomes[x.s] = 'appended';
  insert into trickle_events_log.streams (tenant_id, stream_id, stream_type, version, created_at, updated_at)
    select p_tenants[i], p_streams[i], max(v_types[i]), max(versions[i] + p_counts[i]),
        min(v_now + p_nths[i] * interval '1 microsecond'), max(v_now + p_nths[i] * interval '1 microsecond')
      from generate_series(1, cardinality(p_streams)) as u (i) where outcomes[i] = 'appended' group by 1, 2
    on conflict (tenant_id, stream_id) do update
      set version = excluded.version, updated_at = excluded.updated_at, stream_type = excluded.stream_type;
  if array_remove(p_keys, null) <> '{}' then
    insert into trickle_commands_log.receipts (tenant_id, key, fingerprint, status, result, created_at)
    select p_tenants[i], p_keys[i], p_fingerprints[i], 201, jsonb_build_object(
          'streams', jsonb_build_array(p_streams[i]), 'versions', jsonb_build_array(versions[i] + p_counts[i]),
          'counts', jsonb_build_array(p_counts[i]), 'epoch', epoch, 'timeline', timeline,
          'ids', (select jsonb_agg(x.id order by x.n)
            from jsonb_to_recordset(p_events) as x (s int, n int, id text) where x.s = i)), v_now
      from generate_series(1, cardinality(p_streams)) as u (i) where outcomes[i] = 'appended' and p_keys[i] is not null;
  end if;
  xid := pg_current_xact_id();
  for i in 1 .. cardinality(p_streams) loop
    if outcomes[i] = 'appended' then
      versions[i] := versions[i] + p_counts[i];
    end if;
  end loop;
end $$;
grant execute on function trickle_events_log.append_batch to trickle_app, trickle_worker;
-- The writer owns only this function, so that no other code can do what the writer's policies allow.
grant create on schema trickle_events_log to trickle_writer;
alter function trickle_events_log.append_batch owner to trickle_writer;
revoke create on schema trickle_events_log from trickle_writer;

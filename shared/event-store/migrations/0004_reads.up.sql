-- Reads. Event data leaves as text: it is passed through to the client unparsed. Every page is bounded by rows and by
-- bytes, so that 1,000 events of 1 MiB can't fill an instance's memory.
set local lock_timeout = '2s';
set local statement_timeout = '60s';

-- Oldest running transaction id that is not PROVEN to be foreign: feeds read below it and so never skip an event
-- (the argument, the traps and the stress figures are in docs/event-log.md). Proven means: its transactionid lock is
-- there, and neither its pid nor its virtual transaction holds or awaits a lock of our class. An id without a lock row
-- (it may stand between drawing the id and locking it) proves nothing and holds the horizon.
create function trickle_events_log.feed_horizon() returns xid8
  language plpgsql volatile
  as $$
declare
  v_snapshot pg_snapshot;
  v_horizon xid8;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'the feed must be read in READ COMMITTED' using errcode = 'TK003';
  end if;
  -- A standby knows neither the primary's locks nor its running ids; asked before the snapshot is taken.
  if pg_is_in_recovery() then
    return pg_snapshot_xmin(pg_current_snapshot());
  end if;
  v_snapshot := pg_current_snapshot();
  if pg_snapshot_xmin(v_snapshot) = pg_snapshot_xmax(v_snapshot) then
    return pg_snapshot_xmax(v_snapshot);
  end if;
  with locks as materialized ( -- one look at the lock table: two looks could miss a lock that moves between them
    select l.locktype, l.transactionid, l.pid, l.virtualtransaction from pg_locks l
      where (l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted)
         or (l.locktype = 'advisory' and l.classid = trickle_events_log.lock_class()::oid and l.objsubid = 2
             and l.database = (select d.oid from pg_database d where d.datname = current_database()))),
  ours as materialized (
    select l.pid, l.virtualtransaction from locks l where l.locktype = 'advisory'),
  foreign_ids as materialized (
    select l.transactionid as id from locks l
      where l.locktype = 'transactionid'
        and not exists (select from ours o where o.pid = l.pid)
        and not exists (select from ours o where o.virtualtransaction = l.virtualtransaction))
  select min(r.id) into v_horizon from pg_snapshot_xip(v_snapshot) as r (id)
    where r.id::xid not in (select f.id from foreign_ids f);
  return least(v_horizon, pg_snapshot_xmax(v_snapshot), pg_current_xact_id_if_assigned());
end $$;
grant execute on function trickle_events_log.feed_horizon() to trickle_app, trickle_forwarder, trickle_operator;
grant execute on function trickle_events_log.lock_class() to trickle_app, trickle_forwarder, trickle_operator;

-- One page of a stream from p_from on (inclusive), in the order of p_backward. No row: there is no such stream. The
-- first column is the stream's version on every row, and no event above it is returned, though one may have come in since:
-- version and page are one answer. A row without an event says that the stream has none in range.
create function trickle_events_log.read_stream(
    p_tenant uuid, p_stream text, p_from bigint, p_backward boolean, p_limit int, p_max_bytes int)
  returns table (stream_version bigint, version bigint, source text, event_id text, type text, schema_version int,
    occurred_at timestamptz, recorded_at timestamptz, data text, metadata text, correlation_id text, causation_id text, trace_parent text)
  language plpgsql volatile rows 100
  set plan_cache_mode = force_generic_plan
  as $$
declare
  v_bytes bigint := 0;
begin
  perform trickle_tenants_state.bind_tenant(p_tenant);
  select s.version into stream_version from trickle_events_log.streams s where s.tenant_id = p_tenant and s.stream_id = p_stream;
  if not found then
    return;
  end if;
  if p_backward then
    for version, source, event_id, type, schema_version, occurred_at, recorded_at, data, metadata, correlation_id, causation_id, trace_parent in
      select e.version, e.source, e.event_id, e.type, e.schema_version, e.occurred_at, e.recorded_at, e.data::text, e.metadata::text,
          e.correlation_id, e.causation_id, e.trace_parent
        from trickle_events_log.events e
        where e.tenant_id = p_tenant and e.stream_id = p_stream and e.version <= least(p_from, read_stream.stream_version)
        order by e.version desc limit p_limit
    loop
      v_bytes := v_bytes + octet_length(data) + coalesce(octet_length(metadata), 0);
      return next;
      exit when v_bytes >= p_max_bytes;
    end loop;
  else
    for version, source, event_id, type, schema_version, occurred_at, recorded_at, data, metadata, correlation_id, causation_id, trace_parent in
      select e.version, e.source, e.event_id, e.type, e.schema_version, e.occurred_at, e.recorded_at, e.data::text, e.metadata::text,
          e.correlation_id, e.causation_id, e.trace_parent
        from trickle_events_log.events e
        where e.tenant_id = p_tenant and e.stream_id = p_stream and e.version between p_from and read_stream.stream_version
        order by e.version limit p_limit
    loop
      v_bytes := v_bytes + octet_length(data) + coalesce(octet_length(metadata), 0);
      return next;
      exit when v_bytes >= p_max_bytes;
    end loop;
  end if;
  if version is null then
    return next;
  end if;
end $$;
grant execute on function trickle_events_log.read_stream(uuid, text, bigint, boolean, int, int) to trickle_app;

create function trickle_events_log.stream_info(p_tenant uuid, p_stream text)
  returns table (version bigint, stream_type text, created_at timestamptz, updated_at timestamptz)
  language plpgsql volatile rows 1
  set plan_cache_mode = force_generic_plan
  as $$
begin
  perform trickle_tenants_state.bind_tenant(p_tenant);
  return query select s.version, s.stream_type, s.created_at, s.updated_at
    from trickle_events_log.streams s where s.tenant_id = p_tenant and s.stream_id = p_stream;
end $$;
grant execute on function trickle_events_log.stream_info(uuid, text) to trickle_app;

-- One page of a tenant's feed after (p_xid, p_position), below the horizon. Types filters; at most p_scan_limit rows
-- are looked at, so a filtered page may be empty. The last row has no event: it tells how far the page has come, and
-- the epoch of the log.
create function trickle_events_log.read_tenant_feed(
    p_tenant uuid, p_xid xid8, p_position bigint, p_types text[], p_limit int, p_scan_limit int, p_max_bytes int)
  returns table (xid xid8, "position" bigint, stream_id text, version bigint, source text, event_id text, type text, schema_version int,
    occurred_at timestamptz, recorded_at timestamptz, data text, metadata text, correlation_id text, causation_id text, trace_parent text,
    epoch uuid)
  language plpgsql volatile rows 100
  set plan_cache_mode = force_generic_plan
  as $$
declare
  v_horizon xid8 := pg_snapshot_xmin(pg_current_snapshot());
  v_scanned int := 0;
  v_returned int := 0;
  v_bytes bigint := 0;
begin
  perform trickle_tenants_state.bind_tenant(p_tenant);
  -- The plain horizon costs nothing; the lock table is read only when it yields no row.
  for v_pass in 1 .. 2 loop
    for xid, position, stream_id, version, source, event_id, type, schema_version, occurred_at, recorded_at, data, metadata,
        correlation_id, causation_id, trace_parent in
      select e.xid, e.position, e.stream_id, e.version, e.source, e.event_id, e.type, e.schema_version, e.occurred_at, e.recorded_at,
          case when p_types is null or e.type = any (p_types) then e.data::text end,
          case when p_types is null or e.type = any (p_types) then e.metadata::text end,
          e.correlation_id, e.causation_id, e.trace_parent
        from trickle_events_log.events e
        where e.tenant_id = p_tenant and (e.xid, e.position) > (p_xid, p_position) and e.xid < v_horizon
        order by e.xid, e.position limit p_scan_limit
    loop
      v_scanned := v_scanned + 1;
      if data is not null then
        v_returned := v_returned + 1;
        v_bytes := v_bytes + octet_length(data) + coalesce(octet_length(metadata), 0);
        return next;
        exit when v_returned >= p_limit or v_bytes >= p_max_bytes;
      end if;
    end loop;
    exit when v_scanned > 0 or v_pass = 2;
    v_horizon := trickle_events_log.feed_horizon();
  end loop;
  if v_scanned = 0 then
    xid := p_xid;
    position := p_position;
  end if;
  event_id := null;
  data := null;
  select e.epoch into epoch from trickle_events_log.epochs e order by e.ordinal desc limit 1;
  return next;
end $$;
grant execute on function trickle_events_log.read_tenant_feed(uuid, xid8, bigint, text[], int, int, int) to trickle_app;

-- The epoch of the log and where it began.
create function trickle_events_log.current_epoch() returns table (epoch uuid, began_xid xid8, began_position bigint)
  language sql stable
  as $$ select e.epoch, e.began_xid, e.began_position from trickle_events_log.epochs e order by e.ordinal desc limit 1 $$;
grant execute on function trickle_events_log.current_epoch() to trickle_app, trickle_forwarder, trickle_operator;

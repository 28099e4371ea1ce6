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

-- One page of a stream from p_from to p_to (both inclusive; backward p_to is the lower one), of p_types or of all. No row:
-- there is no such stream. The first column is the stream's version on every row, and no event above it is returned,
-- though one may have come in since: version and page are one answer. A row without an event says how far was looked
-- when that is further than the last event: versions have no gaps, so the p_scan_limit rows that one page may look at
-- are a range of versions.
create function trickle_events_log.read_stream(
    p_tenant uuid, p_stream text, p_from bigint, p_to bigint, p_backward boolean, p_types text[],
    p_limit int, p_scan_limit int, p_max_bytes int)
  returns table (stream_version bigint, version bigint, source text, event_id text, type text, schema_version int,
    occurred_at timestamptz, recorded_at timestamptz, data text, metadata text, correlation_id text, causation_id text, trace_parent text)
  language plpgsql volatile rows 100
  set plan_cache_mode = force_generic_plan
  as $$
declare
  v_rows int := case when p_types is null then p_limit else p_scan_limit end;
  v_first bigint;
  v_last bigint;
  v_is_small boolean;
  v_returned int := 0;
  v_bytes bigint := 0;
begin
  perform trickle_tenants_state.bind_tenant(p_tenant);
  select s.version into stream_version from trickle_events_log.streams s where s.tenant_id = p_tenant and s.stream_id = p_stream;
  if not found then
    return;
  end if;
  if p_backward then
    v_last := least(p_from, stream_version);
    v_first := greatest(p_to, v_last - v_rows + 1, 1);
  else
    v_first := greatest(p_from, 1);
    v_last := least(p_to, v_first + v_rows - 1, stream_version);
  end if;

  if v_first > v_last then
    return next;
    return;
  end if;

  -- A page that is certainly small needs no count of its bytes, and without a loop it costs a tenth less. Printed, jsonb
  -- is at most 32 times as long as stored (5e-324 takes 16 bytes and prints 328), unless it is compressed.
  if p_types is null and not p_backward then
    select sum(pg_column_size(e.data) + coalesce(pg_column_size(e.metadata), 0)) * 32 <= p_max_bytes
        and not bool_or(pg_column_compression(e.data) is not null or pg_column_compression(e.metadata) is not null)
      into v_is_small
      from trickle_events_log.events e where e.tenant_id = p_tenant and e.stream_id = p_stream and e.version between v_first and v_last;
    if v_is_small then
      return query
        select read_stream.stream_version, e.version, e.source::text, e.event_id::text, e.type::text, e.schema_version,
            e.occurred_at::timestamptz, e.recorded_at, e.data::text, e.metadata::text, e.correlation_id, e.causation_id, e.trace_parent
          from trickle_events_log.events e
          where e.tenant_id = p_tenant and e.stream_id = p_stream and e.version between v_first and v_last
          order by e.version;
      return;
    end if;
  end if;

  if p_backward then
    for version, source, event_id, type, schema_version, occurred_at, recorded_at, data, metadata, correlation_id, causation_id, trace_parent in
      select e.version, e.source, e.event_id, e.type, e.schema_version, e.occurred_at, e.recorded_at, e.data::text, e.metadata::text,
          e.correlation_id, e.causation_id, e.trace_parent
        from trickle_events_log.events e
        where e.tenant_id = p_tenant and e.stream_id = p_stream and e.version between v_first and v_last
          and (p_types is null or e.type = any (p_types))
        order by e.version desc limit p_limit
    loop
      v_returned := v_returned + 1;
      v_bytes := v_bytes + octet_length(data) + coalesce(octet_length(metadata), 0);
      return next;
      exit when v_bytes >= p_max_bytes;
    end loop;
  else
    for version, source, event_id, type, schema_version, occurred_at, recorded_at, data, metadata, correlation_id, causation_id, trace_parent in
      select e.version, e.source, e.event_id, e.type, e.schema_version, e.occurred_at, e.recorded_at, e.data::text, e.metadata::text,
          e.correlation_id, e.causation_id, e.trace_parent
        from trickle_events_log.events e
        where e.tenant_id = p_tenant and e.stream_id = p_stream and e.version between v_first and v_last
          and (p_types is null or e.type = any (p_types))
        order by e.version limit p_limit
    loop
      v_returned := v_returned + 1;
      v_bytes := v_bytes + octet_length(data) + coalesce(octet_length(metadata), 0);
      return next;
      exit when v_bytes >= p_max_bytes;
    end loop;
  end if;
  if p_types is not null and v_returned < p_limit and v_bytes < p_max_bytes then
    version := case when p_backward then v_first else v_last end;
    event_id := null;
    data := null;
    metadata := null;
    return next;
  end if;
end $$;
grant execute on function trickle_events_log.read_stream(uuid, text, bigint, bigint, boolean, text[], int, int, int) to trickle_app;

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

-- The checkpoint behind which a tenant's events since a time begin: the next one below the horizon is the first, in the
-- order of the feed, that was recorded at p_since or later. Without such an event it is the last one below the horizon.
--
-- Times are bisected over the feed's index, in some 30 look-ups of 10 to 20 microseconds. recorded_at is not quite in the order of
-- the feed: an append reads the clock, then draws its id, then commits within its time limit (30 s at most), and clocks
-- are set back by a little at a failover. So let no event be recorded more than the margin M earlier than one before it in the feed.
--   Sound: where an event was recorded before p_since - M, all before it were recorded before p_since. Only such an event moves
--     the lower end up, whatever was found elsewhere; what lies behind it is read in order and compared exactly.
--   Short: the event at which the bisection ends was recorded at p_since - M or later, so all behind it at p_since - 2 M or
--     later: at most two minutes of one tenant's events are passed over.
-- Should a clock have been set back by more than M, the events of that time count as recorded when the clock said.
create function trickle_events_log.since_checkpoint(p_tenant uuid, p_since timestamptz, p_horizon xid8, out xid xid8, out "position" bigint)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan
  as $$
declare
  v_before timestamptz := p_since - interval '60 seconds';
  v_low bigint := 0;
  v_high bigint := p_horizon::text::bigint;
  v_middle bigint;
  v_probe record;
begin
  perform trickle_tenants_state.bind_tenant(p_tenant);
  xid := '0';
  position := 0;
  while v_high - v_low > 1 loop
    v_middle := v_low + (v_high - v_low) / 2;
    select e.xid, e.position, e.recorded_at into v_probe
      from trickle_events_log.events e
      where e.tenant_id = p_tenant and e.xid >= v_middle::text::xid8 and e.xid < p_horizon
      order by e.xid, e.position limit 1;
    if v_probe.recorded_at < v_before then
      xid := v_probe.xid;
      position := v_probe.position;
      v_low := v_probe.xid::text::bigint;
    else
      v_high := v_middle;
    end if;
  end loop;
  select e.xid, e.position - 1 as position into v_probe
    from trickle_events_log.events e
    where e.tenant_id = p_tenant and (e.xid, e.position) > (since_checkpoint.xid, since_checkpoint.position) and e.xid < p_horizon
      and e.recorded_at >= p_since
    order by e.xid, e.position limit 1;
  if not found then
    select e.xid, e.position into v_probe
      from trickle_events_log.events e
      where e.tenant_id = p_tenant and e.xid < p_horizon
      order by e.xid desc, e.position desc limit 1;
  end if;
  if found then
    xid := v_probe.xid;
    position := v_probe.position;
  end if;
end $$;
grant execute on function trickle_events_log.since_checkpoint(uuid, timestamptz, xid8) to trickle_app;

-- One page of a tenant's feed after (p_xid, p_position), or since a time, below the horizon; of p_types and of streams of
-- p_stream_types, or of all. At most p_scan_limit rows are looked at, so a filtered page may be empty. The last row has
-- no event: it tells how far the page has come, and the epoch of the log.
create function trickle_events_log.read_tenant_feed(
    p_tenant uuid, p_xid xid8, p_position bigint, p_since timestamptz, p_types text[], p_stream_types text[],
    p_limit int, p_scan_limit int, p_max_bytes int)
  returns table (xid xid8, "position" bigint, stream_id text, version bigint, source text, event_id text, type text, schema_version int,
    occurred_at timestamptz, recorded_at timestamptz, data text, metadata text, correlation_id text, causation_id text, trace_parent text,
    epoch uuid)
  language plpgsql volatile rows 100
  set plan_cache_mode = force_generic_plan
  as $$
declare
  v_horizon xid8 := pg_snapshot_xmin(pg_current_snapshot());
  v_is_filtered boolean := p_types is not null or p_stream_types is not null;
  v_after_xid xid8 := p_xid;
  v_after_position bigint := p_position;
  v_returned int := 0;
  v_bytes bigint := 0;
begin
  perform trickle_tenants_state.bind_tenant(p_tenant);
  -- The plain horizon costs nothing; the lock table is read only when it yields no row.
  for v_pass in 1 .. 2 loop
    if p_since is not null then
      select c.xid, c.position into v_after_xid, v_after_position
        from trickle_events_log.since_checkpoint(p_tenant, p_since, v_horizon) c;
    end if;
    xid := v_after_xid;
    position := v_after_position;
    for xid, position, stream_id, version, source, event_id, type, schema_version, occurred_at, recorded_at, data, metadata,
        correlation_id, causation_id, trace_parent in
      -- The inner limit comes before the filter: it counts the rows looked at, and they cost no round of this loop.
      select w.xid, w.position, w.stream_id, w.version, w.source, w.event_id, w.type, w.schema_version, w.occurred_at, w.recorded_at,
          w.data::text, w.metadata::text, w.correlation_id, w.causation_id, w.trace_parent
        from (select e.* from trickle_events_log.events e
            where e.tenant_id = p_tenant and (e.xid, e.position) > (v_after_xid, v_after_position) and e.xid < v_horizon
            order by e.xid, e.position limit p_scan_limit) w
        where (p_types is null or w.type = any (p_types)) and (p_stream_types is null or w.stream_type = any (p_stream_types))
        order by w.xid, w.position limit p_limit
    loop
      v_returned := v_returned + 1;
      v_bytes := v_bytes + octet_length(data) + coalesce(octet_length(metadata), 0);
      return next;
      exit when v_bytes >= p_max_bytes;
    end loop;
    if v_is_filtered and v_returned < p_limit and v_bytes < p_max_bytes then
      -- All rows that may be looked at were: the page has come to the last of them. Below the horizon they are the same rows.
      select w.xid, w.position into xid, position
        from (select e.xid, e.position from trickle_events_log.events e
            where e.tenant_id = p_tenant and (e.xid, e.position) > (v_after_xid, v_after_position) and e.xid < v_horizon
            order by e.xid, e.position limit p_scan_limit) w
        order by w.xid desc, w.position desc limit 1;
    end if;
    if xid is null then -- nothing was found, and the loop has left its variables empty
      xid := v_after_xid;
      position := v_after_position;
    end if;
    exit when v_pass = 2 or (xid, position) > (v_after_xid, v_after_position);
    v_horizon := trickle_events_log.feed_horizon();
  end loop;
  event_id := null;
  data := null;
  metadata := null;
  select e.epoch into epoch from trickle_events_log.epochs e order by e.ordinal desc limit 1;
  return next;
end $$;
grant execute on function trickle_events_log.read_tenant_feed(uuid, xid8, bigint, timestamptz, text[], text[], int, int, int) to trickle_app;

-- The epoch of the log and where it began.
create function trickle_events_log.current_epoch() returns table (epoch uuid, began_xid xid8, began_position bigint)
  language sql stable
  as $$ select e.epoch, e.began_xid, e.began_position from trickle_events_log.epochs e order by e.ordinal desc limit 1 $$;
grant execute on function trickle_events_log.current_epoch() to trickle_app, trickle_forwarder, trickle_operator;

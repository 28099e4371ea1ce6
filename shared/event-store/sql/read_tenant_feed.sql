-- One page of a tenant's feed after (p_xid, p_position), or since a time, below the horizon; of p_types and of streams
-- of p_stream_types, or of all. At most p_scan_limit rows are read, so a filtered page may be empty. The last row has
-- no event: it has the point that the page has reached, and the epoch of the log.
create or replace function trickle_events_log.read_tenant_feed(
    p_tenant uuid, p_xid xid8, p_position bigint, p_since timestamptz, p_types text[], p_stream_types text[],
    p_limit int, p_scan_limit int, p_max_bytes int)
  returns table (xid xid8, "position" bigint, stream_id text, version bigint, source text, event_id text, type text,
    schema_version int, occurred_at timestamptz, recorded_at timestamptz, data text, metadata text, correlation_id text,
    causation_id text, trace_parent text, epoch uuid, stream_type text)
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
  -- The first pass uses the snapshot's oldest running id as the horizon, which costs nothing. feed_horizon, which reads
  -- the lock table, is called only when the first pass has found no row.
  for v_pass in 1 .. 2 loop
    if p_since is not null then
      select c.xid, c.position into v_after_xid, v_after_position
        from trickle_events_log.since_checkpoint(p_tenant, p_since, v_horizon) c;
    end if;
    xid := v_after_xid;
    position := v_after_position;
    for xid, position, stream_id, version, source, event_id, type, schema_version, occurred_at, recorded_at, data,
        metadata, correlation_id, causation_id, trace_parent, stream_type in
      -- The inner limit is applied before the filter, so it limits the rows that are read. Rows that the filter removes
      -- cost no round of this loop.
      select w.xid, w.position, w.stream_id, w.version, w.source, w.event_id, w.type, w.schema_version, w.occurred_at,
          w.recorded_at, w.data::text, w.metadata::text, w.correlation_id, w.causation_id, w.trace_parent, w.stream_type
        from (select e.* from trickle_events_log.events e
            where e.tenant_id = p_tenant and (e.xid, e.position) > (v_after_xid, v_after_position) and e.xid < v_horizon
            order by e.xid, e.position limit p_scan_limit) w
        where (p_types is null or w.type = any (p_types))
          and (p_stream_types is null or w.stream_type = any (p_stream_types))
        order by w.xid, w.position limit p_limit
    loop
      v_returned := v_returned + 1;
      v_bytes := v_bytes + octet_length(data) + coalesce(octet_length(metadata), 0);
      return next;
      exit when v_bytes >= p_max_bytes;
    end loop;
    if v_is_filtered and v_returned < p_limit and v_bytes < p_max_bytes then
      -- The page has read all the rows that it may read, so it has reached the last of them. This query finds the same
      -- rows, since rows below the horizon do not change.
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
alter function trickle_events_log.read_tenant_feed owner to trickle_owner;
grant execute on function trickle_events_log.read_tenant_feed to trickle_app;

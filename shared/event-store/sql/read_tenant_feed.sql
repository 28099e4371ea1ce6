-- One page of a tenant's feed after (p_xid, p_position), or since a time, below the horizon; of p_types and of streams
-- of p_stream_types, or of all. At most p_scan_limit rows are read, so a filtered page may be empty.
-- xid, position: the point that the page has reached. epoch: that of the log.
-- events: JSON, joined by a comma and a line feed. points: the point of each event, `xid:position` and a blank between,
--   if p_with_points asks for them.
create or replace function trickle_events_log.read_tenant_feed(
    p_tenant uuid, p_xid xid8, p_position bigint, p_since timestamptz, p_types text[], p_stream_types text[],
    p_limit int, p_scan_limit int, p_max_bytes int, p_with_points boolean,
    out xid xid8, out "position" bigint, out epoch uuid, out count int, out events text, out points text)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan
  as $$
declare
  v_horizon xid8 := pg_snapshot_xmin(pg_current_snapshot());
  v_proven xid8;
  v_is_filtered boolean := p_types is not null or p_stream_types is not null;
  v_after_xid xid8 := p_xid;
  v_after_position bigint := p_position;
  v_share int := p_max_bytes / p_limit;
  v_is_quick boolean := v_share >= 65536;
  v_small bigint;
  v_event record;
  v_events text[];
  v_points text[];
  v_bytes bigint := 0;
begin
  perform trickle_tenants_state.bind_tenant(p_tenant);
  count := 0;
  -- The first pass uses the snapshot's oldest running id as the horizon, which costs nothing. feed_horizon, which reads
  -- the lock table, is called only when the first pass has found no row.
  for v_pass in 1 .. 2 loop
    if p_since is not null then
      select c.xid, c.position into v_after_xid, v_after_position
        from trickle_events_log.since_checkpoint(p_tenant, p_since, v_horizon) c;
    end if;
    -- Most reads find nothing new. Without this question they would pay for the aggregates below, twice as much.
    if exists (select from trickle_events_log.events e
      where e.tenant_id = p_tenant and (e.xid, e.position) > (v_after_xid, v_after_position) and e.xid < v_horizon)
    then
      -- The inner limit is applied before the filter, so it limits the rows that are read. As in read_stream, a page of
      -- events that all take at most their share of the bytes is joined at once, and any other one in the loop below.
      if v_is_quick then
        select count(*), count(*) filter (where octet_length(p.json) <= v_share),
            max(p.xid), (array_agg(p.position order by p.xid, p.position))[count(*)],
            string_agg(p.json, E',\n' order by p.xid, p.position) filter (where octet_length(p.json) <= v_share),
            string_agg(concat(p.xid, ':', p.position), ' ' order by p.xid, p.position) filter (where p_with_points)
          into count, v_small, xid, position, events, points
          from (select e.xid, e.position, case when trickle_events_log.may_fit(e.data, v_share)
              then trickle_events_log.event_json(
                  e.event_id, e.source, e.stream_id, e.version, e.type, e.occurred_at, e.recorded_at, e.stream_type,
                  e.schema_version, e.correlation_id, e.causation_id, e.trace_parent, e.data, e.metadata) end as json
              from (select e.* from trickle_events_log.events e
                  where e.tenant_id = p_tenant and (e.xid, e.position) > (v_after_xid, v_after_position)
                    and e.xid < v_horizon
                  order by e.xid, e.position limit p_scan_limit) e
              where (p_types is null or e.type = any (p_types))
                and (p_stream_types is null or e.stream_type = any (p_stream_types))
              order by e.xid, e.position limit p_limit) p;
      end if;
      if not v_is_quick or v_small < count then
        count := 0;
        for v_event in
          select e.xid, e.position, trickle_events_log.event_json(
                e.event_id, e.source, e.stream_id, e.version, e.type, e.occurred_at, e.recorded_at, e.stream_type,
                e.schema_version, e.correlation_id, e.causation_id, e.trace_parent, e.data, e.metadata) as json
            from (select e.* from trickle_events_log.events e
                where e.tenant_id = p_tenant and (e.xid, e.position) > (v_after_xid, v_after_position)
                  and e.xid < v_horizon
                order by e.xid, e.position limit p_scan_limit) e
            where (p_types is null or e.type = any (p_types))
              and (p_stream_types is null or e.stream_type = any (p_stream_types))
            order by e.xid, e.position limit p_limit
        loop
          count := count + 1;
          v_bytes := v_bytes + octet_length(v_event.json);
          v_events[count] := v_event.json;
          xid := v_event.xid;
          position := v_event.position;
          if p_with_points then
            v_points[count] := concat(xid, ':', position);
          end if;
          exit when v_bytes >= p_max_bytes;
        end loop;
        events := array_to_string(v_events, E',\n');
        points := array_to_string(v_points, ' ');
      end if;
    end if;
    if count = 0 then
      xid := v_after_xid;
      position := v_after_position;
    end if;
    if v_is_filtered and count < p_limit and v_bytes < p_max_bytes then
      -- The page has read all the rows that it may read, so it has reached the last of them. This query finds the same
      -- rows, since rows below the horizon do not change.
      select w.xid, w.position into xid, position
        from (select e.xid, e.position from trickle_events_log.events e
            where e.tenant_id = p_tenant and (e.xid, e.position) > (v_after_xid, v_after_position) and e.xid < v_horizon
            order by e.xid, e.position limit p_scan_limit) w
        order by w.xid desc, w.position desc limit 1;
      if not found then
        xid := v_after_xid;
        position := v_after_position;
      end if;
    end if;
    exit when v_pass = 2 or (xid, position) > (v_after_xid, v_after_position);
    -- When no transaction is running, this horizon is that of the first pass, and a second one would find nothing.
    v_proven := trickle_events_log.feed_horizon();
    exit when v_proven <= v_horizon;
    v_horizon := v_proven;
  end loop;
  select e.epoch into epoch from trickle_events_log.epochs e order by e.ordinal desc limit 1;
end $$;
alter function trickle_events_log.read_tenant_feed owner to trickle_owner;
grant execute on function trickle_events_log.read_tenant_feed to trickle_app, trickle_worker;

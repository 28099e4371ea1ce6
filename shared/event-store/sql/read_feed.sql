-- One page of the feed of all tenants, for subscriptions that want every event. With p_until_* the page ends at that
-- point (inclusive) and needs no horizon, since the feed up to a recorded point does not change any more. A sealed
-- batch is read again in this way.
create or replace function trickle_events_log.read_feed(
    p_xid xid8, p_position bigint, p_until_xid xid8, p_until_position bigint, p_limit int, p_max_bytes int)
  returns table (tenant_id uuid, xid xid8, "position" bigint, stream_type text, stream_id text, version bigint,
    source text, event_id text, type text, schema_version int, occurred_at timestamptz, recorded_at timestamptz,
    data text, metadata text, correlation_id text, causation_id text, trace_parent text)
  language plpgsql volatile rows 1000
  set plan_cache_mode = force_generic_plan
  as $$
declare
  v_proven xid8;
  v_horizon xid8 := pg_snapshot_xmin(pg_current_snapshot());
  v_bytes bigint := 0;
begin
  for v_pass in 1 .. 2 loop
    for tenant_id, xid, position, stream_type, stream_id, version, source, event_id, type, schema_version, occurred_at,
        recorded_at, data, metadata, correlation_id, causation_id, trace_parent in
      select e.tenant_id, e.xid, e.position, e.stream_type, e.stream_id, e.version, e.source, e.event_id, e.type,
          e.schema_version, e.occurred_at, e.recorded_at, e.data::text, e.metadata::text, e.correlation_id,
          e.causation_id, e.trace_parent
        from trickle_events_log.events e
        where (e.xid, e.position) > (p_xid, p_position)
          and (e.xid < v_horizon or p_until_xid is not null)
          and (p_until_xid is null or (e.xid, e.position) <= (p_until_xid, p_until_position))
        order by e.xid, e.position limit p_limit
    loop
      v_bytes := v_bytes + octet_length(data) + coalesce(octet_length(metadata), 0);
      return next;
      exit when v_bytes >= p_max_bytes;
    end loop;
    exit when v_bytes > 0 or p_until_xid is not null;
    -- When no transaction is running, this horizon is that of the first pass, and a second one would find nothing.
    v_proven := trickle_events_log.feed_horizon();
    exit when v_proven <= v_horizon;
    v_horizon := v_proven;
  end loop;
end $$;
alter function trickle_events_log.read_feed owner to trickle_owner;
grant execute on function trickle_events_log.read_feed to trickle_forwarder;

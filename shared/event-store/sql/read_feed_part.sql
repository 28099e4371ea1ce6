-- One page of a part of a shared feed: of one tenant (p_tenant) or of all but some (p_without), of some types, of the
-- streams of one part. At most p_scan_limit rows are read. The last row has no tenant. It has the point that the page
-- has reached, and its type says why the page ended: full, scanned, or end (there is nothing more, or p_until was
-- reached). The query chooses the rows and prints those that are wanted: to do so in the loop took 40 % more.
create or replace function trickle_events_log.read_feed_part(
    p_xid xid8, p_position bigint, p_until_xid xid8, p_until_position bigint, p_tenant uuid, p_without uuid[],
    p_types text[], p_stream_types text[], p_part int, p_parts int, p_limit int, p_scan_limit int, p_max_bytes int)
  returns table (tenant_id uuid, xid xid8, "position" bigint, stream_type text, stream_id text, version bigint,
    source text, event_id text, type text, schema_version int, occurred_at timestamptz, recorded_at timestamptz,
    data text, metadata text, correlation_id text, causation_id text, trace_parent text)
  language plpgsql volatile rows 200
  set plan_cache_mode = force_generic_plan
  as $$
declare
  v_rows refcursor;
  v_is_wanted boolean;
  v_proven xid8;
  v_horizon xid8 := pg_snapshot_xmin(pg_current_snapshot());
  v_xid xid8 := p_xid;
  v_position bigint := p_position;
  v_scanned int := 0;
  v_returned int := 0;
  v_bytes bigint := 0;
  v_ended text;
begin
  for v_pass in 1 .. 2 loop
    if p_tenant is null then
      open v_rows for
        select w.tenant_id, w.xid, w.position, w.stream_type, w.stream_id, w.version, w.source, w.event_id, w.type,
            w.schema_version, w.occurred_at, w.recorded_at, case when w.is_wanted then w.data::text end,
            case when w.is_wanted then w.metadata::text end, w.correlation_id, w.causation_id, w.trace_parent,
            w.is_wanted
          from (select e.*, (p_types is null or e.type = any (p_types))
                and (p_stream_types is null or e.stream_type = any (p_stream_types))
                and (p_parts = 1 or trickle_events_log.part_of(e.tenant_id, e.stream_id, p_parts) = p_part)
                and (p_without is null or e.tenant_id <> all (p_without)) as is_wanted
              from trickle_events_log.events e
              where (e.xid, e.position) > (p_xid, p_position)
                and (e.xid < v_horizon or p_until_xid is not null)
                and (p_until_xid is null or (e.xid, e.position) <= (p_until_xid, p_until_position))
              order by e.xid, e.position limit p_scan_limit) w
          order by w.xid, w.position;
    else
      open v_rows for
        select w.tenant_id, w.xid, w.position, w.stream_type, w.stream_id, w.version, w.source, w.event_id, w.type,
            w.schema_version, w.occurred_at, w.recorded_at, case when w.is_wanted then w.data::text end,
            case when w.is_wanted then w.metadata::text end, w.correlation_id, w.causation_id, w.trace_parent,
            w.is_wanted
          from (select e.*, (p_types is null or e.type = any (p_types))
                and (p_stream_types is null or e.stream_type = any (p_stream_types))
                and (p_parts = 1 or trickle_events_log.part_of(e.tenant_id, e.stream_id, p_parts) = p_part)
                and (p_without is null or e.tenant_id <> all (p_without)) as is_wanted
              from trickle_events_log.events e
              where e.tenant_id = p_tenant and (e.xid, e.position) > (p_xid, p_position)
                and (e.xid < v_horizon or p_until_xid is not null)
                and (p_until_xid is null or (e.xid, e.position) <= (p_until_xid, p_until_position))
              order by e.xid, e.position limit p_scan_limit) w
          order by w.xid, w.position;
    end if;
    loop
      -- Row by row: what a loop over the query fetches ahead would be printed in vain when the page ends before it.
      fetch v_rows into tenant_id, xid, position, stream_type, stream_id, version, source, event_id, type,
        schema_version, occurred_at, recorded_at, data, metadata, correlation_id, causation_id, trace_parent,
        v_is_wanted;
      exit when not found;
      v_scanned := v_scanned + 1;
      v_xid := xid;
      v_position := position;
      if v_is_wanted then
        v_returned := v_returned + 1;
        v_bytes := v_bytes + octet_length(data) + coalesce(octet_length(metadata), 0);
        return next;
        exit when v_returned >= p_limit or v_bytes >= p_max_bytes;
      end if;
    end loop;
    close v_rows;
    v_ended := case when v_returned >= p_limit or v_bytes >= p_max_bytes then 'full'
      when v_scanned >= p_scan_limit then 'scanned' else 'end' end;
    exit when v_scanned > 0 or p_until_xid is not null;
    -- When no transaction is running, this horizon is that of the first pass, and a second one would find nothing.
    v_proven := trickle_events_log.feed_horizon();
    exit when v_proven <= v_horizon;
    v_horizon := v_proven;
  end loop;
  tenant_id := null;
  event_id := null;
  data := null;
  metadata := null;
  type := v_ended;
  -- A page with an end point has reached this point, whether there is an event at it or not.
  xid := case when v_ended = 'end' and p_until_xid is not null then p_until_xid else v_xid end;
  position := case when v_ended = 'end' and p_until_xid is not null then p_until_position else v_position end;
  return next;
end $$;
alter function trickle_events_log.read_feed_part owner to trickle_owner;
grant execute on function trickle_events_log.read_feed_part to trickle_worker;

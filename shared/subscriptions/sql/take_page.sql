-- Gives a page of events to the holder of a member. Either of the main feed: after the checkpoint, up to the barrier or
-- the horizon, without the tenants that have lanes. Or of one lane, up to the main checkpoint. No row at all means that
-- the lease is lost. is_blocked: an earlier event of the stream is set aside. The last row is that of read_feed_part,
-- with the number of lanes, and with the type "barrier" when the page ended at the barrier.
create or replace function trickle_subscriptions_state.take_page(p_name text, p_member int, p_fence bigint, p_lane uuid,
    p_xid xid8, p_position bigint, p_types text[], p_stream_types text[], p_limit int, p_scan_limit int,
    p_max_bytes int, p_lease_ms int)
  returns table (tenant_id uuid, xid xid8, "position" bigint, stream_type text, stream_id text, version bigint,
    source text, event_id text, type text, schema_version int, occurred_at timestamptz, recorded_at timestamptz,
    data text, metadata text, correlation_id text, causation_id text, trace_parent text, is_blocked boolean, lanes int)
  language plpgsql volatile rows 200
  as $$
declare
  v_begun record;
begin
  select * into v_begun from trickle_subscriptions_state.begin_page(p_name, p_member, p_fence, p_lane, p_lease_ms);
  if not v_begun.is_held then
    return;
  end if;
  lanes := coalesce(cardinality(v_begun.lane_tenants), 0);
  for tenant_id, xid, position, stream_type, stream_id, version, source, event_id, type, schema_version, occurred_at,
      recorded_at, data, metadata, correlation_id, causation_id, trace_parent in
    select * from trickle_events_log.read_feed_part(
      p_xid, p_position, v_begun.until_xid, v_begun.until_position, p_lane,
      case when p_lane is null then v_begun.lane_tenants end, p_types, p_stream_types, p_member, v_begun.members,
      p_limit, p_scan_limit, p_max_bytes)
  loop
    is_blocked := v_begun.has_parked and trickle_subscriptions_state.is_blocked(p_name, tenant_id, stream_id);
    if tenant_id is null and type = 'end' and p_lane is null and v_begun.until_xid is not null then
      type := 'barrier';
    end if;
    return next;
  end loop;
  if p_lane is null then
    perform trickle_subscriptions_state.end_page(p_name, p_member, p_fence, xid, position);
  end if;
end $$;
alter function trickle_subscriptions_state.take_page owner to trickle_owner;
grant execute on function trickle_subscriptions_state.take_page to trickle_worker;

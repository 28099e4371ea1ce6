-- Like event_headers_after, for one tenant and up to a point (inclusive). PostgreSQL inlines this function too.
create or replace function trickle_events_log.tenant_event_headers(
    p_tenant uuid, p_xid xid8, p_position bigint, p_until_xid xid8, p_until_position bigint, p_limit int)
  returns table (tenant_id uuid, stream_id text, type text, stream_type text, recorded_at timestamptz, xid xid8,
    "position" bigint)
  language sql stable
  as $$
    select e.tenant_id, e.stream_id::text, e.type::text, e.stream_type, e.recorded_at, e.xid, e.position
      from trickle_events_log.events e
      where e.tenant_id = p_tenant and (e.xid, e.position) > (p_xid, p_position)
        and (e.xid, e.position) <= (p_until_xid, p_until_position)
      order by e.xid, e.position limit p_limit
  $$;
alter function trickle_events_log.tenant_event_headers owner to trickle_owner;
grant execute on function trickle_events_log.tenant_event_headers to trickle_operator;

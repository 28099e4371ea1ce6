-- The events of all tenants after a point, in the order of the feed: their positions and types, never their content.
-- Not limited by the horizon, since the rows are only counted. PostgreSQL inlines the function into the calling
-- statement, so it runs with the caller's rights.
create or replace function trickle_events_log.event_headers_after(p_xid xid8, p_position bigint, p_limit int)
  returns table (tenant_id uuid, stream_id text, type text, stream_type text, recorded_at timestamptz, xid xid8,
    "position" bigint)
  language sql stable
  as $$
    select e.tenant_id, e.stream_id::text, e.type::text, e.stream_type, e.recorded_at, e.xid, e.position
      from trickle_events_log.events e
      where (e.xid, e.position) > (p_xid, p_position)
      order by e.xid, e.position limit p_limit
  $$;
alter function trickle_events_log.event_headers_after owner to trickle_owner;
grant execute on function trickle_events_log.event_headers_after to trickle_operator;

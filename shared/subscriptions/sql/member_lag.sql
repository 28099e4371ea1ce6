-- Events that a member has not handled. It counts them in at most p_scan_limit rows of the feed after the checkpoint,
-- and in as many rows of each lane up to the checkpoint. seconds: the age of the oldest of these events. If none of the
-- rows is for the member, it is the age of the last row: no event that is still to be handled can be older. Runs as the
-- operator, who may see where events are but not their content.
create or replace function trickle_subscriptions_state.member_lag(p_name text, p_member int, p_scan_limit int,
    out events bigint, out is_lower_bound boolean, out seconds float8)
  language sql stable
  as $$
    with m as (
      select m.xid, m.position, s.members, s.types, s.stream_types from trickle_subscriptions_state.members m
        join trickle_subscriptions_state.subscriptions s on s.name = m.name
        where m.name = p_name and m.member = p_member),
    parts as (
      select e.*, true as is_main
        from m, lateral trickle_events_log.event_headers_after(m.xid, m.position, p_scan_limit) e
      union all
      select e.*, false
        from m, trickle_subscriptions_state.lanes l, lateral trickle_events_log.tenant_event_headers(
          l.tenant_id, l.xid, l.position, m.xid, m.position, p_scan_limit) e
        where l.name = p_name and l.member = p_member),
    judged as (
      select p.*, (m.types is null or p.type = any (m.types))
          and (m.stream_types is null or p.stream_type = any (m.stream_types))
          and (m.members = 1 or trickle_events_log.part_of(p.tenant_id, p.stream_id, m.members) = p_member) as is_wanted
        from parts p, m),
    summed as (
      select count(*) filter (where j.is_wanted) as wanted, count(*) >= p_scan_limit as is_cut,
          coalesce(min(j.recorded_at) filter (where j.is_wanted), max(j.recorded_at) filter (where j.is_main)) as oldest
        from judged j)
    select s.wanted, s.is_cut,
        case when s.wanted = 0 and not s.is_cut then 0
          else greatest(0, extract(epoch from clock_timestamp() - s.oldest)) end::float8
      from summed s
  $$;
alter function trickle_subscriptions_state.member_lag owner to trickle_owner;
grant execute on function trickle_subscriptions_state.member_lag to trickle_operator;

-- Records up to which point a member has been given events. A barrier is never set before this point.
create or replace function trickle_subscriptions_state.end_page(
    p_name text, p_member int, p_fence bigint, p_xid xid8, p_position bigint) returns void
  language sql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
    update trickle_subscriptions_state.members m set read_xid = p_xid, read_position = p_position
      where m.name = p_name and m.member = p_member and m.fence = p_fence
        and (m.read_xid, m.read_position) < (p_xid, p_position)
  $$;
alter function trickle_subscriptions_state.end_page owner to trickle_owner;
grant execute on function trickle_subscriptions_state.end_page to trickle_worker;

-- Prolongs the lease and returns what the holder of a member may read. is_held is false for any other caller. The row
-- of the subscription is locked "for share" until the page is read, so a barrier can't be set while a page is being
-- read.
create or replace function trickle_subscriptions_state.begin_page(
    p_name text, p_member int, p_fence bigint, p_lane uuid, p_lease_ms int,
    out is_held boolean, out members int, out until_xid xid8, out until_position bigint,
    out lane_tenants uuid[], out has_parked boolean)
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_row trickle_subscriptions_state.subscriptions;
  v_member trickle_subscriptions_state.members;
begin
  select * into v_row from trickle_subscriptions_state.subscriptions s where s.name = p_name for share;
  update trickle_subscriptions_state.members m
    set lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
    where m.name = p_name and m.member = p_member and m.fence = p_fence and m.lease_until is not null
    returning * into v_member;
  is_held := found and v_row.state = 'running';
  members := v_row.members;
  until_xid := case when p_lane is null then v_row.barrier_xid else v_member.xid end;
  until_position := case when p_lane is null then v_row.barrier_position else v_member.position end;
  select array_agg(l.tenant_id) into lane_tenants from trickle_subscriptions_state.lanes l
    where l.name = p_name and l.member = p_member;
  has_parked := exists (
    select from trickle_subscriptions_state.parked p where p.name = p_name and p.state <> 'skipped');
end $$;
alter function trickle_subscriptions_state.begin_page owner to trickle_owner;
grant execute on function trickle_subscriptions_state.begin_page to trickle_worker;

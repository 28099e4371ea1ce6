-- When every member has come to the barrier and none holds a lease, the group gets its new size and all members begin
-- at the barrier. The fences grow, so that no earlier holder can go on. The caller has locked the subscription's row.
create or replace function trickle_subscriptions_state.finish_resize(p_name text) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_now timestamptz := clock_timestamp();
  v_row trickle_subscriptions_state.subscriptions;
begin
  select * into v_row from trickle_subscriptions_state.subscriptions s where s.name = p_name;
  perform from trickle_subscriptions_state.members m where m.name = p_name order by m.member for update;
  if exists (select from trickle_subscriptions_state.members m
      where m.name = p_name and m.member < v_row.members
        and (m.lease_until > v_now or not trickle_subscriptions_state.is_at_barrier(p_name, m.member))) then
    return false;
  end if;
  perform trickle_subscriptions_state.place_members(
    p_name, v_row.target_members, v_row.barrier_xid, v_row.barrier_position);
  return true;
end $$;
alter function trickle_subscriptions_state.finish_resize owner to trickle_owner;

-- Puts p_members members at one point and ends all their leases.
create or replace function trickle_subscriptions_state.place_members(
    p_name text, p_members int, p_xid xid8, p_position bigint) returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  insert into trickle_subscriptions_state.members (name, member)
    select p_name, g.member from generate_series(0, p_members - 1) as g (member)
    on conflict (name, member) do nothing;
  update trickle_subscriptions_state.members m
    set xid = p_xid, position = p_position, read_xid = p_xid, read_position = p_position, fence = m.fence + 1,
        lease_owner = null, lease_until = null, failures = 0, retry_at = null, error = null, crashes = 0, attempts = 0,
        attempt_version = null, updated_at = v_now
    where m.name = p_name;
  update trickle_subscriptions_state.subscriptions s
    set members = p_members, target_members = null, barrier_xid = null, barrier_position = null, updated_at = v_now
    where s.name = p_name;
end $$;
alter function trickle_subscriptions_state.place_members owner to trickle_owner;

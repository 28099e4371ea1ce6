-- Prolongs the lease. Returns false when another holder has it now, or the subscription is paused or stopped.
create or replace function trickle_subscriptions_state.renew(
    p_name text, p_member int, p_fence bigint, p_lease_ms int) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
begin
  update trickle_subscriptions_state.members m
    set lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
    from trickle_subscriptions_state.subscriptions s
    where m.name = p_name and m.member = p_member and m.fence = p_fence and m.lease_until is not null
      and s.name = p_name and s.state = 'running';
  return found;
end $$;
alter function trickle_subscriptions_state.renew owner to trickle_owner;
grant execute on function trickle_subscriptions_state.renew to trickle_worker, trickle_forwarder;

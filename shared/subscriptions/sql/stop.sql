-- Ends the lease and stops the subscription, which ends the work of all members. Only an operator can resume it. If it
-- was paused meanwhile, it stays paused, with the reason on its member. Returns whether the lease was held; if not,
-- nothing was changed. The member's row is locked after the subscription's row, as in acquire: another order could
-- deadlock.
create or replace function trickle_subscriptions_state.stop(
    p_name text, p_member int, p_fence bigint, p_error text) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  perform from trickle_subscriptions_state.subscriptions s where s.name = p_name for update;
  update trickle_subscriptions_state.members m
    set lease_owner = null, lease_until = null, crashes = 0, failures = m.failures + 1, error = left(p_error, 2000),
        updated_at = v_now
    where m.name = p_name and m.member = p_member and m.fence = p_fence;
  if not found then
    return false;
  end if;
  update trickle_subscriptions_state.subscriptions s
    set state = 'stopped', error = left(p_error, 2000), updated_at = v_now
    where s.name = p_name and s.state = 'running';
  return true;
end $$;
alter function trickle_subscriptions_state.stop owner to trickle_owner;
grant execute on function trickle_subscriptions_state.stop to trickle_worker, trickle_forwarder;

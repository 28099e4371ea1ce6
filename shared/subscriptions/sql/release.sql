-- Ends the lease. After a failure (p_error) it also sets the time before which no holder tries again.
create or replace function trickle_subscriptions_state.release(
    p_name text, p_member int, p_fence bigint, p_error text, p_retry_after_ms int) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  update trickle_subscriptions_state.members m
    set lease_owner = null, lease_until = null, crashes = 0, updated_at = v_now,
        failures = case when p_error is null then m.failures else m.failures + 1 end,
        error = case when p_error is null then m.error else left(p_error, 2000) end,
        retry_at = case when p_error is null then m.retry_at
          else v_now + make_interval(secs => p_retry_after_ms / 1000.0) end
    where m.name = p_name and m.member = p_member and m.fence = p_fence and m.lease_owner is not null;
  return found;
end $$;
alter function trickle_subscriptions_state.release owner to trickle_owner;
grant execute on function trickle_subscriptions_state.release to trickle_worker, trickle_forwarder;

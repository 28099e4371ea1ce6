-- Moves the checkpoint, if it is where the holder of the fence believes it to be. Returns false when nothing was
-- changed. It also works for a subscription that was paused meanwhile, so that work which is done is recorded.
create or replace function trickle_subscriptions_state.advance(p_name text, p_member int, p_fence bigint,
    p_from_xid xid8, p_from_position bigint, p_to_xid xid8, p_to_position bigint, p_lease_ms int) returns boolean
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  update trickle_subscriptions_state.members m
    set xid = p_to_xid, position = p_to_position, lease_until = v_now + make_interval(secs => p_lease_ms / 1000.0),
        failures = 0, retry_at = null, error = null, attempts = 0, attempt_version = null, updated_at = v_now
    where m.name = p_name and m.member = p_member and m.fence = p_fence and m.lease_until is not null
      and (m.xid, m.position) = (p_from_xid, p_from_position)
      and (p_to_xid, p_to_position) >= (p_from_xid, p_from_position);
  return found;
end $$;
alter function trickle_subscriptions_state.advance owner to trickle_owner;
grant execute on function trickle_subscriptions_state.advance to trickle_worker, trickle_forwarder;

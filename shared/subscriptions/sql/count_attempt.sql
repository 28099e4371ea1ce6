-- Counts an attempt at the next event of the member or of a lane. If this event may have killed the last holder, the
-- attempt is counted before it is made. p_by: 1, or -1 to take back an attempt that says nothing about the event.
-- Returns null when the lease is lost.
create or replace function trickle_subscriptions_state.count_attempt(p_name text, p_member int, p_fence bigint,
    p_lane uuid, p_tenant uuid, p_stream text, p_version bigint, p_by int) returns int
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_attempts int;
begin
  if p_lane is null then
    update trickle_subscriptions_state.members m
      set attempts = greatest(0, p_by + case
            when (m.attempt_tenant, m.attempt_stream, m.attempt_version) = (p_tenant, p_stream, p_version)
            then m.attempts else 0 end),
          attempt_tenant = p_tenant, attempt_stream = p_stream, attempt_version = p_version
      where m.name = p_name and m.member = p_member and m.fence = p_fence and m.lease_until is not null
      returning m.attempts into v_attempts;
    return v_attempts;
  end if;
  perform from trickle_subscriptions_state.members m
    where m.name = p_name and m.member = p_member and m.fence = p_fence and m.lease_until is not null for share;
  if not found then
    return null;
  end if;
  update trickle_subscriptions_state.lanes l
    set attempts = greatest(0, p_by + case
          when (l.attempt_stream, l.attempt_version) = (p_stream, p_version) then l.attempts else 0 end),
        attempt_stream = p_stream, attempt_version = p_version
    where l.name = p_name and l.member = p_member and l.tenant_id = p_lane returning l.attempts into v_attempts;
  return v_attempts;
end $$;
alter function trickle_subscriptions_state.count_attempt owner to trickle_owner;
grant execute on function trickle_subscriptions_state.count_attempt to trickle_worker;

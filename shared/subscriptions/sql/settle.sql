-- Records what was done up to p_to, all or nothing: the checkpoint of the member or of one lane, the events that were
-- set aside (p_parked: as in set_aside; null when there are none, which saves a count) and new lanes (p_lanes:
-- [{tenantId, xid, position}]). Returns settled, lost (nothing was recorded), or full: recorded, but so many events are
-- set aside that the subscription has to stop.
create or replace function trickle_subscriptions_state.settle(p_name text, p_member int, p_fence bigint, p_lane uuid,
    p_from_xid xid8, p_from_position bigint, p_to_xid xid8, p_to_position bigint, p_parked jsonb, p_lanes jsonb,
    p_parked_max int, p_lease_ms int) returns text
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_now timestamptz := clock_timestamp();
  v_main record;
begin
  if p_lane is null then
    if not trickle_subscriptions_state.advance(
      p_name, p_member, p_fence, p_from_xid, p_from_position, p_to_xid, p_to_position, p_lease_ms)
    then
      return 'lost';
    end if;
  else
    update trickle_subscriptions_state.members m
      set lease_until = v_now + make_interval(secs => p_lease_ms / 1000.0), failures = 0, retry_at = null, error = null,
          updated_at = v_now
      where m.name = p_name and m.member = p_member and m.fence = p_fence and m.lease_until is not null
      returning * into v_main;
    if not found then
      return 'lost';
    end if;
    update trickle_subscriptions_state.lanes l
      set xid = p_to_xid, position = p_to_position, attempts = 0, attempt_version = null, updated_at = v_now
      where l.name = p_name and l.member = p_member and l.tenant_id = p_lane
        and (l.xid, l.position) = (p_from_xid, p_from_position);
    if not found then
      return 'lost';
    end if;
    -- The lane has reached the main checkpoint, which covers this tenant again from here on.
    delete from trickle_subscriptions_state.lanes l
      where l.name = p_name and l.member = p_member and l.tenant_id = p_lane
        and (l.xid, l.position) >= (v_main.xid, v_main.position);
  end if;
  insert into trickle_subscriptions_state.lanes (name, member, tenant_id, xid, position)
    select p_name, p_member, x."tenantId", x.xid, x.position
      from jsonb_to_recordset(p_lanes) as x ("tenantId" uuid, xid xid8, position bigint)
    on conflict (name, member, tenant_id) do nothing;
  if p_parked is null then
    return 'settled';
  end if;
  perform trickle_subscriptions_state.set_aside(p_name, p_parked);
  if p_parked_max <= (
    select count(*) from (
      select from trickle_subscriptions_state.parked p
        where p.name = p_name and p.state <> 'skipped' limit p_parked_max) c)
  then
    return 'full';
  end if;
  return 'settled';
end $$;
alter function trickle_subscriptions_state.settle owner to trickle_owner;
grant execute on function trickle_subscriptions_state.settle to trickle_worker;

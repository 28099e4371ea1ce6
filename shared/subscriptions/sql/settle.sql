-- Records what was done up to p_to, all or nothing: the checkpoint of the member or of one lane, the events set aside
-- (p_parked: [{tenantId, streamId, version, xid, position, source, eventId, type, state, blocks, attempts, error}]) and
-- new lanes (p_lanes: [{tenantId, xid, position}]). Gives settled, lost (nothing was recorded), or full: recorded, but
-- so much is set aside that the subscription has to stop.
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
    -- Merged: from here on the main checkpoint speaks for this tenant too.
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
  -- A skipped event that is there again (after a reset) is judged again; any other is already set aside.
  insert into trickle_subscriptions_state.parked as p (name, tenant_id, stream_id, version, xid, position, source,
      event_id, type, state, blocks, attempts, error)
    select p_name, x."tenantId", x."streamId", x.version, x.xid, x.position, x.source, x."eventId", x.type, x.state,
        x.blocks, x.attempts, left(x.error, 2000)
      from jsonb_to_recordset(p_parked) as x ("tenantId" uuid, "streamId" text, version bigint, xid xid8,
        position bigint, source text, "eventId" text, type text, state text, blocks boolean, attempts int, error text)
    on conflict (name, tenant_id, stream_id, version) do update
      set state = excluded.state, blocks = excluded.blocks, attempts = excluded.attempts, error = excluded.error,
          retry_at = null, parked_at = v_now
      where p.state = 'skipped';
  -- What blocked the stream when the page was read may have been skipped since.
  perform trickle_subscriptions_state.wake_stream(p_name, w."tenantId", w."streamId")
    from (select distinct x."tenantId", x."streamId"
      from jsonb_to_recordset(p_parked) as x ("tenantId" uuid, "streamId" text, state text)
      where x.state = 'waiting') w;
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
grant execute on function trickle_subscriptions_state.settle to trickle_forwarder;

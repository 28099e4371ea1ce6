-- Takes the lease of a member. outcome: acquired | busy (another owner holds it) | waiting (backing off after a
-- failure) | resizing (this member is at the barrier and waits for the others) | gone (the group has become smaller) |
-- paused | stopped.
-- A subscription of an ended epoch is stopped: its checkpoint may name events that the log does not hold any more, and
-- only an operator knows where to go on. The subscription's row is locked first, then the member's.
create or replace function trickle_subscriptions_state.acquire(p_name text, p_member int, p_owner text, p_lease_ms int,
    out outcome text, out fence bigint, out epoch uuid, out generation int, out xid xid8, out "position" bigint,
    out failures int, out crashes int)
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_now timestamptz := clock_timestamp();
  v_epoch uuid := (select c.epoch from trickle_events_log.current_epoch() c);
  v_row trickle_subscriptions_state.subscriptions;
  v_member trickle_subscriptions_state.members;
begin
  select * into v_row from trickle_subscriptions_state.subscriptions s where s.name = p_name for update;
  if not found then
    perform trickle_subscriptions_state.register(p_name, false, null, null, false);
    select * into v_row from trickle_subscriptions_state.subscriptions s where s.name = p_name for update;
  end if;
  if v_row.target_members is not null and v_row.state = 'running'
    and trickle_subscriptions_state.finish_resize(p_name)
  then
    select * into v_row from trickle_subscriptions_state.subscriptions s where s.name = p_name;
  end if;
  select * into v_member from trickle_subscriptions_state.members m
    where m.name = p_name and m.member = p_member for update;
  epoch := v_row.epoch;
  generation := v_row.generation;
  xid := v_member.xid;
  position := v_member.position;
  failures := v_member.failures;
  if v_row.state = 'running' and v_row.epoch <> v_epoch then
    update trickle_subscriptions_state.subscriptions s
      set state = 'stopped', error = 'the log has begun a new epoch', updated_at = v_now where s.name = p_name;
    outcome := 'stopped';
  elsif v_row.state <> 'running' then
    outcome := v_row.state;
  elsif p_member >= v_row.members then
    outcome := 'gone';
  elsif v_member.lease_until > v_now and v_member.lease_owner <> p_owner then
    outcome := 'busy';
  elsif v_row.target_members is not null and trickle_subscriptions_state.is_at_barrier(p_name, p_member) then
    outcome := 'resizing';
  elsif v_member.retry_at > v_now then
    outcome := 'waiting';
  else
    outcome := 'acquired';
    fence := v_member.fence + 1;
    -- A release clears the owner. So an owner that is still set has crashed, or stood still for longer than its lease.
    crashes := v_member.crashes + (v_member.lease_owner is not null and v_member.lease_owner <> p_owner)::int;
    update trickle_subscriptions_state.members m
      set lease_owner = p_owner, lease_until = v_now + make_interval(secs => p_lease_ms / 1000.0),
          fence = v_member.fence + 1, crashes = acquire.crashes, updated_at = v_now
      where m.name = p_name and m.member = p_member;
  end if;
end $$;
alter function trickle_subscriptions_state.acquire owner to trickle_owner;
grant execute on function trickle_subscriptions_state.acquire to trickle_worker, trickle_forwarder;

-- The checkpoint after which a tenant's events since a time begin. The next event after it is the first one, in the
-- order of the feed and below the horizon, that was recorded at p_since or later. If there is no such event, the
-- checkpoint is the last event below the horizon.
--
-- It is a binary search by time in the feed's index, with some 30 look-ups of 10 to 20 microseconds. recorded_at is not
-- quite in the order of the feed: an append reads the clock, then gets its id, then commits within its time limit (30 s
-- at most), and a failover may set the clock back a little. The search assumes a margin M of 60 s: no event is recorded
-- more than M earlier than an event before it in the feed.
--   Nothing is left out: if an event was recorded before p_since - M, all events before it were recorded before
--     p_since. Only such an event moves the lower end of the search up. The events after it are read in order, and
--     their times are compared exactly.
--   Little is read: the search ends at an event that was recorded at p_since - M or later, so all events after it were
--     recorded at p_since - 2 M or later. At most two minutes of one tenant's events are read and skipped.
-- If a clock was set back by more than M, an event with a time after p_since can be left out: this happens if a later
-- event in the feed was recorded before p_since - M.
create or replace function trickle_events_log.since_checkpoint(
    p_tenant uuid, p_since timestamptz, p_horizon xid8, out xid xid8, out "position" bigint)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan
  as $$
declare
  v_before timestamptz := p_since - interval '60 seconds';
  v_low bigint := 0;
  v_high bigint := p_horizon::text::bigint;
  v_middle bigint;
  v_probe record;
begin
  perform trickle_tenants_state.bind_tenant(p_tenant);
  xid := '0';
  position := 0;
  while v_high - v_low > 1 loop
    v_middle := v_low + (v_high - v_low) / 2;
    select e.xid, e.position, e.recorded_at into v_probe
      from trickle_events_log.events e
      where e.tenant_id = p_tenant and e.xid >= v_middle::text::xid8 and e.xid < p_horizon
      order by e.xid, e.position limit 1;
    if v_probe.recorded_at < v_before then
      xid := v_probe.xid;
      position := v_probe.position;
      v_low := v_probe.xid::text::bigint;
    else
      v_high := v_middle;
    end if;
  end loop;
  select e.xid, e.position - 1 as position into v_probe
    from trickle_events_log.events e
    where e.tenant_id = p_tenant and (e.xid, e.position) > (since_checkpoint.xid, since_checkpoint.position)
      and e.xid < p_horizon and e.recorded_at >= p_since
    order by e.xid, e.position limit 1;
  if not found then
    select e.xid, e.position into v_probe
      from trickle_events_log.events e
      where e.tenant_id = p_tenant and e.xid < p_horizon
      order by e.xid desc, e.position desc limit 1;
  end if;
  if found then
    xid := v_probe.xid;
    position := v_probe.position;
  end if;
end $$;
alter function trickle_events_log.since_checkpoint owner to trickle_owner;
grant execute on function trickle_events_log.since_checkpoint to trickle_app, trickle_worker;

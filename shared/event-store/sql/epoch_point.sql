-- The point at which a new epoch begins: what consumers have read up to it is still in the log.
--   p_from 'beginning': before the first event.
--   p_from 'end': the newest event below the horizon.
--   p_restored_to: the event before the first one, in feed order, that was recorded at this time or later. Events that
--     the restore brought back were recorded before this time. Events recorded since then may have ids below a
--     checkpoint from before the restore, and its consumer would skip them. So all of them must be after the point. An
--     event that was recorded earlier but is after the point is read twice at worst.
--
-- recorded_at has no index, so the first event since a time is found by a binary search in the feed's index, as in
-- since_checkpoint. A scan of the whole log would meet the operator's statement_timeout in a large log, just after a
-- restore. The margin M is 5 minutes here: every tenant's events count, and reading ten minutes of them costs seconds.
create or replace function trickle_events_log.epoch_point(
    p_from text, p_restored_to timestamptz, out xid xid8, out "position" bigint)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan
  -- With stale statistics, a scan of the whole log looks cheaper to the planner.
  set enable_seqscan = off
  set enable_bitmapscan = off
  as $$
declare
  v_horizon xid8 := trickle_events_log.feed_horizon();
  v_before timestamptz := p_restored_to - interval '5 minutes';
  v_low bigint := 0;
  v_high bigint;
  v_middle bigint;
  v_probe record;
  v_xid xid8;
  v_position bigint;
begin
  if p_restored_to is not null then
    select coalesce(max(e.xid)::text::bigint, 0) + 1 into v_high from trickle_events_log.events e;
    while v_high - v_low > 1 loop
      v_middle := v_low + (v_high - v_low) / 2;
      select e.xid, e.recorded_at into v_probe
        from trickle_events_log.events e where e.xid >= v_middle::text::xid8 order by e.xid, e.position limit 1;
      if v_probe.recorded_at < v_before then
        v_low := v_probe.xid::text::bigint;
      else
        v_high := v_middle;
      end if;
    end loop;
    select e.xid, e.position into v_xid, v_position
      from trickle_events_log.events e where e.xid >= v_low::text::xid8 and e.recorded_at >= p_restored_to
      order by e.xid, e.position limit 1;
  end if;
  if p_restored_to is not null or p_from = 'end' then
    select e.xid, e.position into xid, position from trickle_events_log.events e
      where e.xid < v_horizon and (v_xid is null or (e.xid, e.position) < (v_xid, v_position))
      order by e.xid desc, e.position desc limit 1;
  elsif p_from is distinct from 'beginning' then
    raise exception 'an epoch begins at beginning or end' using errcode = '22023';
  end if;
  xid := coalesce(xid, '0');
  position := coalesce(position, 0);
end $$;
alter function trickle_events_log.epoch_point owner to trickle_owner;
grant execute on function trickle_events_log.epoch_point to trickle_operator;

-- The point at which a new epoch begins: what consumers have read up to it is still in the log.
--   p_from 'beginning': before the first event.
--   p_from 'end': the newest event below the horizon.
--   p_restored_to: the event before the first one, in feed order, that was recorded at this time or later. Events that
--     the restore brought back were recorded before this time. Events recorded since then may have ids below a
--     checkpoint from before the restore, and its consumer would skip them. So all of them must be after the point. An
--     event that was recorded earlier but is after the point is read twice at worst.
create or replace function trickle_events_log.epoch_point(
    p_from text, p_restored_to timestamptz, out xid xid8, out "position" bigint)
  language plpgsql volatile
  as $$
declare
  v_horizon xid8 := trickle_events_log.feed_horizon();
  v_xid xid8;
  v_position bigint;
begin
  if p_restored_to is not null then
    -- "offset 0" makes PostgreSQL select the events by time first and sort only these. Without it, PostgreSQL could go
    -- through all older events by the feed's index. recorded_at has no index, so the whole log is scanned once.
    select s.xid, s.position into v_xid, v_position from (
      select e.xid, e.position from trickle_events_log.events e where e.recorded_at >= p_restored_to offset 0) s
      order by s.xid, s.position limit 1;
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

-- Where a new epoch begins: up to here, what consumers have read before still holds.
--   p_from 'beginning': before the first event.
--   p_from 'end': the newest event below the horizon.
--   p_restored_to: the last event before the first, in feed order, that was recorded then or later. What a restore
--     brought back was recorded before; what was recorded since got ids that a consumer, who had read further than the
--     restore, takes for read. So every event recorded since must lie after the point, whatever its time; one that was
--     recorded earlier than that and lies after the point comes twice at worst.
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
    -- offset 0 lets recorded_at's own index find them; in feed order the whole log would be looked through.
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

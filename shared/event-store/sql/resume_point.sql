-- The point from which a consumer that has handled everything up to a point of an epoch goes on in the current epoch:
-- the same point, or the earliest point at which a later epoch branched off, if that is earlier. It is never a later
-- point, since events that were not handled in the old epoch must not be left out. An epoch that the log does not know
-- is treated like the first one, so that every branch point counts.
create or replace function trickle_events_log.resume_point(
    p_epoch uuid, p_xid xid8, p_position bigint, out xid xid8, out "position" bigint)
  language sql stable
  as $$
    select r.xid, r.position from (
      values (p_xid, p_position)
      union all
      select e.began_xid, e.began_position from trickle_events_log.epochs e
        where e.ordinal > coalesce((select k.ordinal from trickle_events_log.epochs k where k.epoch = p_epoch),
          (select min(k.ordinal) from trickle_events_log.epochs k))) as r (xid, position)
      order by r.xid, r.position limit 1
  $$;
alter function trickle_events_log.resume_point owner to trickle_owner;
grant execute on function trickle_events_log.resume_point to trickle_operator;

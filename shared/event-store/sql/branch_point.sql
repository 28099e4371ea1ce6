-- Where the first later epoch branched off from the epoch: up to there the log is still the one that was read in it. No
-- row while the epoch lasts. It is merged into the statement that asks.
create or replace function trickle_events_log.branch_point(p_epoch uuid)
  returns table (xid xid8, "position" bigint)
  language sql stable rows 1
  as $$
    select e.began_xid, e.began_position from trickle_events_log.epochs e
      where e.ordinal > (select o.ordinal from trickle_events_log.epochs o where o.epoch = p_epoch)
      order by e.began_xid, e.began_position limit 1
  $$;
alter function trickle_events_log.branch_point owner to trickle_owner;

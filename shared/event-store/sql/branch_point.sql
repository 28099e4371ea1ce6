-- The earliest point at which a later epoch branched off from the given epoch: up to this point the log is still the
-- same. No row while the given epoch is the current one. PostgreSQL inlines the function into the calling statement.
create or replace function trickle_events_log.branch_point(p_epoch uuid)
  returns table (xid xid8, "position" bigint)
  language sql stable rows 1
  as $$
    select e.began_xid, e.began_position from trickle_events_log.epochs e
      where e.ordinal > (select o.ordinal from trickle_events_log.epochs o where o.epoch = p_epoch)
      order by e.began_xid, e.began_position limit 1
  $$;
alter function trickle_events_log.branch_point owner to trickle_owner;

-- The epoch of the log and where it began.
create or replace function trickle_events_log.current_epoch()
  returns table (epoch uuid, began_xid xid8, began_position bigint)
  language sql stable
  as $$
    select e.epoch, e.began_xid, e.began_position from trickle_events_log.epochs e order by e.ordinal desc limit 1
  $$;
alter function trickle_events_log.current_epoch owner to trickle_owner;
grant execute on function trickle_events_log.current_epoch to trickle_app, trickle_forwarder, trickle_operator;

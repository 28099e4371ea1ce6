-- Begins a new epoch of the log. After its commit, feed cursors, tokens and subscriptions of earlier epochs are
-- refused.
create or replace function trickle_events_log.begin_epoch(p_reason text, p_xid xid8, p_position bigint,
    out ordinal int, out epoch uuid, out began_xid xid8, out began_position bigint, out reason text,
    out began_at timestamptz)
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
begin
  if char_length(p_reason) not between 1 and 500 or p_position < 0 then
    raise exception 'an epoch has a reason of 1 to 500 characters and begins at a point of the feed'
      using errcode = '22023';
  end if;
  insert into trickle_events_log.epochs as e (began_xid, began_position, reason) values (p_xid, p_position, p_reason)
    returning e.ordinal, e.epoch, e.began_xid, e.began_position, e.reason, e.began_at
    into ordinal, epoch, began_xid, began_position, reason, began_at;
end $$;
alter function trickle_events_log.begin_epoch owner to trickle_owner;
grant execute on function trickle_events_log.begin_epoch to trickle_operator;

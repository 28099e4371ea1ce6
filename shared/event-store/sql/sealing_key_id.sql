-- The key that seals now: the newest whose time has come. If the clock was set back, there may be none; then it is the
-- key whose time comes first.
create or replace function trickle_events_log.sealing_key_id(p_now timestamptz) returns text
  language sql stable
  as $$
    select k.key_id from trickle_events_log.seal_keys k
      order by k.seals_from <= p_now desc, case when k.seals_from <= p_now then k.seals_from end desc,
          k.seals_from, k.key_id
      limit 1
  $$;
alter function trickle_events_log.sealing_key_id owner to trickle_owner;

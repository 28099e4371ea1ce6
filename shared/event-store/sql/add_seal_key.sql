-- Adds a key, which seals after the delay. Returns null when there are 16 keys already: each instance holds all of
-- them.
create or replace function trickle_events_log.add_seal_key(p_reason text) returns text
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_key_id text;
begin
  if p_reason is null or char_length(p_reason) not between 1 and 500 then
    raise exception 'a seal key has a reason of 1 to 500 characters' using errcode = '22023';
  end if;
  insert into trickle_events_log.seal_keys as k (seals_from, reason)
    select clock_timestamp() + trickle_events_log.seal_key_delay(), p_reason
      where (select count(*) from trickle_events_log.seal_keys) < 16
    returning k.key_id into v_key_id;
  return v_key_id;
end $$;
alter function trickle_events_log.add_seal_key owner to trickle_owner;
grant execute on function trickle_events_log.add_seal_key to trickle_operator;

-- Removes a key; tokens that it sealed can't be opened any more. outcome: removed | absent | needed: the key seals now,
-- or its successor began to seal so recently that an instance may still seal with this key.
create or replace function trickle_events_log.remove_seal_key(p_key_id text, out outcome text)
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_now timestamptz := clock_timestamp();
begin
  delete from trickle_events_log.seal_keys k
    where k.key_id = p_key_id and k.key_id <> trickle_events_log.sealing_key_id(v_now)
      and (k.seals_from > v_now or exists (
        select from trickle_events_log.seal_keys n
          where n.seals_from > k.seals_from and n.seals_from <= v_now - trickle_events_log.seal_key_delay()));
  outcome := case when found then 'removed'
    when exists (select from trickle_events_log.seal_keys k where k.key_id = p_key_id) then 'needed'
    else 'absent' end;
end $$;
alter function trickle_events_log.remove_seal_key owner to trickle_owner;
grant execute on function trickle_events_log.remove_seal_key to trickle_operator;

-- The keys as an operator sees them, newest first; never a secret. state: waiting | sealing | opening.
create or replace function trickle_events_log.seal_key_states()
  returns table (key_id text, state text, seals_from timestamptz, reason text, added_at timestamptz)
  language sql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
    select k.key_id,
        case when k.key_id = s.key_id then 'sealing' when k.seals_from > s.now then 'waiting' else 'opening' end,
        k.seals_from, k.reason, k.added_at
      from (select n.now, trickle_events_log.sealing_key_id(n.now) as key_id from (select clock_timestamp() as now) n) s
      cross join trickle_events_log.seal_keys k
      order by k.seals_from desc, k.key_id
  $$;
alter function trickle_events_log.seal_key_states owner to trickle_owner;
grant execute on function trickle_events_log.seal_key_states to trickle_operator;

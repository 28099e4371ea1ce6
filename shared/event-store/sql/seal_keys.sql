-- The keys, for the instances that seal and open tokens: [{id, secret: hexadecimal digits, seals}], one of which seals.
create or replace function trickle_events_log.seal_keys() returns jsonb
  language sql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
    select jsonb_agg(jsonb_build_object('id', k.key_id, 'secret', encode(k.secret, 'hex'), 'seals', k.key_id = s.key_id)
        order by k.key_id)
      from (select trickle_events_log.sealing_key_id(clock_timestamp()) as key_id) s
      cross join trickle_events_log.seal_keys k
  $$;
alter function trickle_events_log.seal_keys owner to trickle_owner;
grant execute on function trickle_events_log.seal_keys to trickle_app, trickle_worker;

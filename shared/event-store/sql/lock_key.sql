-- 4,096 stripes: all appenders together never hold more entries than half of a default lock table, however many
-- streams one append names. Every appender must use this mapping; changing it needs a stop of all of them.
create or replace function trickle_events_log.lock_key(p_tenant uuid, p_stream text) returns int
  language sql immutable parallel safe as $$ select hashtext(p_tenant::text || p_stream) & 4095 $$;
alter function trickle_events_log.lock_key owner to trickle_owner;
grant execute on function trickle_events_log.lock_key to trickle_writer;

-- One of 4,096 lock keys for a stream. So all appenders together never fill more than half of a default lock table,
-- however many streams one append names. All appenders must use the same mapping: to change it, stop all of them first.
create or replace function trickle_events_log.lock_key(p_tenant uuid, p_stream text) returns int
  language sql immutable parallel safe as $$ select hashtext(p_tenant::text || p_stream) & 4095 $$;
alter function trickle_events_log.lock_key owner to trickle_owner;
grant execute on function trickle_events_log.lock_key to trickle_writer;

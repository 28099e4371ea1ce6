-- Class of our advisory locks, "ES" and 1: stream lock and mark of a running appender at once (see feed_horizon).
create or replace function trickle_events_log.lock_class() returns int
  language sql immutable parallel safe as $$ select 1163067393 $$;
alter function trickle_events_log.lock_class owner to trickle_owner;
grant execute on function trickle_events_log.lock_class
  to trickle_app, trickle_forwarder, trickle_operator, trickle_writer;

-- Class of our advisory locks; the number is "ES" and 1. Such a lock protects a stream, and it also shows feed_horizon
-- that its holder is an appender.
create or replace function trickle_events_log.lock_class() returns int
  language sql immutable parallel safe as $$ select 1163067393 $$;
alter function trickle_events_log.lock_class owner to trickle_owner;
grant execute on function trickle_events_log.lock_class
  to trickle_app, trickle_worker, trickle_forwarder, trickle_operator, trickle_writer;

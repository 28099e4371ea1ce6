-- Class of the locks of resources: what one transaction at a time may decide about and is no stream, such as a title or
-- a room's night. "ES" and 3; feed_horizon() looks at the class of the streams alone.
create or replace function trickle_events_log.resource_lock_class() returns int
  language sql immutable parallel safe as $$ select 1163067395 $$;
alter function trickle_events_log.resource_lock_class owner to trickle_owner;

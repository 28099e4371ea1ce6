-- Class of the locks of resources. A resource is no stream, and only one transaction at a time may decide about it,
-- such as a title or a night of a room. The number is "ES" and 3. feed_horizon() looks only at the class of the
-- streams.
create or replace function trickle_events_log.resource_lock_class() returns int
  language sql immutable parallel safe as $$ select 1163067395 $$;
alter function trickle_events_log.resource_lock_class owner to trickle_owner;

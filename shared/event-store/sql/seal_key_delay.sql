-- How long a new key only opens, and how long an old one is needed after its successor began to seal: twice as long as
-- an instance goes without asking for the keys.
create or replace function trickle_events_log.seal_key_delay() returns interval
  language sql immutable parallel safe as $$ select interval '60 seconds' $$;
alter function trickle_events_log.seal_key_delay owner to trickle_owner;

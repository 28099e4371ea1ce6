-- The time for which a new key only opens tokens, and for which an old key is needed after its successor began to seal.
-- It is twice the time for which an instance uses the keys without asking for them again.
create or replace function trickle_events_log.seal_key_delay() returns interval
  language sql immutable parallel safe as $$ select interval '60 seconds' $$;
alter function trickle_events_log.seal_key_delay owner to trickle_owner;

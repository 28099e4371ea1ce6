-- Class of the locks that steps of a projection share, and that moving its checkpoint takes alone. "SU" and 1: the
-- horizon of the feed looks at the class of the log's streams only, so no step holds the feed.
create or replace function trickle_subscriptions_state.step_lock_class() returns int
  language sql immutable parallel safe as $$ select 1398079489 $$;
alter function trickle_subscriptions_state.step_lock_class owner to trickle_owner;

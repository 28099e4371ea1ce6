-- Class of the advisory locks of a projection: its steps take them shared, move_checkpoints takes them exclusively. The
-- number is "SU" and 1. The horizon of the feed looks only at the class of the log's streams, so no step holds the
-- feed.
create or replace function trickle_subscriptions_state.step_lock_class() returns int
  language sql immutable parallel safe as $$ select 1398079489 $$;
alter function trickle_subscriptions_state.step_lock_class owner to trickle_owner;

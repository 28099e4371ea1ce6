-- For work that is recorded in other tables in the same transaction. Returns the generation of the subscription when
-- the checkpoint of the fence's holder is at the point, else null. The member's row is locked until the transaction
-- ends. Otherwise a take-over that has not committed yet would not be seen.
create or replace function trickle_subscriptions_state.hold_checkpoint(
    p_name text, p_member int, p_fence bigint, p_xid xid8, p_position bigint) returns int
  language sql volatile
  as $$
    select s.generation from trickle_subscriptions_state.members m
      join trickle_subscriptions_state.subscriptions s on s.name = m.name
      where m.name = p_name and m.member = p_member and m.fence = p_fence and m.lease_until is not null
        and (m.xid, m.position) = (p_xid, p_position)
      for share of m
  $$;
alter function trickle_subscriptions_state.hold_checkpoint owner to trickle_owner;

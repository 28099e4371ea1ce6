-- Whether a member has come to the barrier of a resize and has no lanes left.
create or replace function trickle_subscriptions_state.is_at_barrier(p_name text, p_member int) returns boolean
  language sql stable security definer
  set search_path = pg_catalog, pg_temp
  as $$
    select (m.xid, m.position) = (s.barrier_xid, s.barrier_position)
        and not exists (select from trickle_subscriptions_state.lanes l where l.name = p_name and l.member = p_member)
      from trickle_subscriptions_state.subscriptions s
      join trickle_subscriptions_state.members m on m.name = s.name and m.member = p_member
      where s.name = p_name
  $$;
alter function trickle_subscriptions_state.is_at_barrier owner to trickle_owner;

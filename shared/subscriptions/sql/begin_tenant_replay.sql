-- The first statement of a transaction in which a projection handles an event again that was set aside. It binds the
-- tenant, removes the event from those set aside and wakes the next one of its stream. It fails with TK007 when the
-- event is not (or no longer) to be handled, and with TK008 when the lease is lost. Both errors undo the whole
-- transaction.
create or replace function trickle_subscriptions_state.begin_tenant_replay(
    p_name text, p_member int, p_fence bigint, p_tenant uuid, p_parked_id bigint) returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
begin
  -- The row stays locked until the transaction ends, so that no other holder takes over before the commit.
  perform from trickle_subscriptions_state.members m
    where m.name = p_name and m.member = p_member and m.fence = p_fence and m.lease_until is not null for share;
  if not found then
    raise exception 'the lease of this holder is lost' using errcode = 'TK008';
  end if;
  if trickle_subscriptions_state.replay_step(p_name, p_member, p_fence, p_parked_id, 'done', null, null) is null then
    raise exception 'this event is not to be handled again' using errcode = 'TK007';
  end if;
  perform trickle_tenants_state.bind_tenant(p_tenant);
end $$;
alter function trickle_subscriptions_state.begin_tenant_replay owner to trickle_owner;
grant execute on function trickle_subscriptions_state.begin_tenant_replay to trickle_worker;

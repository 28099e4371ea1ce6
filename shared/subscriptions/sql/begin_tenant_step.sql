-- The first statement of a projection's transaction for one tenant. It binds the tenant and records that its events
-- from p_first to p_last take effect in this transaction, or are set aside (p_set_aside: as p_parked of set_aside, or
-- null). It fails with TK007 when the tenant's progress has reached p_first already, and with TK008 when the lease is
-- lost. Both errors undo the whole transaction.
create or replace function trickle_subscriptions_state.begin_tenant_step(p_name text, p_member int, p_fence bigint,
    p_tenant uuid, p_first_xid xid8, p_first_position bigint, p_last_xid xid8, p_last_position bigint,
    p_set_aside jsonb) returns void
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
begin
  -- While this lock is held, no operator can move the checkpoint. Otherwise a holder from before a reset could still
  -- write after the projection's tables were emptied. The fence is read after the lock was granted, in a new snapshot.
  perform pg_advisory_xact_lock_shared(trickle_subscriptions_state.step_lock_class(), hashtext(p_name));
  perform from trickle_subscriptions_state.members m
    where m.name = p_name and m.member = p_member and m.fence = p_fence and m.lease_until is not null;
  if not found then
    raise exception 'the lease of this holder is lost' using errcode = 'TK008';
  end if;
  insert into trickle_subscriptions_state.tenant_progress as p (name, tenant_id, xid, position)
    values (p_name, p_tenant, p_last_xid, p_last_position)
    on conflict (name, tenant_id) do update set xid = excluded.xid, position = excluded.position
      where (p.xid, p.position) < (p_first_xid, p_first_position);
  if not found then
    raise exception 'these events of the tenant took effect before' using errcode = 'TK007';
  end if;
  if p_set_aside is not null then
    perform from trickle_subscriptions_state.members m
      where m.name = p_name and m.member = p_member and m.fence = p_fence and m.lease_until is not null for share;
    if not found then
      raise exception 'the lease of this holder is lost' using errcode = 'TK008';
    end if;
    perform trickle_subscriptions_state.set_aside(p_name, p_set_aside);
  end if;
  -- This COMMIT does not wait for the disk. A crash of the server may undo the transaction, but then the progress and
  -- the effect together. The checkpoint is committed later and does wait for the disk, which then holds all earlier
  -- commits too. So the checkpoint never claims an effect that was lost.
  perform set_config('synchronous_commit', 'off', true);
  perform trickle_tenants_state.bind_tenant(p_tenant);
end $$;
alter function trickle_subscriptions_state.begin_tenant_step owner to trickle_owner;
grant execute on function trickle_subscriptions_state.begin_tenant_step to trickle_worker;

-- One step in handling an event again. p_step: begin (counts the attempt and returns its number), done (the event is no
-- longer set aside, and the next of its stream wakes), failed (it is tried again after p_retry_after_ms; null: it is
-- parked again), later (the attempt says nothing about the event and is taken back). Returns null when the lease is
-- lost or an operator has decided otherwise.
create or replace function trickle_subscriptions_state.replay_step(p_name text, p_member int, p_fence bigint,
    p_parked_id bigint, p_step text, p_error text, p_retry_after_ms int) returns int
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_parked trickle_subscriptions_state.parked;
begin
  perform from trickle_subscriptions_state.members m
    where m.name = p_name and m.member = p_member and m.fence = p_fence and m.lease_until is not null for share;
  if not found then
    return null;
  end if;
  select * into v_parked from trickle_subscriptions_state.parked p
    where p.name = p_name and p.parked_id = p_parked_id and p.state = 'replay' for update;
  if not found then
    return null;
  end if;
  if p_step = 'done' then
    delete from trickle_subscriptions_state.parked p where p.parked_id = p_parked_id;
    perform trickle_subscriptions_state.wake_stream(p_name, v_parked.tenant_id, v_parked.stream_id);
    return v_parked.attempts;
  end if;
  update trickle_subscriptions_state.parked p
    set attempts = p.attempts + case p_step when 'begin' then 1 when 'later' then -1 else 0 end,
        state = case when p_step = 'failed' and p_retry_after_ms is null then 'parked' else p.state end,
        error = coalesce(left(p_error, 2000), p.error),
        retry_at = case when p_step = 'failed'
          then clock_timestamp() + make_interval(secs => p_retry_after_ms / 1000.0) end
    where p.parked_id = p_parked_id;
  return v_parked.attempts + (p_step = 'begin')::int;
end $$;
alter function trickle_subscriptions_state.replay_step owner to trickle_owner;
grant execute on function trickle_subscriptions_state.replay_step to trickle_worker;

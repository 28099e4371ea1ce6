-- Pauses or resumes a subscription. p_action: pause | resume. Returns done, not-found, stopped (a stopped subscription
-- can't be paused), or epoch-ended: an operator must first choose where it goes on (move_checkpoints).
create or replace function trickle_subscriptions_state.set_state(p_name text, p_action text) returns text
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_now timestamptz := clock_timestamp();
  v_row trickle_subscriptions_state.subscriptions;
begin
  select * into v_row from trickle_subscriptions_state.subscriptions s where s.name = p_name for update;
  if not found then
    return 'not-found';
  elsif p_action = 'pause' then
    update trickle_subscriptions_state.subscriptions s set state = 'paused', updated_at = v_now
      where s.name = p_name and s.state = 'running';
    return case when v_row.state = 'stopped' then 'stopped' else 'done' end;
  elsif v_row.state = 'running' then
    return 'done';
  elsif v_row.epoch <> (select c.epoch from trickle_events_log.current_epoch() c) then
    return 'epoch-ended';
  end if;
  update trickle_subscriptions_state.subscriptions s set state = 'running', error = null, updated_at = v_now
    where s.name = p_name;
  -- The attempts and waits begin again, so the event that made it stop is tried as often as a new one.
  update trickle_subscriptions_state.members m
    set failures = 0, retry_at = null, error = null, attempts = 0, attempt_version = null where m.name = p_name;
  update trickle_subscriptions_state.lanes l set attempts = 0, attempt_version = null where l.name = p_name;
  return 'done';
end $$;
alter function trickle_subscriptions_state.set_state owner to trickle_owner;
grant execute on function trickle_subscriptions_state.set_state to trickle_operator;

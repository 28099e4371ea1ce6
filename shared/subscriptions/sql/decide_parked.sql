-- Carries out an operator's decision about an event that is set aside. p_decision: replay | skip. The rows of all
-- members are locked, so that no member records a waiting event of the stream at the same time: nothing would wake it.
create or replace function trickle_subscriptions_state.decide_parked(
    p_name text, p_parked_id bigint, p_decision text) returns text
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_parked trickle_subscriptions_state.parked;
begin
  if not exists (select from trickle_subscriptions_state.subscriptions s where s.name = p_name) then
    return 'not-found';
  end if;
  perform from trickle_subscriptions_state.members m where m.name = p_name order by m.member for update;
  select * into v_parked from trickle_subscriptions_state.parked p
    where p.name = p_name and p.parked_id = p_parked_id and p.state <> 'skipped' for update;
  if not found then
    return 'event-not-found';
  elsif p_decision = 'skip' then
    update trickle_subscriptions_state.parked p set state = 'skipped' where p.parked_id = p_parked_id;
    perform trickle_subscriptions_state.wake_stream(p_name, v_parked.tenant_id, v_parked.stream_id);
  elsif v_parked.state = 'waiting' then
    return 'waiting';
  elsif v_parked.state = 'parked' then
    update trickle_subscriptions_state.parked p set state = 'replay', attempts = 0, retry_at = null
      where p.parked_id = p_parked_id;
  end if;
  return 'done';
end $$;
alter function trickle_subscriptions_state.decide_parked owner to trickle_owner;
grant execute on function trickle_subscriptions_state.decide_parked to trickle_operator;

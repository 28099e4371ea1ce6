-- Marks parked events of a subscription to be handled again, oldest first: up to p_limit of them with an id above
-- p_after. Those that wait for an earlier event of their stream follow by themselves. events: how many were parked and
-- are marked now; one that was marked before does not count again. next_after: the id of the last of them when more
-- parked events come after it, else null. outcome: done | not-found. The rows of all members are locked first, as in
-- decide_parked: in another order this could deadlock with a member that sets events aside.
create or replace function trickle_subscriptions_state.replay_parked(p_name text, p_after bigint, p_limit int,
    out outcome text, out events int, out next_after bigint, out tenant_ids uuid[])
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_last bigint;
begin
  if not exists (select from trickle_subscriptions_state.subscriptions s where s.name = p_name) then
    outcome := 'not-found';
    return;
  end if;
  perform from trickle_subscriptions_state.members m where m.name = p_name order by m.member for update;
  with chosen as (
    select p.parked_id from trickle_subscriptions_state.parked p
      where p.name = p_name and p.parked_id > p_after and p.state = 'parked' order by p.parked_id limit p_limit),
  marked as (
    update trickle_subscriptions_state.parked p set state = 'replay', attempts = 0, retry_at = null
      from chosen c where p.parked_id = c.parked_id returning p.parked_id, p.tenant_id)
    select count(*), max(m.parked_id), array_agg(distinct m.tenant_id) into events, v_last, tenant_ids from marked m;
  if exists (
    select from trickle_subscriptions_state.parked p
      where p.name = p_name and p.parked_id > v_last and p.state = 'parked')
  then
    next_after := v_last;
  end if;
  outcome := 'done';
end $$;
alter function trickle_subscriptions_state.replay_parked owner to trickle_owner;
grant execute on function trickle_subscriptions_state.replay_parked to trickle_operator;

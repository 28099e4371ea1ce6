-- Records an operator's decision about parked messages. p_decision: resubmitted | discarded. p_seen: [{parkedId,
-- attempts}], with the attempts that the operator's list showed. outcome: done; not-found; decided: an earlier decision
-- stands; parked-again: it was parked once more since it was listed, so it stays open. A message may be sent again,
-- fail and be parked before its resubmission is recorded here: without this check nobody would see it any more.
create or replace function trickle_messages_state.decide(p_decision text, p_seen jsonb, p_by text)
  returns table (parked_id bigint, outcome text, tenant_id uuid)
  language plpgsql volatile security definer rows 100
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_seen record;
  v_row record;
begin
  for v_seen in
    select distinct on (x."parkedId") x."parkedId", x.attempts
      from jsonb_to_recordset(p_seen) as x ("parkedId" bigint, attempts int) order by x."parkedId", x.attempts
  loop
    parked_id := v_seen."parkedId";
    select p.state, p.attempts, p.tenant_id into v_row from trickle_messages_state.parked_messages p
      where p.parked_id = v_seen."parkedId" for update;
    tenant_id := v_row.tenant_id;
    outcome := case
      when not found then 'not-found'
      when v_row.state <> 'parked' then 'decided'
      when v_row.attempts <> v_seen.attempts then 'parked-again'
      else 'done' end;
    update trickle_messages_state.parked_messages p
      set state = case when outcome = 'done' then p_decision else p.state end,
          decided_at = case when outcome = 'done' then clock_timestamp() end,
          decided_by = case when outcome = 'done' then p_by end,
          resubmissions = p.resubmissions + (p_decision = 'resubmitted')::int
      where p.parked_id = v_seen."parkedId" and (outcome = 'done'
        or outcome = 'parked-again' and p_decision = 'resubmitted');
    return next;
  end loop;
end $$;
alter function trickle_messages_state.decide owner to trickle_owner;
grant execute on function trickle_messages_state.decide to trickle_operator;

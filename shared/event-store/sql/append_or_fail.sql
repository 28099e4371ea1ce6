-- The append in a transaction that began with lock_for_write. The client has sent COMMIT together with it, so every
-- outcome but "appended" must raise an error. Otherwise the domain's changes would be committed without their events.
-- The detail of the error is the answer of append.
create or replace function trickle_events_log.append_or_fail(
    p_tenant uuid, p_streams text[], p_stream_types text[], p_expected bigint[], p_written int,
    p_events jsonb, p_trace_parent text, p_trace_state text, p_key text, p_fingerprint bytea, p_names jsonb,
    out outcome text, out versions bigint[], out at int, out epoch uuid, out timeline text, out xid xid8,
    out result jsonb)
  language plpgsql volatile security definer
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_answer record;
begin
  v_answer := trickle_events_log.append(p_tenant, p_streams, p_stream_types, p_expected, p_written, p_events,
    p_trace_parent, p_trace_state, p_key, p_fingerprint, p_names);
  if v_answer.outcome <> 'appended' then
    raise exception 'the append of a write ended in "%"', v_answer.outcome
      using errcode = 'TK005', detail = v_answer::text;
  end if;
  select v_answer.outcome, v_answer.versions, v_answer.at, v_answer.epoch, v_answer.timeline, v_answer.xid,
      v_answer.result
    into outcome, versions, at, epoch, timeline, xid, result;
end $$;
alter function trickle_events_log.append_or_fail owner to trickle_owner;
grant execute on function trickle_events_log.append_or_fail to trickle_app;

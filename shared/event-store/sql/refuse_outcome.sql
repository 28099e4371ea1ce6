-- Ends a write whose append did not happen. COMMIT is on its way already, so without an error the domain's changes
-- would be committed without their events. p_answer: what append returned; the client reads it from the error's detail.
create or replace function trickle_events_log.refuse_outcome(p_answer text) returns boolean
  language plpgsql volatile
  as $$
begin
  raise exception 'the append of a write did not happen' using errcode = 'TK005', detail = p_answer;
end $$;
alter function trickle_events_log.refuse_outcome owner to trickle_owner;
grant execute on function trickle_events_log.refuse_outcome to trickle_app, trickle_worker;

-- Ends a write whose statement did not affect the number of rows that it must. COMMIT is on its way already, so without
-- an error the domain's other changes and its events would be committed. p_nth: which statement, from 1.
create or replace function trickle_events_log.refuse_rows(p_found bigint, p_required int, p_nth int) returns boolean
  language plpgsql volatile
  as $$
begin
  raise exception 'statement % of a write met % rows and must meet %', p_nth, p_found, p_required
    using errcode = 'TK006', detail = p_nth::text;
end $$;
alter function trickle_events_log.refuse_rows owner to trickle_owner;
grant execute on function trickle_events_log.refuse_rows to trickle_app, trickle_worker;

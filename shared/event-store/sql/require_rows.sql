-- Raises an error when a statement of a domain's write has changed another number of rows than it must. The client has
-- sent COMMIT already, so only an error can stop the write. p_nth: the number of the statement.
create or replace function trickle_events_log.require_rows(p_found bigint, p_required int, p_nth int) returns boolean
  language plpgsql volatile
  as $$
begin
  if p_found <> p_required then
    raise exception 'statement % of a write met % rows and must meet %', p_nth, p_found, p_required
      using errcode = 'TK006', detail = p_nth::text;
  end if;
  return true;
end $$;
alter function trickle_events_log.require_rows owner to trickle_owner;
grant execute on function trickle_events_log.require_rows to trickle_app;

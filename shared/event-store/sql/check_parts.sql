-- Refuses an append to several streams whose parts do not fit together: an event of a stream that is not written would
-- be lost, a condition that is missing would count as met, a name of no stream would be held by nobody.
create or replace function trickle_events_log.check_parts(
    p_streams text[], p_expected bigint[], p_written int, p_events jsonb, p_names jsonb) returns void
  language plpgsql volatile
  as $$
begin
  if cardinality(p_expected) <> cardinality(p_streams)
    or (select count(distinct u.stream_id) from unnest(p_streams) as u (stream_id)) <> cardinality(p_streams)
    or p_written not between 1 and cardinality(p_streams)
    or exists (
      select from generate_series(1, p_written) as w (s)
        full join (select distinct x.s from jsonb_to_recordset(p_events) as x (s int)) e on e.s = w.s
        where e.s is null or w.s is null)
    or exists (
      select from jsonb_to_recordset(p_names) as x (s int, set text, value text, release boolean)
        where x.s is null or x.s not between 1 and p_written or x.set is null or x.value is null or x.release is null)
    or (select count(distinct (x.set, x.value, x.release)) <> jsonb_array_length(p_names)
      from jsonb_to_recordset(p_names) as x (set text, value text, release boolean))
  then
    raise exception
      'each stream needs one expectation, each written stream an event, each event and name a written stream'
      using errcode = 'TK004';
  end if;
end $$;
alter function trickle_events_log.check_parts owner to trickle_owner;

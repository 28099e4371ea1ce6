-- Takes the locks of one append: of its streams, and of the names that it reserves or releases. So two appends that
-- want the same name wait for each other before either has a transaction id. The lock of a name is the lock of a stream
-- id that no caller can use.
create or replace function trickle_events_log.lock_append(
    p_tenant uuid, p_streams text[], p_written int, p_names jsonb) returns int[]
  language plpgsql volatile
  as $$
declare
  v_names text[] := coalesce((select array_agg(E'\x01' || x.set || E'\x01' || x.value)
    from jsonb_to_recordset(p_names) as x (set text, value text)), '{}');
  v_all int := cardinality(p_streams) + cardinality(v_names);
begin
  return trickle_events_log.lock_streams(array_fill(p_tenant, array[v_all]), p_streams || v_names,
    array_fill(false, array[p_written]) || array_fill(true, array[cardinality(p_streams) - p_written])
      || array_fill(false, array[cardinality(v_names)]));
end $$;
alter function trickle_events_log.lock_append owner to trickle_owner;

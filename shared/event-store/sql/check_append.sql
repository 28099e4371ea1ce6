-- Checks an append whose locks are held: the tenant, then each stream's head, then the names, which it changes.
-- append_several calls it before it writes, and append to find out why its stream was not written.
-- outcome: null if all is as expected; else tenant_unknown, tenant_suspended, conflict, type_mismatch, name_taken or
-- name_not_held, and then nothing was changed. at: index of the stream that is refused. versions and types: of each
-- stream, before and after the append.
create or replace function trickle_events_log.check_append(
    p_tenant uuid, p_streams text[], p_stream_types text[], p_expected bigint[], p_names jsonb, p_now timestamptz,
    out outcome text, out versions bigint[], out types text[], out at int, out result jsonb)
  language plpgsql volatile
  set plan_cache_mode = force_generic_plan
  as $$
declare
  v_status text;
  v_version bigint;
  v_type text;
begin
  select t.status into v_status from trickle_tenants_state.tenant_status(p_tenant) t;
  if v_status is distinct from 'active' then
    outcome := case when v_status is null then 'tenant_unknown' else 'tenant_suspended' end;
    return;
  end if;
  -- One look-up for each stream, by its whole key. A join with the array was planned as a scan of all the tenant's
  -- streams while statistics were stale, and then cost ten times as much as the append.
  for i in 1 .. cardinality(p_streams) loop
    select s.version, s.stream_type into v_version, v_type
      from trickle_events_log.streams s where s.tenant_id = p_tenant and s.stream_id = p_streams[i];
    versions[i] := coalesce(v_version, 0);
    types[i] := coalesce(v_type, p_stream_types[i]);
    if p_expected[i] <> -1 and p_expected[i] <> versions[i] and not (p_expected[i] = -2 and versions[i] > 0) then
      outcome := 'conflict';
      at := i;
      return;
    end if;
    if p_stream_types[i] <> types[i] then
      outcome := 'type_mismatch';
      at := i;
      result := to_jsonb(types[i]);
      return;
    end if;
  end loop;
  if p_names is not null then
    result := trickle_events_log.change_names(p_tenant, p_streams, p_names, p_now);
    outcome := result ->> 'outcome';
    at := result ->> 's';
  end if;
end $$;
alter function trickle_events_log.check_append owner to trickle_owner;

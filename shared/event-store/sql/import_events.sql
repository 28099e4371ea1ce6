-- A tenant imports into its own log.
create or replace function trickle_events_log.import_events(p_tenant uuid, p_lines json)
  returns table (n int, outcome text, code text, stream_type text)
  language plpgsql volatile security definer rows 500
  set search_path = pg_catalog, pg_temp
  as $$
begin
  perform trickle_tenants_state.bind_tenant(p_tenant);
  perform trickle_events_log.lock_lines(array[p_tenant], p_lines);
  return query select i.n, i.outcome, i.code, i.stream_type from trickle_events_log.import_lines(p_tenant, p_lines) i;
end $$;
alter function trickle_events_log.import_events owner to trickle_owner;
grant execute on function trickle_events_log.import_events to trickle_app;

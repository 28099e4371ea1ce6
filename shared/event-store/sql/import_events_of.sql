-- An operator imports for many tenants in one transaction; p_tenants are distinct. Each tenant is bound in its turn,
-- so that every row still passes the policies of its own tenant.
create or replace function trickle_events_log.import_events_of(p_tenants uuid[], p_lines json)
  returns table (n int, outcome text, code text, stream_type text)
  language plpgsql volatile security definer rows 500
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_share record;
begin
  perform trickle_events_log.lock_lines(p_tenants, p_lines);
  for v_share in
    select p_tenants[(l.line ->> 't')::int] as tenant_id, json_agg(l.line) as lines
      from json_array_elements(p_lines) as l (line) group by 1
  loop
    perform set_config('app.tenant_id', v_share.tenant_id::text, true);
    return query select i.n, i.outcome, i.code, i.stream_type
      from trickle_events_log.import_lines(v_share.tenant_id, v_share.lines) i;
  end loop;
end $$;
alter function trickle_events_log.import_events_of owner to trickle_owner;
grant execute on function trickle_events_log.import_events_of to trickle_operator;

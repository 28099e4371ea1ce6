-- The status of a tenant, for the functions of other owners: active or suspended. No row: there is no such tenant.
-- PostgreSQL inlines it into the statement that calls it, so it costs no more than reading the table there.
create or replace function trickle_tenants_state.tenant_status(p_tenant uuid) returns table (status text)
  language sql stable parallel safe rows 1
  as $$ select t.status from trickle_tenants_state.tenants t where t.tenant_id = p_tenant $$;
alter function trickle_tenants_state.tenant_status owner to trickle_owner;
grant execute on function trickle_tenants_state.tenant_status to trickle_writer;

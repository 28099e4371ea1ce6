-- Binds the tenant for the rest of the transaction. A transaction serves one tenant: binding another is refused, so
-- that no function can be used to step from one tenant into the next.
create or replace function trickle_tenants_state.bind_tenant(p_tenant uuid) returns void
  language plpgsql volatile
  as $$
declare
  v_bound text := current_setting('app.tenant_id', true);
begin
  if p_tenant is null then
    raise exception 'a tenant is required' using errcode = 'TK001';
  end if;
  if v_bound <> '' and v_bound <> p_tenant::text then
    raise exception 'this transaction belongs to another tenant' using errcode = 'TK001';
  end if;
  perform set_config('app.tenant_id', p_tenant::text, true);
end $$;
alter function trickle_tenants_state.bind_tenant owner to trickle_owner;
grant execute on function trickle_tenants_state.bind_tenant to trickle_app, trickle_worker, trickle_operator;

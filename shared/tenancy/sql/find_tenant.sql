-- Which tenant a token's claim means. Returns every match, so that a claim which names two tenants can be refused
-- instead of guessed. p_kind: id, slug, externalId or any.
create or replace function trickle_tenants_state.find_tenant(p_claim text, p_kind text)
  returns table (tenant_id uuid, slug text, name text, status text)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
    select t.tenant_id, t.slug, t.name, t.status from trickle_tenants_state.tenants t
      where p_kind in ('slug', 'any') and t.slug = trickle_tenants_state.fold_name(p_claim)
    union
    select t.tenant_id, t.slug, t.name, t.status from trickle_tenants_state.tenants t
      where p_kind in ('externalId', 'any') and t.external_id = case
        when trickle_tenants_state.is_uuid(trickle_tenants_state.fold_name(p_claim))
          then trickle_tenants_state.fold_name(p_claim)
        else p_claim end
    union
    select t.tenant_id, t.slug, t.name, t.status from trickle_tenants_state.tenants t
      where p_kind in ('id', 'any') and t.tenant_id = case
        when trickle_tenants_state.is_uuid(trickle_tenants_state.fold_name(p_claim))
          then trickle_tenants_state.fold_name(p_claim)::uuid end
  $$;
alter function trickle_tenants_state.find_tenant owner to trickle_owner;
grant execute on function trickle_tenants_state.find_tenant to trickle_app, trickle_worker, trickle_operator;

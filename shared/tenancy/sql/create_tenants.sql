-- Makes tenants; this is the only way to make one. p_tenants: [{slug, externalId, name}], slugs folded. Returns a row
-- for each, with its place n in the request. outcome: created; existing: a tenant has this slug already, and nothing is
-- changed; taken: its slug or external id (field) is a name of another tenant (holder), which has it as its held_as.
-- The caller then rolls everything back.
create or replace function trickle_tenants_state.create_tenants(p_tenants jsonb)
  returns table (n int, outcome text, tenant_id uuid, field text, holder text, held_as text)
  language plpgsql volatile security definer rows 100
  set search_path = pg_catalog, pg_temp
  as $$
declare
  v_new record;
begin
  -- One creation at a time: two that want names of each other would end in a deadlock, or in a bare unique violation.
  lock table trickle_tenants_state.tenant_names in share row exclusive mode;
  for v_new in
    select x.n, x.slug, x.external_id, x.name
      from rows from (jsonb_to_recordset(p_tenants) as (slug text, "externalId" text, name text))
      with ordinality as x (slug, external_id, name, n) order by x.n
  loop
    n := v_new.n;
    select t.tenant_id into tenant_id from trickle_tenants_state.tenants t where t.slug = v_new.slug;
    outcome := case when found then 'existing' else 'created' end;
    select case when h.name = v_new.slug then 'slug' else 'externalId' end, t.slug,
        case h.name when t.slug then 'slug' when t.id_name then 'id' else 'externalId' end
      into field, holder, held_as
      from trickle_tenants_state.tenant_names h join trickle_tenants_state.tenants t on t.tenant_id = h.tenant_id
      where h.name in (v_new.slug, trickle_tenants_state.fold_name(v_new.external_id))
        and h.tenant_id is distinct from create_tenants.tenant_id
      order by h.name <> v_new.slug limit 1;
    if found then
      outcome := 'taken';
    elsif outcome = 'created' then
      tenant_id := gen_random_uuid();
      with names as (
        insert into trickle_tenants_state.tenant_names (name, tenant_id)
          select distinct u.name, create_tenants.tenant_id
            from unnest(array[create_tenants.tenant_id::text, v_new.slug,
              trickle_tenants_state.fold_name(v_new.external_id)]) as u (name)
            where u.name is not null)
      insert into trickle_tenants_state.tenants (tenant_id, slug, external_id, name)
        values (create_tenants.tenant_id, v_new.slug, v_new.external_id, v_new.name);
    end if;
    return next;
  end loop;
end $$;
alter function trickle_tenants_state.create_tenants owner to trickle_owner;
grant execute on function trickle_tenants_state.create_tenants to trickle_operator;

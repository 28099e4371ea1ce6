-- Tenants, and the one function by which a policy learns whose rows may be seen.
set local lock_timeout = '2s';
set local statement_timeout = '60s';

create schema trickle_tenants_state;
grant usage on schema trickle_tenants_state to trickle_app, trickle_forwarder, trickle_operator;

-- After a local set_config has ended the setting is '' and not null, so a bare cast would raise.
create function trickle_tenants_state.current_tenant_id() returns uuid
  language sql stable parallel safe
  as $$ select nullif(current_setting('app.tenant_id', true), '')::uuid $$;
grant execute on function trickle_tenants_state.current_tenant_id() to trickle_app, trickle_forwarder, trickle_operator;

-- Binds the tenant for the rest of the transaction. A transaction serves one tenant: binding another is refused, so
-- that no function can be used to step from one tenant into the next.
create function trickle_tenants_state.bind_tenant(p_tenant uuid) returns void
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
grant execute on function trickle_tenants_state.bind_tenant(uuid) to trickle_app, trickle_operator;

create table trickle_tenants_state.tenants (
  tenant_id uuid not null,
  slug text collate "C" not null,
  external_id text collate "C",
  name text not null,
  status text not null default 'active',
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  constraint tenants_pkey primary key (tenant_id),
  constraint tenants_slug_key unique (slug),
  constraint tenants_external_id_key unique (external_id),
  constraint tenants_status_check check (status in ('active', 'suspended')),
  constraint tenants_slug_check check (slug ~ '^[a-z0-9][a-z0-9._-]{0,62}$')
);
alter table trickle_tenants_state.tenants enable row level security;
alter table trickle_tenants_state.tenants force row level security;
create policy tenants_owner on trickle_tenants_state.tenants for all to trickle_owner using (true) with check (true);
create policy tenants_operator on trickle_tenants_state.tenants for all to trickle_operator using (true) with check (true);
create policy tenants_app on trickle_tenants_state.tenants for select to trickle_app
  using (tenant_id = trickle_tenants_state.current_tenant_id());
grant select on trickle_tenants_state.tenants to trickle_app;
grant select, insert, update on trickle_tenants_state.tenants to trickle_operator;

-- Which tenant a token's claim means. Returns every match, so that a claim which names two tenants can be refused
-- instead of guessed. p_kind: id, slug, externalId or any.
create function trickle_tenants_state.find_tenant(p_claim text, p_kind text)
  returns table (tenant_id uuid, slug text, name text, status text)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
    select t.tenant_id, t.slug, t.name, t.status from trickle_tenants_state.tenants t
      where p_kind in ('slug', 'any') and t.slug = lower(p_claim)
    union
    select t.tenant_id, t.slug, t.name, t.status from trickle_tenants_state.tenants t
      where p_kind in ('externalId', 'any') and t.external_id = p_claim
    union
    select t.tenant_id, t.slug, t.name, t.status from trickle_tenants_state.tenants t
      where p_kind in ('id', 'any')
        and t.tenant_id = case when p_claim ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then p_claim::uuid end
  $$;
grant execute on function trickle_tenants_state.find_tenant(text, text) to trickle_app, trickle_operator;

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

-- Names of tenants are compared in ASCII: A to Z are folded and nothing else, whatever the collation of the database.
-- Any other lower() folds by Unicode, and a claim with a Kelvin sign (U+212A) for its k would mean the tenant "kiosk".
-- shared/tenancy/tenant-name.ts folds alike, and a test holds the two together.
create function trickle_tenants_state.fold_name(p_name text) returns text
  language sql immutable strict parallel safe
  as $$ select lower(p_name collate "C") $$;

create function trickle_tenants_state.is_uuid(p_name text) returns boolean
  language sql immutable strict parallel safe
  as $$ select length(p_name) = 36 and p_name ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' $$;

-- Whoever changes a tenant's status passes the checks below.
grant execute on function trickle_tenants_state.fold_name(text), trickle_tenants_state.is_uuid(text) to trickle_operator;

-- Everything that a tenant is called by: its id, its slug and its external id, folded. A name belongs to one tenant, so
-- no tenant can be made under a name that means another one, and no claim can mean two.
create table trickle_tenants_state.tenant_names (
  name text collate "C" not null,
  tenant_id uuid not null,
  constraint tenant_names_pkey primary key (name),
  constraint tenant_names_tenant_key unique (tenant_id, name),
  constraint tenant_names_name_check check (name = trickle_tenants_state.fold_name(name) and name <> '' and name !~ '[^ -~]')
);

create table trickle_tenants_state.tenants (
  tenant_id uuid not null,
  slug text collate "C" not null,
  external_id text collate "C",
  -- Id and external id as they stand among the names. The keys below see to it that no tenant lacks one of its names.
  id_name text collate "C" not null generated always as (tenant_id::text) stored,
  external_name text collate "C" generated always as (trickle_tenants_state.fold_name(external_id)) stored,
  name text not null,
  status text not null default 'active',
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  constraint tenants_pkey primary key (tenant_id),
  constraint tenants_slug_key unique (slug),
  constraint tenants_external_id_key unique (external_id),
  constraint tenants_status_check check (status in ('active', 'suspended')),
  constraint tenants_slug_check check (slug ~ '^[a-z0-9][a-z0-9._-]{0,62}$' and not trickle_tenants_state.is_uuid(slug)),
  -- A uuid is the same in upper case, as the ids of Entra tenants are; any other external id is compared as it stands.
  constraint tenants_external_id_check check (length(external_id) between 1 and 200 and external_id !~ '(^ )|[^ -~]|( $)'
    and (external_id = external_name or not trickle_tenants_state.is_uuid(external_name))),
  constraint tenants_id_name_fkey foreign key (tenant_id, id_name) references trickle_tenants_state.tenant_names (tenant_id, name),
  constraint tenants_slug_fkey foreign key (tenant_id, slug) references trickle_tenants_state.tenant_names (tenant_id, name),
  constraint tenants_external_name_fkey foreign key (tenant_id, external_name) references trickle_tenants_state.tenant_names (tenant_id, name)
);
-- Names and their tenant are written in one statement, at whose end these keys are checked.
alter table trickle_tenants_state.tenant_names add constraint tenant_names_tenant_fkey
  foreign key (tenant_id) references trickle_tenants_state.tenants (tenant_id) on delete cascade;

alter table trickle_tenants_state.tenants enable row level security;
alter table trickle_tenants_state.tenants force row level security;
alter table trickle_tenants_state.tenant_names enable row level security;
alter table trickle_tenants_state.tenant_names force row level security;
create policy tenant_names_owner on trickle_tenants_state.tenant_names for all to trickle_owner using (true) with check (true);
create policy tenants_owner on trickle_tenants_state.tenants for all to trickle_owner using (true) with check (true);
create policy tenants_operator_read on trickle_tenants_state.tenants for select to trickle_operator using (true);
create policy tenants_operator_change on trickle_tenants_state.tenants for update to trickle_operator using (true) with check (true);
create policy tenants_app on trickle_tenants_state.tenants for select to trickle_app
  using (tenant_id = trickle_tenants_state.current_tenant_id());

-- Who a tenant is never changes, for no login: another id, slug or external id would give its log to somebody else. So
-- would a tenant that is removed and made again under the old id, so no login removes one.
revoke all on trickle_tenants_state.tenants, trickle_tenants_state.tenant_names from trickle_owner, trickle_migrator;
grant select, insert, update (name, status, updated_at) on trickle_tenants_state.tenants to trickle_owner;
-- The keys between the two tables lock and remove names as the owner.
grant select, insert, update, delete on trickle_tenants_state.tenant_names to trickle_owner;
grant select on trickle_tenants_state.tenants to trickle_app;
grant select, update (name, status, updated_at) on trickle_tenants_state.tenants to trickle_operator;

-- Which tenant a token's claim means. Returns every match, so that a claim which names two tenants can be refused
-- instead of guessed. p_kind: id, slug, externalId or any.
create function trickle_tenants_state.find_tenant(p_claim text, p_kind text)
  returns table (tenant_id uuid, slug text, name text, status text)
  language sql stable security definer set search_path = pg_catalog, pg_temp
  as $$
    select t.tenant_id, t.slug, t.name, t.status from trickle_tenants_state.tenants t
      where p_kind in ('slug', 'any') and t.slug = trickle_tenants_state.fold_name(p_claim)
    union
    select t.tenant_id, t.slug, t.name, t.status from trickle_tenants_state.tenants t
      where p_kind in ('externalId', 'any') and t.external_id = case
        when trickle_tenants_state.is_uuid(trickle_tenants_state.fold_name(p_claim)) then trickle_tenants_state.fold_name(p_claim) else p_claim end
    union
    select t.tenant_id, t.slug, t.name, t.status from trickle_tenants_state.tenants t
      where p_kind in ('id', 'any') and t.tenant_id = case
        when trickle_tenants_state.is_uuid(trickle_tenants_state.fold_name(p_claim)) then trickle_tenants_state.fold_name(p_claim)::uuid end
  $$;
grant execute on function trickle_tenants_state.find_tenant(text, text) to trickle_app, trickle_operator;

-- Makes tenants, the only way to make one. p_tenants: [{slug, externalId, name}], slugs folded. Tells of each, by its place
-- n in the request, whether it is created, existing (its slug is; nothing is changed then), or taken: its slug or
-- external id (field) is a name of another tenant (holder), which knows it as held_as. The caller undoes all of it then.
create function trickle_tenants_state.create_tenants(p_tenants jsonb)
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
    select x.n, x.slug, x.external_id, x.name from rows from (jsonb_to_recordset(p_tenants) as (slug text, "externalId" text, name text))
      with ordinality as x (slug, external_id, name, n) order by x.n
  loop
    n := v_new.n;
    select t.tenant_id into tenant_id from trickle_tenants_state.tenants t where t.slug = v_new.slug;
    outcome := case when found then 'existing' else 'created' end;
    select case when h.name = v_new.slug then 'slug' else 'externalId' end, t.slug,
        case h.name when t.slug then 'slug' when t.id_name then 'id' else 'externalId' end
      into field, holder, held_as
      from trickle_tenants_state.tenant_names h join trickle_tenants_state.tenants t on t.tenant_id = h.tenant_id
      where h.name in (v_new.slug, trickle_tenants_state.fold_name(v_new.external_id)) and h.tenant_id is distinct from create_tenants.tenant_id
      order by h.name <> v_new.slug limit 1;
    if found then
      outcome := 'taken';
    elsif outcome = 'created' then
      tenant_id := gen_random_uuid();
      with names as (
        insert into trickle_tenants_state.tenant_names (name, tenant_id)
          select distinct u.name, create_tenants.tenant_id
            from unnest(array[create_tenants.tenant_id::text, v_new.slug, trickle_tenants_state.fold_name(v_new.external_id)]) as u (name)
            where u.name is not null)
      insert into trickle_tenants_state.tenants (tenant_id, slug, external_id, name)
        values (create_tenants.tenant_id, v_new.slug, v_new.external_id, v_new.name);
    end if;
    return next;
  end loop;
end $$;
grant execute on function trickle_tenants_state.create_tenants(jsonb) to trickle_operator;

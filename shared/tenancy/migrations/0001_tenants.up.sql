-- Tenants, their names, and the functions by which policies learn whose rows may be seen.
set local lock_timeout = '2s';
set local statement_timeout = '60s';

create schema trickle_tenants_state;
grant usage on schema trickle_tenants_state
  to trickle_app, trickle_worker, trickle_forwarder, trickle_operator, trickle_writer;

-- After a local set_config has ended the setting is '' and not null, so a bare cast would raise.
create function trickle_tenants_state.current_tenant_id() returns uuid
  language sql stable parallel safe
  as $$ select nullif(current_setting('app.tenant_id', true), '')::uuid $$;
grant execute on function trickle_tenants_state.current_tenant_id()
  to trickle_app, trickle_worker, trickle_forwarder, trickle_operator;

-- The tenants of the batch that is being written. The writer sees and writes rows of these only: one tenant can not be
-- bound for a statement that serves many. Policies ask for it in a subselect, so that a statement reads the setting
-- once; asked for each row it cost a batch a quarter of its time.
create function trickle_tenants_state.batch_tenants() returns uuid[]
  language sql stable parallel safe
  as $$ select nullif(current_setting('app.batch_tenants', true), '')::uuid[] $$;
grant execute on function trickle_tenants_state.batch_tenants() to trickle_writer;

-- Names of tenants are compared in ASCII: A to Z are folded and nothing else, whatever the collation of the database.
-- Any other lower() folds by Unicode, and a claim with a Kelvin sign (U+212A) for its k would mean the tenant "kiosk".
-- shared/tenancy/tenant-name.ts folds in the same way, and a test compares the two.
create function trickle_tenants_state.fold_name(p_name text) returns text
  language sql immutable strict parallel safe
  as $$ select lower(p_name collate "C") $$;

create function trickle_tenants_state.is_uuid(p_name text) returns boolean
  language sql immutable strict parallel safe
  as $$ select length(p_name) = 36 and p_name ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' $$;

-- The checks below call these functions, also when an operator changes a tenant's status.
grant execute on function trickle_tenants_state.fold_name(text), trickle_tenants_state.is_uuid(text)
  to trickle_operator;

-- Everything that a tenant is called by: its id, its slug and its external id, folded. A name belongs to one tenant, so
-- no tenant can be made under a name that means another one, and no claim can mean two.
create table trickle_tenants_state.tenant_names (
  name text collate "C" not null,
  tenant_id uuid not null,
  constraint tenant_names_pkey primary key (name),
  constraint tenant_names_tenant_key unique (tenant_id, name),
  constraint tenant_names_name_check check (
    name = trickle_tenants_state.fold_name(name) and name <> '' and name !~ '[^ -~]')
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
  constraint tenants_slug_check check (
    slug ~ '^[a-z0-9][a-z0-9._-]{0,62}$' and not trickle_tenants_state.is_uuid(slug)),
  -- A uuid is the same in upper case, as the ids of Entra tenants are; any other external id is compared as it stands.
  constraint tenants_external_id_check check (
    length(external_id) between 1 and 200 and external_id !~ '(^ )|[^ -~]|( $)'
    and (external_id = external_name or not trickle_tenants_state.is_uuid(external_name))),
  constraint tenants_id_name_fkey foreign key (tenant_id, id_name)
    references trickle_tenants_state.tenant_names (tenant_id, name),
  constraint tenants_slug_fkey foreign key (tenant_id, slug)
    references trickle_tenants_state.tenant_names (tenant_id, name),
  constraint tenants_external_name_fkey foreign key (tenant_id, external_name)
    references trickle_tenants_state.tenant_names (tenant_id, name)
);
-- Names and their tenant are written in one statement, at whose end these keys are checked.
alter table trickle_tenants_state.tenant_names add constraint tenant_names_tenant_fkey
  foreign key (tenant_id) references trickle_tenants_state.tenants (tenant_id) on delete cascade;

alter table trickle_tenants_state.tenants enable row level security;
alter table trickle_tenants_state.tenants force row level security;
alter table trickle_tenants_state.tenant_names enable row level security;
alter table trickle_tenants_state.tenant_names force row level security;
create policy tenant_names_owner on trickle_tenants_state.tenant_names for all
  to trickle_owner using (true) with check (true);
create policy tenants_owner on trickle_tenants_state.tenants for all to trickle_owner using (true) with check (true);
create policy tenants_operator_read on trickle_tenants_state.tenants for select to trickle_operator using (true);
create policy tenants_operator_change on trickle_tenants_state.tenants for update
  to trickle_operator using (true) with check (true);
create policy tenants_app on trickle_tenants_state.tenants for select to trickle_app
  using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy tenants_writer on trickle_tenants_state.tenants for select to trickle_writer
  using (tenant_id = any ((select trickle_tenants_state.batch_tenants())::uuid[]));

-- No login may change a tenant's id, slug or external id: somebody else would get its log. No login may remove a
-- tenant, either: a tenant that is made again under the old id would get the log of the removed one.
revoke all on trickle_tenants_state.tenants, trickle_tenants_state.tenant_names from trickle_owner, trickle_migrator;
grant select, insert, update (name, status, updated_at) on trickle_tenants_state.tenants to trickle_owner;
-- The foreign keys between the two tables lock and remove names with the rights of the owner.
grant select, insert, update, delete on trickle_tenants_state.tenant_names to trickle_owner;
grant select on trickle_tenants_state.tenants to trickle_app, trickle_writer;
grant select, update (name, status, updated_at) on trickle_tenants_state.tenants to trickle_operator;

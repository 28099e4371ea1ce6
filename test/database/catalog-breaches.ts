/** For each rule, statements that make an object which breaks it, and a word that the finding must hold. */
export const breaches: Readonly<Record<string, readonly (readonly [sql: string, found: string])[]>> = {
  'every object lives in a schema named trickle_{domain}_{purpose}': [
    ['create schema trickle_things', 'trickle_things'],
    ['create schema other_things_state', 'other_things_state'],
    ['create table public.made (tenant_id uuid)', 'public.made'],
    ["create function public.made() returns int language sql as 'select 1'", 'made()'],
  ],
  'every table has row-level security, enabled and forced': [
    ['create table trickle_events_log.made (tenant_id uuid not null)', 'trickle_events_log.made'],
    ['alter table trickle_events_log.events_p07 no force row level security', 'events_p07'],
    ['alter table trickle_events_log.streams disable row level security', 'streams'],
    [
      'create table trickle_events_log.events_p16 (like trickle_events_log.events); alter table trickle_events_log.events_p16 enable row level security',
      'events_p16',
    ],
  ],
  'every table has a tenant_id that can not be null, or is listed as tenantless': [
    ['create table trickle_events_log.made (id int)', 'made'],
    ['create table trickle_events_log.made (tenant_id uuid)', 'made'],
    ['create table trickle_events_log.made (tenant_id text not null)', 'made'],
  ],
  'every table listed as tenantless exists': [
    ['drop table trickle_analytics_outbox.batches cascade', 'batches'],
  ],
  'every key and exclusion of a tenant table begins with tenant_id': [
    ['create table trickle_events_log.made (tenant_id uuid not null, id int primary key)', 'made_pkey'],
    ['create unique index made on trickle_events_log.events_p00 (stream_id)', 'made'],
    [
      'create table trickle_events_log.made (tenant_id uuid not null, id int, unique (id, tenant_id))',
      'made',
    ],
  ],
  'a policy of a tenant table lets the app and the owner see and write the bound tenant only': [
    ['create policy made on trickle_events_log.events for select to trickle_app using (true)', 'made'],
    [
      'create policy made on trickle_events_log.events for select to public using (tenant_id is not null)',
      'made',
    ],
    [
      'create policy made on trickle_events_log.streams for insert to trickle_owner with check (true)',
      'made',
    ],
    [
      'create policy made on trickle_events_log.events_p03 for select to trickle_app using (version > 0)',
      'made',
    ],
  ],
  'no policy has a sub-select, save that of the writer of batches': [
    [
      'create policy made on trickle_events_log.names for select to trickle_writer, trickle_app using (tenant_id = any ((select trickle_tenants_state.batch_tenants())::uuid[]))',
      'made',
    ],
    [
      'create policy made on trickle_events_log.events for select to trickle_forwarder using (tenant_id = (select trickle_tenants_state.current_tenant_id()))',
      'made',
    ],
    [
      'create policy made on trickle_events_log.events for insert to trickle_forwarder with check (exists (select from trickle_tenants_state.tenants))',
      'made',
    ],
  ],
  'there are no triggers and no rewrite rules': [
    [
      `create function trickle_events_log.made() returns trigger language plpgsql as 'begin return new; end';
       create trigger made before insert on trickle_events_log.events for each row execute function trickle_events_log.made()`,
      'made on',
    ],
    ['create rule made as on delete to trickle_events_log.streams do instead nothing', 'made on'],
  ],
  'no foreign key crosses tenants': [
    [
      `create table trickle_events_log.made (tenant_id uuid not null, other uuid references trickle_tenants_state.tenants (tenant_id))`,
      'made_other_fkey',
    ],
  ],
  'a policy of a tenant table lets the writer see and write the tenants of its batch only': [
    ['create policy made on trickle_events_log.streams for select to trickle_writer using (true)', 'made on'],
    [
      'create policy made on trickle_events_log.names for insert to trickle_writer with check (true)',
      'made on',
    ],
  ],
  'everything belongs to trickle_owner, but for the functions of a batch': [
    ['alter function trickle_events_log.lock_class() owner to trickle_writer', 'lock_class'],
    [
      'alter function trickle_events_log.append_batch(uuid[],text[],text[],bigint[],integer[],jsonb,text[],text[],text[],bytea[],boolean[],integer[]) owner to trickle_owner',
      'append_batch',
    ],
    ['create schema trickle_made_state', 'trickle_made_state'],
    ['create table trickle_events_log.made (id int)', 'made'],
    ["create function trickle_events_log.made() returns int language sql as 'select 1'", 'made()'],
    ['alter sequence trickle_events_log.event_position owner to trickle_migrator', 'event_position'],
  ],
  'views ask as the one who reads them': [
    ['create view trickle_events_log.made as select * from trickle_events_log.events', 'made'],
    [
      'create view trickle_events_log.made with (security_invoker = false) as select * from trickle_events_log.events',
      'made',
    ],
  ],
  'no login reads a materialized view, which can have no policy': [
    [
      'create materialized view trickle_events_log.made as select * from trickle_events_log.events; grant select on trickle_events_log.made to trickle_app',
      'made by trickle_app',
    ],
  ],
  'no login touches a sequence': [
    [
      'grant usage on sequence trickle_events_log.event_position to trickle_app',
      'event_position by trickle_app',
    ],
    ['grant update on sequence trickle_events_log.event_position to trickle_operator', 'trickle_operator'],
  ],
  'nothing is granted to everybody': [
    ['grant select on trickle_events_log.epochs to public', 'epochs'],
    ['grant usage on schema trickle_analytics_outbox to public', 'trickle_analytics_outbox'],
  ],
  'no function is executable by everybody': [
    ["create function trickle_events_log.made() returns int language sql as 'select 1'", 'made()'],
    ['grant execute on function trickle_events_log.lock_key(uuid, text) to public', 'lock_key'],
  ],
  'a function that acts as its owner has a pinned search path, with temporary objects last': [
    [
      "create function trickle_events_log.made() returns int language sql security definer as 'select 1'",
      'made()',
    ],
    [
      "create function trickle_events_log.made() returns int language sql security definer set search_path = public as 'select 1'",
      'made()',
    ],
    [
      'alter function trickle_events_log.find_append(uuid, text[], jsonb) set search_path = pg_catalog',
      'find_append',
    ],
  ],
  'every function that the app can execute takes p_tenant uuid first, or is listed': [
    [made('p_stream text', 'select 1'), 'made(text)'],
    [made('p_stream text, p_tenant uuid', 'select 1'), 'made(text,uuid)'],
    [made('p_tenant text', 'select 1'), 'made(text)'],
    [
      'grant execute on function trickle_events_log.import_events_of(uuid[], json) to trickle_app',
      'import_events_of',
    ],
  ],
  'every function listed as tenantless exists': [
    ['drop function trickle_events_log.current_epoch()', 'current_epoch'],
  ],
  'no function that the app can execute takes a tenant, or several, in another argument': [
    [made('p_tenant uuid, p_other_tenant uuid', 'select 1'), 'made(uuid,uuid)'],
    [made('p_tenant uuid, p_of text, p_tenant_slug text', 'select 1'), 'made(uuid,text,text)'],
    [made('p_tenant uuid, p_more uuid[]', 'select 1'), 'made(uuid,uuid[])'],
  ],
  'no function that the app can execute reads a setting that could name another tenant': [
    [made('p_tenant uuid', "select length(current_setting(''app.acting_for'', true))"), 'app.acting_for'],
    [made('p_tenant uuid', 'select length(current_setting( $1::text ))'), 'made(uuid)'],
  ],
  'names are folded by fold_name and by nothing else': [
    [made('p_tenant uuid', "select length(lower(''A''))"), 'made(uuid)'],
    [made('p_tenant uuid', "select 1 where ''A'' ~* ''a''"), 'made(uuid)'],
    [
      mutated('trickle_tenants_state.find_tenant', 'trickle_tenants_state.fold_name(', 'lower('),
      'find_tenant',
    ],
    [
      'alter table trickle_tenants_state.tenants add constraint made check (lower(slug) = slug)',
      'lower(slug',
    ],
    [
      "create policy made on trickle_tenants_state.tenants for select to trickle_app using (slug ~* 'a')",
      'made',
    ],
  ],
  'every function with p_tenant refuses a transaction of another tenant': [
    [mutated('trickle_tenants_state.bind_tenant', 'v_bound <> p_tenant::text', 'false'), 'stream_info'],
    [mutated('trickle_events_log.append', 'p_tenant::text <> ', 'p_tenant::text = '), 'append('],
    [
      made('p_tenant uuid', 'select count(*)::int from trickle_events_log.events where tenant_id = p_tenant'),
      'made(uuid)',
    ],
    [
      `create function trickle_events_log.made(p_tenant uuid) returns int language plpgsql strict
        as 'begin perform set_config(''app.tenant_id'', p_tenant::text, true); return 1; end';
       grant execute on function trickle_events_log.made(uuid) to trickle_app`,
      'made(uuid)',
    ],
  ],
}

/** The function without a piece of its body. */
function mutated(name: string, piece: string, replacement: string): string {
  return `do $mutate$ begin execute replace(pg_get_functiondef('${name}'::regproc), '${piece}', '${replacement}'); end $mutate$`
}

function made(parameters: string, body: string): string {
  const types = parameters.replaceAll(/p_\w+ /g, '')
  return `create function trickle_events_log.made(${parameters}) returns int language sql as '${body}';
    revoke all on function trickle_events_log.made(${types}) from public;
    grant execute on function trickle_events_log.made(${types}) to trickle_app`
}

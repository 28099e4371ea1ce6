-- The log: streams (heads), names, events, receipts of writes, and the epochs of the log's life.
set local lock_timeout = '2s';
set local statement_timeout = '60s';

create schema trickle_events_log;
create schema trickle_commands_log;
grant usage on schema trickle_events_log to trickle_app, trickle_forwarder, trickle_operator;
grant usage on schema trickle_commands_log to trickle_app, trickle_forwarder, trickle_operator;

-- One row for each life of the log. Checkpoints and tokens name the epoch in which they were made; after a restore a
-- new one begins at (began_xid, began_position), the point up to which what was read before still holds.
create table trickle_events_log.epochs (
  ordinal int not null generated always as identity,
  epoch uuid not null default gen_random_uuid(),
  began_xid xid8 not null default '0',
  began_position bigint not null default 0,
  reason text not null,
  began_at timestamptz not null default clock_timestamp(),
  constraint epochs_pkey primary key (ordinal),
  constraint epochs_epoch_key unique (epoch)
);

create table trickle_events_log.streams (
  tenant_id uuid not null,
  stream_id text collate "C" not null,
  stream_type text collate "C",
  version bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint streams_pkey primary key (tenant_id, stream_id)
) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);

-- Names that a stream of the tenant holds, one holder at a time: an account's e-mail address, say. A row goes when the
-- name is released, so nothing of it stays but the events.
create table trickle_events_log.names (
  tenant_id uuid not null,
  name_set text collate "C" not null,
  value text collate "C" not null,
  stream_id text collate "C" not null,
  reserved_at timestamptz not null,
  constraint names_pkey primary key (tenant_id, name_set, value)
) with (autovacuum_vacuum_scale_factor = 0.05);

-- What an event may hold, whoever writes it. These are domains and not one check of the table: a check is parsed and planned
-- anew for each statement, and that of the time alone cost an append a twentieth of the server's CPU; what a domain demands
-- is kept with the plan, and all of these together cost two hundredths. `~ '^[...]{1,255}$'` would cost half an append.
-- The instants that ADX, .NET and a reader of four digits know; an infinite time is none of them.
create domain trickle_events_log.event_time as timestamptz
  constraint event_time_range check (value >= '0001-01-01 00:00:00+00' and value < '10000-01-01 00:00:00+00');
create domain trickle_events_log.event_stream as text collate "C"
  constraint event_stream_form check (octet_length(value) <= 255 and value !~ '[^A-Za-z0-9._:~-]|^[.]?[.]?$');
-- 255 characters of four bytes. Two of them and a tenant fit into an entry of an index.
create domain trickle_events_log.event_name as text collate "C"
  constraint event_name_length check (octet_length(value) <= 1020);

create sequence trickle_events_log.event_position;
grant usage on sequence trickle_events_log.event_position to trickle_writer;

create table trickle_events_log.events (
  tenant_id uuid not null,
  stream_id trickle_events_log.event_stream not null,
  version bigint not null,
  xid xid8 not null default pg_current_xact_id(),
  position bigint not null default nextval('trickle_events_log.event_position'),
  source trickle_events_log.event_name not null default '',
  event_id trickle_events_log.event_name not null,
  type trickle_events_log.event_name not null,
  stream_type text collate "C",
  schema_version int not null default 1,
  occurred_at trickle_events_log.event_time not null,
  recorded_at timestamptz not null,
  data jsonb not null,
  metadata jsonb,
  trace_parent text,
  trace_state text,
  correlation_id text,
  causation_id text,
  -- Reference to the key of the person whom the event is about, for erasure by deleting that key.
  subject_key text,
  constraint events_pkey primary key (tenant_id, stream_id, version),
  constraint events_event_id_key unique (tenant_id, source, event_id)
) partition by hash (tenant_id);
create index events_tenant_feed on trickle_events_log.events (tenant_id, xid, position);
create index events_feed on trickle_events_log.events (xid, position);

-- The first answer to a write that carried an idempotency key. status and result are what the client was told.
create table trickle_commands_log.receipts (
  tenant_id uuid not null,
  key text collate "C" not null,
  fingerprint bytea not null,
  status int not null,
  result jsonb not null,
  xid xid8 not null default pg_current_xact_id(),
  created_at timestamptz not null default clock_timestamp(),
  constraint receipts_pkey primary key (tenant_id, key)
) partition by hash (tenant_id);
create index receipts_created_at on trickle_commands_log.receipts using brin (created_at);

-- 16 partitions from the first day: they can't be added later at low cost. Heads and names are small and stay whole,
-- since a partitioned upsert costs an append a tenth more of the server. Each partition is a table of its own, so
-- row-level security is forced on each, or a query on the partition would go past it.
do $$
declare
  v_parent record;
  v_name text;
begin
  for v_parent in select * from (values
      ('trickle_events_log', 'events', 'with (autovacuum_vacuum_insert_scale_factor = 0.05)'),
      ('trickle_commands_log', 'receipts', 'with (autovacuum_vacuum_scale_factor = 0.05)')) as p (schema_name, table_name, options)
  loop
    for v_remainder in 0 .. 15 loop
      v_name := v_parent.table_name || '_p' || lpad(v_remainder::text, 2, '0');
      execute format('create table %I.%I partition of %I.%I for values with (modulus 16, remainder %s) %s',
        v_parent.schema_name, v_name, v_parent.schema_name, v_parent.table_name, v_remainder, v_parent.options);
      execute format('alter table %I.%I enable row level security', v_parent.schema_name, v_name);
      execute format('alter table %I.%I force row level security', v_parent.schema_name, v_name);
      -- Nobody works on a partition by its own name, and nobody at all changes or removes what was recorded.
      execute format('revoke all on %I.%I from trickle_owner, trickle_migrator', v_parent.schema_name, v_name);
    end loop;
  end loop;
  for v_parent in select * from (values ('trickle_events_log', 'streams'), ('trickle_events_log', 'names'),
      ('trickle_events_log', 'events'), ('trickle_commands_log', 'receipts')) as t (schema_name, table_name)
  loop
    execute format('alter table %I.%I enable row level security', v_parent.schema_name, v_parent.table_name);
    execute format('alter table %I.%I force row level security', v_parent.schema_name, v_parent.table_name);
    execute format('create policy %I on %I.%I for select to trickle_app using (tenant_id = trickle_tenants_state.current_tenant_id())',
      v_parent.table_name || '_app', v_parent.schema_name, v_parent.table_name);
  end loop;
end $$;
alter table trickle_events_log.epochs enable row level security;
alter table trickle_events_log.epochs force row level security;
create policy epochs_read on trickle_events_log.epochs for select
  to trickle_owner, trickle_app, trickle_forwarder, trickle_operator using (true);
create policy epochs_begin on trickle_events_log.epochs for insert to trickle_owner with check (true);

-- The owner writes only by way of the functions, one bound tenant at a time, and never changes an event.
create policy streams_read on trickle_events_log.streams for select to trickle_owner using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy streams_begin on trickle_events_log.streams for insert to trickle_owner with check (tenant_id = trickle_tenants_state.current_tenant_id());
create policy streams_advance on trickle_events_log.streams for update to trickle_owner
  using (tenant_id = trickle_tenants_state.current_tenant_id()) with check (tenant_id = trickle_tenants_state.current_tenant_id());
create policy names_read on trickle_events_log.names for select to trickle_owner using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy names_reserve on trickle_events_log.names for insert to trickle_owner with check (tenant_id = trickle_tenants_state.current_tenant_id());
create policy names_release on trickle_events_log.names for delete to trickle_owner using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy events_read on trickle_events_log.events for select to trickle_owner using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy events_append on trickle_events_log.events for insert to trickle_owner with check (tenant_id = trickle_tenants_state.current_tenant_id());
create policy events_forwarder on trickle_events_log.events for select to trickle_forwarder using (true);
create policy streams_forwarder on trickle_events_log.streams for select to trickle_forwarder using (true);
create policy receipts_read on trickle_commands_log.receipts for select to trickle_owner using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy receipts_record on trickle_commands_log.receipts for insert to trickle_owner with check (tenant_id = trickle_tenants_state.current_tenant_id());
-- Operators act for no tenant; their receipts stand under the nil uuid.
create policy receipts_platform_read on trickle_commands_log.receipts for select to trickle_operator using (tenant_id = '00000000-0000-0000-0000-000000000000');
create policy receipts_platform_record on trickle_commands_log.receipts for insert to trickle_operator with check (tenant_id = '00000000-0000-0000-0000-000000000000');

insert into trickle_events_log.epochs (reason) values ('the log begins');

revoke all on trickle_events_log.epochs, trickle_events_log.streams, trickle_events_log.names, trickle_events_log.events,
    trickle_commands_log.receipts
  from trickle_owner, trickle_migrator;
grant select, insert on trickle_events_log.epochs, trickle_events_log.events, trickle_commands_log.receipts to trickle_owner;
grant select, insert, update on trickle_events_log.streams to trickle_owner;
grant select, insert, delete on trickle_events_log.names to trickle_owner;
grant select on trickle_events_log.epochs to trickle_app, trickle_forwarder, trickle_operator;
grant select on trickle_events_log.streams, trickle_events_log.events to trickle_app, trickle_forwarder;
grant select on trickle_events_log.names to trickle_app;
grant select on trickle_commands_log.receipts to trickle_app;
grant select, insert on trickle_commands_log.receipts to trickle_operator;

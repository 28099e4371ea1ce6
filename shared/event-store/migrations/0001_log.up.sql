-- The log: streams (heads), names, events, the epochs of the log's life, and the keys that seal tokens.
set local lock_timeout = '2s';
set local statement_timeout = '60s';

create schema trickle_events_log;
grant usage on schema trickle_events_log
  to trickle_app, trickle_worker, trickle_forwarder, trickle_operator, trickle_writer;

-- One row for each epoch, a life of the log. Checkpoints and tokens name the epoch in which they were made. After a
-- restore a new epoch begins at (began_xid, began_position): what was read up to this point is still in the log.
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

-- The limits of an event's columns, whichever function writes it. They are domains and not one check of the table. A
-- check is parsed and planned again for each statement: the check of the time alone cost an append 5 % of the server's
-- CPU. The constraint of a domain is kept with the plan: all of these together cost less than 3 %. The pattern
-- `~ '^[...]{1,255}$'` would cost 55 %.
-- The years 1 to 9999: ADX, .NET and readers of four-digit years know no others. An infinite time is refused too.
create domain trickle_events_log.event_time as timestamptz
  constraint event_time_range check (value >= '0001-01-01 00:00:00+00' and value < '10000-01-01 00:00:00+00');
create domain trickle_events_log.event_stream as text collate "C"
  constraint event_stream_form check (octet_length(value) <= 255 and value !~ '[^A-Za-z0-9._:~-]|^[.]?[.]?$');
-- 255 characters of at most four bytes. Two such names and a tenant's id fit into one index entry.
create domain trickle_events_log.event_name as text collate "C"
  constraint event_name_length check (octet_length(value) <= 1020);

-- Its columns need no domains: every write to a stream also writes an event of the stream, whose columns are checked.
create table trickle_events_log.streams (
  tenant_id uuid not null,
  stream_id text collate "C" not null,
  stream_type text collate "C",
  version bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint streams_pkey primary key (tenant_id, stream_id)
) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05);

-- Names that a stream of the tenant holds, such as an account's e-mail address. A name has one holder at a time. Its
-- row is deleted when the name is released; after that only events may still contain the name.
create table trickle_events_log.names (
  tenant_id uuid not null,
  name_set trickle_events_log.event_name not null,
  value trickle_events_log.event_name not null,
  stream_id text collate "C" not null,
  reserved_at timestamptz not null,
  constraint names_pkey primary key (tenant_id, name_set, value)
) with (autovacuum_vacuum_scale_factor = 0.05);

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

-- 16 partitions from the beginning, since it would be expensive to add them later. Streams and names are small and not
-- partitioned: a partitioned upsert costs the server a tenth more for each append. Row-level security is forced on each
-- partition too. Otherwise a query on the partition itself would bypass it.
do $$
declare
  v_name text;
begin
  for v_remainder in 0 .. 15 loop
    v_name := 'events_p' || lpad(v_remainder::text, 2, '0');
    execute format('create table trickle_events_log.%I partition of trickle_events_log.events
        for values with (modulus 16, remainder %s) with (autovacuum_vacuum_insert_scale_factor = 0.05)',
      v_name, v_remainder);
    execute format('alter table trickle_events_log.%I enable row level security', v_name);
    execute format('alter table trickle_events_log.%I force row level security', v_name);
    -- No login uses a partition by its own name.
    execute format('revoke all on trickle_events_log.%I from trickle_owner, trickle_migrator', v_name);
  end loop;
end $$;

alter table trickle_events_log.epochs enable row level security;
alter table trickle_events_log.epochs force row level security;
create policy epochs_read on trickle_events_log.epochs for select
  to trickle_owner, trickle_app, trickle_worker, trickle_forwarder, trickle_operator using (true);
create policy epochs_begin on trickle_events_log.epochs for insert to trickle_owner with check (true);
create policy epochs_writer on trickle_events_log.epochs for select to trickle_writer using (true);

-- The owner writes only through the functions, for one bound tenant at a time, and never changes an event. The writer
-- does the same for the tenants of a batch. The worker and the forwarder read the log of all tenants.
alter table trickle_events_log.streams enable row level security;
alter table trickle_events_log.streams force row level security;
create policy streams_app on trickle_events_log.streams for select to trickle_app
  using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy streams_read on trickle_events_log.streams for select to trickle_owner
  using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy streams_begin on trickle_events_log.streams for insert to trickle_owner
  with check (tenant_id = trickle_tenants_state.current_tenant_id());
create policy streams_advance on trickle_events_log.streams for update to trickle_owner
  using (tenant_id = trickle_tenants_state.current_tenant_id())
  with check (tenant_id = trickle_tenants_state.current_tenant_id());
create policy streams_writer_read on trickle_events_log.streams for select to trickle_writer
  using (tenant_id = any ((select trickle_tenants_state.batch_tenants())::uuid[]));
create policy streams_writer_begin on trickle_events_log.streams for insert to trickle_writer
  with check (tenant_id = any ((select trickle_tenants_state.batch_tenants())::uuid[]));
create policy streams_writer_advance on trickle_events_log.streams for update to trickle_writer
  using (tenant_id = any ((select trickle_tenants_state.batch_tenants())::uuid[]))
  with check (tenant_id = any ((select trickle_tenants_state.batch_tenants())::uuid[]));
create policy streams_forwarder on trickle_events_log.streams for select to trickle_forwarder using (true);

alter table trickle_events_log.names enable row level security;
alter table trickle_events_log.names force row level security;
create policy names_app on trickle_events_log.names for select to trickle_app
  using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy names_read on trickle_events_log.names for select to trickle_owner
  using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy names_reserve on trickle_events_log.names for insert to trickle_owner
  with check (tenant_id = trickle_tenants_state.current_tenant_id());
create policy names_release on trickle_events_log.names for delete to trickle_owner
  using (tenant_id = trickle_tenants_state.current_tenant_id());

alter table trickle_events_log.events enable row level security;
alter table trickle_events_log.events force row level security;
create policy events_app on trickle_events_log.events for select to trickle_app
  using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy events_read on trickle_events_log.events for select to trickle_owner
  using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy events_append on trickle_events_log.events for insert to trickle_owner
  with check (tenant_id = trickle_tenants_state.current_tenant_id());
create policy events_writer_read on trickle_events_log.events for select to trickle_writer
  using (tenant_id = any ((select trickle_tenants_state.batch_tenants())::uuid[]));
create policy events_writer_append on trickle_events_log.events for insert to trickle_writer
  with check (tenant_id = any ((select trickle_tenants_state.batch_tenants())::uuid[]));
create policy events_background on trickle_events_log.events for select
  to trickle_worker, trickle_forwarder using (true);
create policy events_operator on trickle_events_log.events for select to trickle_operator using (true);

insert into trickle_events_log.epochs (reason) values ('the log begins');

-- No role, not even the owner, may change or delete events or epochs.
revoke all on trickle_events_log.epochs, trickle_events_log.streams, trickle_events_log.names, trickle_events_log.events
  from trickle_owner, trickle_migrator;
grant select, insert on trickle_events_log.epochs, trickle_events_log.events to trickle_owner;
grant select, insert, update on trickle_events_log.streams to trickle_owner, trickle_writer;
grant select, insert, delete on trickle_events_log.names to trickle_owner;
grant select on trickle_events_log.epochs
  to trickle_app, trickle_worker, trickle_forwarder, trickle_operator, trickle_writer;
grant select on trickle_events_log.streams, trickle_events_log.events to trickle_app, trickle_forwarder;
grant select on trickle_events_log.events to trickle_worker;
grant select, insert on trickle_events_log.events to trickle_writer;
grant select on trickle_events_log.names to trickle_app;
-- An operator sees the position, the type and the time of recording of all tenants' events, but never their content.
grant select (tenant_id, stream_id, xid, position, type, stream_type, recorded_at) on trickle_events_log.events
  to trickle_operator;

-- The keys that seal tokens. A token holds a transaction id and a position, which count the writes of all tenants.
-- Without the seal, a tenant could compare two of its own tokens and learn how much the other tenants write.
-- One key seals, all keys open. A new key waits before it seals, so that every instance has the key by then.
create table trickle_events_log.seal_keys (
  -- It is in the clear part of a token. Random and not a counter, so that a token of another database is recognised.
  key_id text collate "C" not null default left(gen_random_uuid()::text, 8),
  -- A random uuid has 122 bits that can't be guessed, so three of them are enough for the 256 bits of a key.
  secret bytea not null
    default sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
  seals_from timestamptz not null default clock_timestamp(),
  reason text not null,
  added_at timestamptz not null default clock_timestamp(),
  constraint seal_keys_pkey primary key (key_id),
  constraint seal_keys_key_id_check check (key_id ~ '^[0-9a-f]{8}$'),
  constraint seal_keys_secret_check check (octet_length(secret) = 32)
);
alter table trickle_events_log.seal_keys enable row level security;
alter table trickle_events_log.seal_keys force row level security;
create policy seal_keys_owner_read on trickle_events_log.seal_keys for select to trickle_owner using (true);
create policy seal_keys_owner_add on trickle_events_log.seal_keys for insert to trickle_owner with check (true);
create policy seal_keys_owner_remove on trickle_events_log.seal_keys for delete to trickle_owner using (true);
insert into trickle_events_log.seal_keys (reason) values ('the log begins');
revoke all on trickle_events_log.seal_keys from trickle_owner, trickle_migrator;
grant select, insert, delete on trickle_events_log.seal_keys to trickle_owner;

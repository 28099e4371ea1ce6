-- The schema as the migrations and the functions of every owner make it. "npm run generate:schema" writes this page
-- from a migrated database, and a test holds it: its diff shows what a change does to the database. Nothing runs it.
-- Of a function it has what callers see, and a checksum of the body, which stands in a file of the owner's sql/.

create schema trickle_analytics_outbox authorization trickle_owner;
grant usage on schema trickle_analytics_outbox to trickle_forwarder, trickle_operator;

create table trickle_analytics_outbox.batches (
  batch_id uuid not null,
  subscription text collate "C" not null,
  epoch uuid not null,
  generation integer not null,
  from_xid xid8 not null,
  from_position bigint not null,
  to_xid xid8 not null,
  to_position bigint not null,
  event_count integer not null,
  byte_count bigint not null,
  content_hash bytea not null,
  blob_name text not null,
  tag text not null,
  state text not null default 'sealed'::text,
  attempts integer not null default 0,
  sealed_at timestamp with time zone not null default clock_timestamp(),
  sent_at timestamp with time zone,
  error text,
  constraint batches_pkey PRIMARY KEY (batch_id),
  constraint batches_range_key UNIQUE (subscription, epoch, generation, from_xid, from_position),
  constraint batches_state_check CHECK ((state = ANY (ARRAY['sealed'::text, 'sent'::text, 'abandoned'::text])))
);
CREATE UNIQUE INDEX batches_open ON trickle_analytics_outbox.batches USING btree (subscription) WHERE (state = 'sealed'::text);
-- owner trickle_owner, row-level security forced
create policy batches_forwarder on trickle_analytics_outbox.batches for select to trickle_forwarder
  using (true);
create policy batches_operator on trickle_analytics_outbox.batches for select to trickle_operator
  using (true);
create policy batches_owner on trickle_analytics_outbox.batches for all to trickle_owner
  using (true)
  with check (true);
grant delete, insert, maintain, references, select, trigger, truncate, update on trickle_analytics_outbox.batches to trickle_owner;
grant select on trickle_analytics_outbox.batches to trickle_forwarder, trickle_operator;

create function trickle_analytics_outbox.begin_attempt(p_batch_id uuid)
  returns integer
  language sql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body ce1082aeae933c9194770376a12e308e
grant execute on function trickle_analytics_outbox.begin_attempt to trickle_forwarder;

create function trickle_analytics_outbox.complete(p_fence bigint, p_batch_id uuid, p_lease_ms integer)
  returns boolean
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body e3bd9eacc415262bbffef005589fb562
grant execute on function trickle_analytics_outbox.complete to trickle_forwarder;

create function trickle_analytics_outbox.open_batch(p_subscription text, p_generation integer)
  returns TABLE(batch_id uuid, subscription text, epoch uuid, from_xid xid8, from_position bigint, to_xid xid8, to_position bigint, event_count integer, byte_count bigint, content_hash bytea, blob_name text, tag text)
  language plpgsql volatile security definer rows 1
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body 2381722ad8ca8d123c3b11a43e491a80
grant execute on function trickle_analytics_outbox.open_batch to trickle_forwarder;

create function trickle_analytics_outbox.seal(p_fence bigint, p_batch_id uuid, p_subscription text, p_epoch uuid, p_from_xid xid8, p_from_position bigint, p_to_xid xid8, p_to_position bigint, p_event_count integer, p_byte_count bigint, p_content_hash bytea, p_blob_name text, p_tag text)
  returns boolean
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body 26aa851b9b6e6f070914b38cf1f14cff
grant execute on function trickle_analytics_outbox.seal to trickle_forwarder;

create schema trickle_commands_log authorization trickle_owner;
grant usage on schema trickle_commands_log to trickle_app, trickle_forwarder, trickle_operator, trickle_worker, trickle_writer;

create table trickle_commands_log.receipts (
  tenant_id uuid not null,
  key text collate "C" not null,
  fingerprint bytea not null,
  status integer not null,
  result jsonb not null,
  xid xid8 not null default pg_current_xact_id(),
  created_at timestamp with time zone not null default clock_timestamp(),
  constraint receipts_pkey PRIMARY KEY (tenant_id, key)
) partition by HASH (tenant_id);
-- 16 partitions FOR VALUES WITH (modulus 16, remainder n) with (autovacuum_vacuum_scale_factor=0.05), row-level security forced
CREATE INDEX receipts_created_at ON ONLY trickle_commands_log.receipts USING brin (created_at);
-- owner trickle_owner, row-level security forced
create policy receipts_app on trickle_commands_log.receipts for select to trickle_app
  using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy receipts_platform_read on trickle_commands_log.receipts for select to trickle_operator
  using (tenant_id = '00000000-0000-0000-0000-000000000000'::uuid);
create policy receipts_platform_record on trickle_commands_log.receipts for insert to trickle_operator
  with check (tenant_id = '00000000-0000-0000-0000-000000000000'::uuid);
create policy receipts_read on trickle_commands_log.receipts for select to trickle_owner
  using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy receipts_record on trickle_commands_log.receipts for insert to trickle_owner
  with check (tenant_id = trickle_tenants_state.current_tenant_id());
create policy receipts_worker on trickle_commands_log.receipts for select to trickle_worker
  using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy receipts_writer_read on trickle_commands_log.receipts for select to trickle_writer
  using (tenant_id = ANY (( SELECT trickle_tenants_state.batch_tenants() AS batch_tenants)::uuid[]));
create policy receipts_writer_record on trickle_commands_log.receipts for insert to trickle_writer
  with check (tenant_id = ANY (( SELECT trickle_tenants_state.batch_tenants() AS batch_tenants)::uuid[]));
grant insert, select on trickle_commands_log.receipts to trickle_operator, trickle_owner, trickle_writer;
grant select on trickle_commands_log.receipts to trickle_app, trickle_worker;

create function trickle_commands_log.find_receipt(p_tenant uuid, p_key text)
  returns TABLE(fingerprint bytea, result jsonb, xid xid8)
  language sql stable parallel safe rows 1;
-- owner trickle_owner, body 3c830b8a2e62adcb061be35f230bfe2d
grant execute on function trickle_commands_log.find_receipt to trickle_writer;

create schema trickle_events_log authorization trickle_owner;
grant usage on schema trickle_events_log to trickle_app, trickle_forwarder, trickle_operator, trickle_worker, trickle_writer;

create domain trickle_events_log.event_name as text collate "C"
  constraint event_name_length CHECK ((octet_length(VALUE) <= 1020));

create domain trickle_events_log.event_stream as text collate "C"
  constraint event_stream_form CHECK (((octet_length(VALUE) <= 255) AND (VALUE !~ '[^A-Za-z0-9._:~-]|^[.]?[.]?$'::text)));

create domain trickle_events_log.event_time as timestamp with time zone
  constraint event_time_range CHECK (((VALUE >= '0001-01-01 00:00:00+00'::timestamp with time zone) AND (VALUE < '10000-01-01 00:00:00+00'::timestamp with time zone)));

create sequence trickle_events_log.event_position;
grant usage on sequence trickle_events_log.event_position to trickle_writer;

create table trickle_events_log.epochs (
  ordinal integer not null generated always as identity,
  epoch uuid not null default gen_random_uuid(),
  began_xid xid8 not null default '0'::xid8,
  began_position bigint not null default 0,
  reason text not null,
  began_at timestamp with time zone not null default clock_timestamp(),
  constraint epochs_epoch_key UNIQUE (epoch),
  constraint epochs_pkey PRIMARY KEY (ordinal)
);
-- owner trickle_owner, row-level security forced
create policy epochs_begin on trickle_events_log.epochs for insert to trickle_owner
  with check (true);
create policy epochs_read on trickle_events_log.epochs for select to trickle_app, trickle_forwarder, trickle_operator, trickle_owner, trickle_worker
  using (true);
create policy epochs_writer on trickle_events_log.epochs for select to trickle_writer
  using (true);
grant insert, select on trickle_events_log.epochs to trickle_owner;
grant select on trickle_events_log.epochs to trickle_app, trickle_forwarder, trickle_operator, trickle_worker, trickle_writer;

create table trickle_events_log.events (
  tenant_id uuid not null,
  stream_id trickle_events_log.event_stream not null,
  version bigint not null,
  xid xid8 not null default pg_current_xact_id(),
  position bigint not null default nextval('trickle_events_log.event_position'::regclass),
  source trickle_events_log.event_name not null default ''::text,
  event_id trickle_events_log.event_name not null,
  type trickle_events_log.event_name not null,
  stream_type text collate "C",
  schema_version integer not null default 1,
  occurred_at trickle_events_log.event_time not null,
  recorded_at timestamp with time zone not null,
  data jsonb not null,
  metadata jsonb,
  trace_parent text,
  trace_state text,
  correlation_id text,
  causation_id text,
  subject_key text,
  constraint events_event_id_key UNIQUE (tenant_id, source, event_id),
  constraint events_pkey PRIMARY KEY (tenant_id, stream_id, version)
) partition by HASH (tenant_id);
-- 16 partitions FOR VALUES WITH (modulus 16, remainder n) with (autovacuum_vacuum_insert_scale_factor=0.05), row-level security forced
CREATE INDEX events_feed ON ONLY trickle_events_log.events USING btree (xid, "position");
CREATE INDEX events_tenant_feed ON ONLY trickle_events_log.events USING btree (tenant_id, xid, "position");
-- owner trickle_owner, row-level security forced
create policy events_app on trickle_events_log.events for select to trickle_app
  using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy events_append on trickle_events_log.events for insert to trickle_owner
  with check (tenant_id = trickle_tenants_state.current_tenant_id());
create policy events_background on trickle_events_log.events for select to trickle_forwarder, trickle_worker
  using (true);
create policy events_operator on trickle_events_log.events for select to trickle_operator
  using (true);
create policy events_read on trickle_events_log.events for select to trickle_owner
  using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy events_writer_append on trickle_events_log.events for insert to trickle_writer
  with check (tenant_id = ANY (( SELECT trickle_tenants_state.batch_tenants() AS batch_tenants)::uuid[]));
create policy events_writer_read on trickle_events_log.events for select to trickle_writer
  using (tenant_id = ANY (( SELECT trickle_tenants_state.batch_tenants() AS batch_tenants)::uuid[]));
grant insert, select on trickle_events_log.events to trickle_owner, trickle_writer;
grant select on trickle_events_log.events to trickle_app, trickle_forwarder, trickle_worker;
grant select (position, recorded_at, stream_id, stream_type, tenant_id, type, xid) on trickle_events_log.events to trickle_operator;

create table trickle_events_log.names (
  tenant_id uuid not null,
  name_set trickle_events_log.event_name not null,
  value trickle_events_log.event_name not null,
  stream_id text collate "C" not null,
  reserved_at timestamp with time zone not null,
  constraint names_pkey PRIMARY KEY (tenant_id, name_set, value)
) with (autovacuum_vacuum_scale_factor=0.05);
-- owner trickle_owner, row-level security forced
create policy names_app on trickle_events_log.names for select to trickle_app
  using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy names_read on trickle_events_log.names for select to trickle_owner
  using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy names_release on trickle_events_log.names for delete to trickle_owner
  using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy names_reserve on trickle_events_log.names for insert to trickle_owner
  with check (tenant_id = trickle_tenants_state.current_tenant_id());
create policy names_worker on trickle_events_log.names for select to trickle_worker
  using (tenant_id = trickle_tenants_state.current_tenant_id());
grant delete, insert, select on trickle_events_log.names to trickle_owner;
grant select on trickle_events_log.names to trickle_app, trickle_worker;

create table trickle_events_log.seal_keys (
  key_id text collate "C" not null default "left"((gen_random_uuid())::text, 8),
  secret bytea not null default sha256(((uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) || uuid_send(gen_random_uuid()))),
  seals_from timestamp with time zone not null default clock_timestamp(),
  reason text not null,
  added_at timestamp with time zone not null default clock_timestamp(),
  constraint seal_keys_key_id_check CHECK ((key_id ~ '^[0-9a-f]{8}$'::text)),
  constraint seal_keys_pkey PRIMARY KEY (key_id),
  constraint seal_keys_secret_check CHECK ((octet_length(secret) = 32))
);
-- owner trickle_owner, row-level security forced
create policy seal_keys_owner_add on trickle_events_log.seal_keys for insert to trickle_owner
  with check (true);
create policy seal_keys_owner_read on trickle_events_log.seal_keys for select to trickle_owner
  using (true);
create policy seal_keys_owner_remove on trickle_events_log.seal_keys for delete to trickle_owner
  using (true);
grant delete, insert, select on trickle_events_log.seal_keys to trickle_owner;

create table trickle_events_log.streams (
  tenant_id uuid not null,
  stream_id text collate "C" not null,
  stream_type text collate "C",
  version bigint not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  constraint streams_pkey PRIMARY KEY (tenant_id, stream_id)
) with (autovacuum_vacuum_scale_factor=0.05, fillfactor=85);
-- owner trickle_owner, row-level security forced
create policy streams_advance on trickle_events_log.streams for update to trickle_owner
  using (tenant_id = trickle_tenants_state.current_tenant_id())
  with check (tenant_id = trickle_tenants_state.current_tenant_id());
create policy streams_app on trickle_events_log.streams for select to trickle_app
  using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy streams_begin on trickle_events_log.streams for insert to trickle_owner
  with check (tenant_id = trickle_tenants_state.current_tenant_id());
create policy streams_forwarder on trickle_events_log.streams for select to trickle_forwarder
  using (true);
create policy streams_read on trickle_events_log.streams for select to trickle_owner
  using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy streams_worker on trickle_events_log.streams for select to trickle_worker
  using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy streams_writer_advance on trickle_events_log.streams for update to trickle_writer
  using (tenant_id = ANY (( SELECT trickle_tenants_state.batch_tenants() AS batch_tenants)::uuid[]))
  with check (tenant_id = ANY (( SELECT trickle_tenants_state.batch_tenants() AS batch_tenants)::uuid[]));
create policy streams_writer_begin on trickle_events_log.streams for insert to trickle_writer
  with check (tenant_id = ANY (( SELECT trickle_tenants_state.batch_tenants() AS batch_tenants)::uuid[]));
create policy streams_writer_read on trickle_events_log.streams for select to trickle_writer
  using (tenant_id = ANY (( SELECT trickle_tenants_state.batch_tenants() AS batch_tenants)::uuid[]));
grant insert, select, update on trickle_events_log.streams to trickle_owner, trickle_writer;
grant select on trickle_events_log.streams to trickle_app, trickle_forwarder, trickle_worker;

create function trickle_events_log.add_seal_key(p_reason text)
  returns text
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body ef2e093cb549b15f6c81f6b90bcea7c8
grant execute on function trickle_events_log.add_seal_key to trickle_operator;

create function trickle_events_log.append(p_tenant uuid, p_streams text[], p_stream_types text[], p_expected bigint[], p_written integer, p_events jsonb, p_trace_parent text, p_trace_state text, p_key text, p_fingerprint bytea, p_names jsonb DEFAULT NULL::jsonb, OUT outcome text, OUT versions bigint[], OUT at integer, OUT epoch uuid, OUT timeline text, OUT xid xid8, OUT result jsonb)
  returns record
  language plpgsql volatile security definer
  set plan_cache_mode=force_generic_plan
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body d21999ec27d56fb0edacb8a03143a89a
grant execute on function trickle_events_log.append to trickle_app, trickle_worker;

create function trickle_events_log.append_batch(p_tenants uuid[], p_streams text[], p_stream_types text[], p_expected bigint[], p_counts integer[], p_events jsonb, p_trace_parents text[], p_trace_states text[], p_keys text[], p_fingerprints bytea[], p_may_be_known boolean[], p_nths integer[], OUT outcomes text[], OUT versions bigint[], OUT epoch uuid, OUT timeline text, OUT xid xid8)
  returns record
  language plpgsql volatile security definer
  set enable_hashjoin=off
  set enable_mergejoin=off
  set enable_seqscan=off
  set jit=off
  set plan_cache_mode=force_generic_plan
  set search_path=pg_catalog, pg_temp;
-- owner trickle_writer, body e794af4ff061285e381457695e09e3d7
grant execute on function trickle_events_log.append_batch to trickle_app, trickle_worker;

create function trickle_events_log.append_several(p_tenant uuid, p_streams text[], p_stream_types text[], p_expected bigint[], p_written integer, p_events jsonb, p_trace_parent text, p_trace_state text, p_key text, p_fingerprint bytea, p_names jsonb, OUT outcome text, OUT versions bigint[], OUT at integer, OUT epoch uuid, OUT timeline text, OUT xid xid8, OUT result jsonb)
  returns record
  language plpgsql volatile
  set plan_cache_mode=force_generic_plan;
-- owner trickle_owner, body 6c69a32b7cf18feca99bea104045560e

create function trickle_events_log.begin_epoch(p_reason text, p_xid xid8, p_position bigint, OUT ordinal integer, OUT epoch uuid, OUT began_xid xid8, OUT began_position bigint, OUT reason text, OUT began_at timestamp with time zone)
  returns record
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body 6a709f1ad572104a6e79abb7c58a55db
grant execute on function trickle_events_log.begin_epoch to trickle_operator;

create function trickle_events_log.branch_point(p_epoch uuid)
  returns TABLE(xid xid8, "position" bigint)
  language sql stable rows 1;
-- owner trickle_owner, body b80bd10fa80a66e9fc380eba54f3e149

create function trickle_events_log.change_names(p_tenant uuid, p_streams text[], p_names jsonb, p_now timestamp with time zone)
  returns jsonb
  language plpgsql volatile;
-- owner trickle_owner, body c76c7a115538a315b652b6cca8b38f32

create function trickle_events_log.check_append(p_tenant uuid, p_streams text[], p_stream_types text[], p_expected bigint[], p_names jsonb, p_now timestamp with time zone, OUT outcome text, OUT versions bigint[], OUT types text[], OUT at integer, OUT result jsonb)
  returns record
  language plpgsql volatile
  set plan_cache_mode=force_generic_plan;
-- owner trickle_owner, body ab54098ffcd966255f167fb636d315b6

create function trickle_events_log.check_parts(p_streams text[], p_expected bigint[], p_written integer, p_events jsonb, p_names jsonb)
  returns void
  language plpgsql volatile;
-- owner trickle_owner, body 39658e49aecf63ae07586bd1e6834369

create function trickle_events_log.current_epoch()
  returns TABLE(epoch uuid, began_xid xid8, began_position bigint)
  language sql stable rows 1000;
-- owner trickle_owner, body 0c4339dbdcf2fd429443c4680d01f737
grant execute on function trickle_events_log.current_epoch to trickle_app, trickle_forwarder, trickle_operator, trickle_worker;

create function trickle_events_log.epoch_point(p_from text, p_restored_to timestamp with time zone, OUT xid xid8, OUT "position" bigint)
  returns record
  language plpgsql volatile
  set enable_bitmapscan=off
  set enable_seqscan=off
  set plan_cache_mode=force_generic_plan;
-- owner trickle_owner, body ee5c7a8c04852f0e14f27068dbb39b87
grant execute on function trickle_events_log.epoch_point to trickle_operator;

create function trickle_events_log.event_at(p_tenant uuid, p_stream text, p_version bigint)
  returns TABLE(source text, event_id text, stream_type text, schema_version integer, occurred_at timestamp with time zone, recorded_at timestamp with time zone, data text, metadata text, correlation_id text, causation_id text, trace_parent text)
  language sql stable rows 1;
-- owner trickle_owner, body 13c7c88b373ba479dedaf09ba8c18cc6
grant execute on function trickle_events_log.event_at to trickle_worker;

create function trickle_events_log.event_headers_after(p_xid xid8, p_position bigint, p_limit integer)
  returns TABLE(tenant_id uuid, stream_id text, type text, stream_type text, recorded_at timestamp with time zone, xid xid8, "position" bigint)
  language sql stable rows 1000;
-- owner trickle_owner, body 6b617d658a67e1643bafdd7b72215da1
grant execute on function trickle_events_log.event_headers_after to trickle_operator;

create function trickle_events_log.event_json(p_id text, p_source text, p_stream text, p_version bigint, p_type text, p_occurred_at timestamp with time zone, p_recorded_at timestamp with time zone, p_stream_type text, p_schema_version integer, p_correlation_id text, p_causation_id text, p_trace_parent text, p_data jsonb, p_metadata jsonb)
  returns text
  language sql stable parallel safe;
-- owner trickle_owner, body 74c55af6c8c4af65e38ccc7d4132340a
grant execute on function trickle_events_log.event_json to trickle_app, trickle_worker;

create function trickle_events_log.event_values(p_events jsonb)
  returns TABLE(place bigint, s integer, n integer, id text, source text, type text, schema_version integer, occurred_at timestamp with time zone, data jsonb, metadata jsonb, correlation_id text, causation_id text)
  language sql stable parallel safe rows 100;
-- owner trickle_owner, body 38a69aab9a375c3e5cac41d23004b60f
grant execute on function trickle_events_log.event_values to trickle_writer;

create function trickle_events_log.feed_horizon()
  returns xid8
  language plpgsql volatile;
-- owner trickle_owner, body 9bbcdd001d329bd501326368cedce215
grant execute on function trickle_events_log.feed_horizon to trickle_app, trickle_forwarder, trickle_operator, trickle_worker;

create function trickle_events_log.feed_status(p_transactions integer, p_events integer, OUT looked_at timestamp with time zone, OUT horizon xid8, OUT is_held boolean, OUT held_since timestamp with time zone, OUT sees_sessions boolean, OUT holder_count integer, OUT holders jsonb, OUT bystander_count integer, OUT bystanders jsonb, OUT behind_count integer, OUT behind_since timestamp with time zone, OUT head_xid xid8, OUT head_position bigint, OUT head_recorded_at timestamp with time zone, OUT is_ahead boolean)
  returns record
  language plpgsql volatile;
-- owner trickle_owner, body 6709886f6b647529710b267b2d0296d2
grant execute on function trickle_events_log.feed_status to trickle_operator;

create function trickle_events_log.find_append(p_tenant uuid, p_streams text[], p_events jsonb, OUT outcome text, OUT offending text, OUT stream_versions jsonb, OUT epoch uuid, OUT timeline text, OUT xid xid8)
  returns record
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body a949fdd94e85b1c38f95ca06ca371763
grant execute on function trickle_events_log.find_append to trickle_app, trickle_worker;

create function trickle_events_log.holds_locks(p_tenants uuid[], p_streams text[], p_shared boolean[])
  returns boolean
  language sql volatile;
-- owner trickle_owner, body 4eb6b3a47e4aef31bed32cf7781712cb

create function trickle_events_log.import_events(p_tenant uuid, p_lines json)
  returns TABLE(n integer, outcome text, code text, stream_type text)
  language plpgsql volatile security definer rows 500
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body a4ccc39b704c6e5859889e2764714f29
grant execute on function trickle_events_log.import_events to trickle_app;

create function trickle_events_log.import_events_of(p_tenants uuid[], p_lines json)
  returns TABLE(n integer, outcome text, code text, stream_type text)
  language plpgsql volatile security definer rows 500
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body 4005cf948efbfb26bdfec3ac1f3b204d
grant execute on function trickle_events_log.import_events_of to trickle_operator;

create function trickle_events_log.import_lines(p_tenant uuid, p_lines json)
  returns TABLE(n integer, outcome text, code text, stream_type text)
  language plpgsql volatile rows 500
  set plan_cache_mode=force_generic_plan;
-- owner trickle_owner, body 206e47e5ae392d33af3d318fa3761edf

create function trickle_events_log.known_answer(p_tenant uuid, p_key text, p_fingerprint bytea)
  returns TABLE(outcome text, result jsonb, xid xid8)
  language sql stable parallel safe rows 1;
-- owner trickle_owner, body a7bb85e957f83b57fc1dec06f9e09512

create function trickle_events_log.lock_append(p_tenant uuid, p_streams text[], p_written integer, p_names jsonb)
  returns integer[]
  language plpgsql volatile;
-- owner trickle_owner, body cce1ba3c720382082c0f71b4c782247f

create function trickle_events_log.lock_class()
  returns integer
  language sql immutable parallel safe;
-- owner trickle_owner, body 0b2577599a2a328f535b3b240845504b
grant execute on function trickle_events_log.lock_class to trickle_app, trickle_forwarder, trickle_operator, trickle_worker, trickle_writer;

create function trickle_events_log.lock_for_write(p_tenant uuid, p_resources text[], p_streams text[], p_written integer, p_names jsonb)
  returns void
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body 1f06c7f72e3a7a40dcfd8295d8d96e53
grant execute on function trickle_events_log.lock_for_write to trickle_app, trickle_worker;

create function trickle_events_log.lock_key(p_tenant uuid, p_stream text)
  returns integer
  language sql immutable parallel safe;
-- owner trickle_owner, body 0cec36d8aaafa23058bfe8fa11e37ee2
grant execute on function trickle_events_log.lock_key to trickle_writer;

create function trickle_events_log.lock_lines(p_tenants uuid[], p_lines json)
  returns void
  language plpgsql volatile;
-- owner trickle_owner, body e9604f13f1eaec63eba1607623c8bd29

create function trickle_events_log.lock_streams(p_tenants uuid[], p_streams text[], p_shared boolean[])
  returns integer[]
  language plpgsql volatile;
-- owner trickle_owner, body 71b022b6e4f8ef78d74cac961b3b1fe4

create function trickle_events_log.may_fit(p_value jsonb, p_bytes integer)
  returns boolean
  language sql stable parallel safe;
-- owner trickle_owner, body 95a0ac96aa9403daaacf867f0a332f7f
grant execute on function trickle_events_log.may_fit to trickle_app, trickle_worker;

create function trickle_events_log.part_of(p_tenant uuid, p_stream text, p_parts integer)
  returns integer
  language sql immutable parallel safe;
-- owner trickle_owner, body d57c3cc35068124519839752e28bf7a7
grant execute on function trickle_events_log.part_of to trickle_operator, trickle_worker;

create function trickle_events_log.read_feed(p_xid xid8, p_position bigint, p_until_xid xid8, p_until_position bigint, p_limit integer, p_max_bytes integer)
  returns TABLE(tenant_id uuid, xid xid8, "position" bigint, stream_type text, stream_id text, version bigint, source text, event_id text, type text, schema_version integer, occurred_at timestamp with time zone, recorded_at timestamp with time zone, data text, metadata text, correlation_id text, causation_id text, trace_parent text)
  language plpgsql volatile rows 1000
  set plan_cache_mode=force_generic_plan;
-- owner trickle_owner, body 100315f73dad78403a8854a6980b616a
grant execute on function trickle_events_log.read_feed to trickle_forwarder;

create function trickle_events_log.read_feed_part(p_xid xid8, p_position bigint, p_until_xid xid8, p_until_position bigint, p_tenant uuid, p_without uuid[], p_types text[], p_stream_types text[], p_part integer, p_parts integer, p_limit integer, p_scan_limit integer, p_max_bytes integer)
  returns TABLE(tenant_id uuid, xid xid8, "position" bigint, stream_type text, stream_id text, version bigint, source text, event_id text, type text, schema_version integer, occurred_at timestamp with time zone, recorded_at timestamp with time zone, data text, metadata text, correlation_id text, causation_id text, trace_parent text)
  language plpgsql volatile rows 200
  set plan_cache_mode=force_generic_plan;
-- owner trickle_owner, body cf233a3545845528e2d43dd8ed966987
grant execute on function trickle_events_log.read_feed_part to trickle_worker;

create function trickle_events_log.read_stream(p_tenant uuid, p_stream text, p_from bigint, p_to bigint, p_backward boolean, p_types text[], p_limit integer, p_scan_limit integer, p_max_bytes integer, OUT stream_version bigint, OUT reached bigint, OUT count integer, OUT events text)
  returns record
  language plpgsql volatile
  set plan_cache_mode=force_generic_plan;
-- owner trickle_owner, body a815691bcdf58864c7c2651583adbb73
grant execute on function trickle_events_log.read_stream to trickle_app, trickle_worker;

create function trickle_events_log.read_tenant_feed(p_tenant uuid, p_xid xid8, p_position bigint, p_since timestamp with time zone, p_types text[], p_stream_types text[], p_limit integer, p_scan_limit integer, p_max_bytes integer, p_with_points boolean, OUT xid xid8, OUT "position" bigint, OUT epoch uuid, OUT count integer, OUT events text, OUT points text)
  returns record
  language plpgsql volatile
  set plan_cache_mode=force_generic_plan;
-- owner trickle_owner, body 969148499ee4460cd822b4736e21c549
grant execute on function trickle_events_log.read_tenant_feed to trickle_app, trickle_worker;

create function trickle_events_log.refuse_outcome(p_answer text)
  returns boolean
  language plpgsql volatile;
-- owner trickle_owner, body c1db086e395aeb70d8946288243db9c1
grant execute on function trickle_events_log.refuse_outcome to trickle_app, trickle_worker;

create function trickle_events_log.refuse_rows(p_found bigint, p_required integer, p_nth integer)
  returns boolean
  language plpgsql volatile;
-- owner trickle_owner, body c4bdaa0573dff2eac52f1ef0cadedfeb
grant execute on function trickle_events_log.refuse_rows to trickle_app, trickle_worker;

create function trickle_events_log.remove_seal_key(p_key_id text, OUT outcome text)
  returns text
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body 81ec9e5861262b75e999661b06c56b75
grant execute on function trickle_events_log.remove_seal_key to trickle_operator;

create function trickle_events_log.resource_lock_class()
  returns integer
  language sql immutable parallel safe;
-- owner trickle_owner, body 04897184407834df2313ed7f970c6707

create function trickle_events_log.resume_point(p_epoch uuid, p_xid xid8, p_position bigint, OUT xid xid8, OUT "position" bigint)
  returns record
  language sql stable;
-- owner trickle_owner, body 42de4498daab864ce82364254e32f83d
grant execute on function trickle_events_log.resume_point to trickle_operator;

create function trickle_events_log.running_transactions(p_snapshot pg_snapshot)
  returns TABLE(id xid8, kind text, pid integer, login text, application text, database text, state text, since timestamp with time zone, prepared_as text)
  language sql volatile rows 1000;
-- owner trickle_owner, body fffd66a9fc8941e33aba0ff737122dd5
grant execute on function trickle_events_log.running_transactions to trickle_operator;

create function trickle_events_log.seal_key_delay()
  returns interval
  language sql immutable parallel safe;
-- owner trickle_owner, body 49478dcf87e60eb4a2c9dc8a8c7c39fa

create function trickle_events_log.seal_key_states()
  returns TABLE(key_id text, state text, seals_from timestamp with time zone, reason text, added_at timestamp with time zone)
  language sql volatile security definer rows 1000
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body 675e57731b867dfcbc818afbd7f43c3d
grant execute on function trickle_events_log.seal_key_states to trickle_operator;

create function trickle_events_log.seal_keys()
  returns jsonb
  language sql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body e506ad4390b98e7379d659ccbfafb91c
grant execute on function trickle_events_log.seal_keys to trickle_app, trickle_worker;

create function trickle_events_log.sealing_key_id(p_now timestamp with time zone)
  returns text
  language sql stable;
-- owner trickle_owner, body bbe6015623e4dc5ce7eef6459d4a2bc4

create function trickle_events_log.since_checkpoint(p_tenant uuid, p_since timestamp with time zone, p_horizon xid8, OUT xid xid8, OUT "position" bigint)
  returns record
  language plpgsql volatile
  set plan_cache_mode=force_generic_plan;
-- owner trickle_owner, body 8adf1c8aeb7fbda146622b67ce035929
grant execute on function trickle_events_log.since_checkpoint to trickle_app, trickle_worker;

create function trickle_events_log.stream_info(p_tenant uuid, p_stream text)
  returns TABLE(version bigint, stream_type text, created_at timestamp with time zone, updated_at timestamp with time zone)
  language plpgsql volatile rows 1
  set plan_cache_mode=force_generic_plan;
-- owner trickle_owner, body 89f5810bf926f12aedd31a644cf1e373
grant execute on function trickle_events_log.stream_info to trickle_app, trickle_worker;

create function trickle_events_log.tenant_event_headers(p_tenant uuid, p_xid xid8, p_position bigint, p_until_xid xid8, p_until_position bigint, p_limit integer)
  returns TABLE(tenant_id uuid, stream_id text, type text, stream_type text, recorded_at timestamp with time zone, xid xid8, "position" bigint)
  language sql stable rows 1000;
-- owner trickle_owner, body 80409ed5e32ab8c93b7bf4b6142c43ac
grant execute on function trickle_events_log.tenant_event_headers to trickle_operator;

create function trickle_events_log.write_events(p_tenant uuid, p_streams text[], p_types text[], p_versions bigint[], p_written integer, p_now timestamp with time zone, p_events jsonb, p_trace_parent text, p_trace_state text)
  returns bigint[]
  language plpgsql volatile
  set plan_cache_mode=force_generic_plan;
-- owner trickle_owner, body f44c52b7bc4212ee1e21483eb9e34185

create function trickle_events_log.write_heads(p_tenant uuid, p_streams text[], p_types text[], p_versions bigint[], p_counts bigint[], p_now timestamp with time zone)
  returns bigint[]
  language plpgsql volatile
  set plan_cache_mode=force_generic_plan;
-- owner trickle_owner, body 81628d6142b990b2717f79e260130144

create function trickle_events_log.write_receipt(p_tenant uuid, p_key text, p_fingerprint bytea, p_streams text[], p_versions bigint[], p_counts bigint[], p_epoch uuid, p_timeline text, p_events jsonb, p_now timestamp with time zone)
  returns jsonb
  language plpgsql volatile
  set plan_cache_mode=force_generic_plan;
-- owner trickle_owner, body 47022873339a75e282d92b96cd31d211

create schema trickle_messages_state authorization trickle_owner;
grant usage on schema trickle_messages_state to trickle_operator, trickle_worker;

create table trickle_messages_state.parked_messages (
  parked_id bigint not null generated always as identity,
  queue text collate "C" not null,
  digest bytea not null,
  tenant_id uuid,
  message_id text collate "C",
  session_id text collate "C",
  sequence_number bigint,
  reason text collate "C" not null,
  detail text not null,
  attempts integer not null,
  body bytea not null,
  body_bytes integer not null,
  content_type text,
  application_properties jsonb not null,
  enqueued_at timestamp with time zone,
  parked_at timestamp with time zone not null default clock_timestamp(),
  state text not null default 'parked'::text,
  resubmissions integer not null default 0,
  decided_at timestamp with time zone,
  decided_by text,
  constraint parked_messages_decision_check CHECK ((((state = 'parked'::text) = (decided_at IS NULL)) AND ((decided_at IS NULL) = (decided_by IS NULL)))),
  constraint parked_messages_digest_key UNIQUE (queue, digest),
  constraint parked_messages_length_check CHECK (((length(digest) = 32) AND (length(body) <= LEAST(body_bytes, 9437184)) AND ((char_length(queue) >= 1) AND (char_length(queue) <= 260)) AND (char_length(message_id) <= 128) AND (char_length(session_id) <= 128) AND ((char_length(reason) >= 1) AND (char_length(reason) <= 100)) AND (char_length(detail) <= 2000) AND (char_length(content_type) <= 300) AND ((char_length(decided_by) >= 1) AND (char_length(decided_by) <= 1000)) AND (pg_column_size(application_properties) <= 1048576))),
  constraint parked_messages_pkey PRIMARY KEY (parked_id),
  constraint parked_messages_state_check CHECK ((state = ANY (ARRAY['parked'::text, 'resubmitted'::text, 'discarded'::text])))
);
CREATE INDEX parked_messages_open ON trickle_messages_state.parked_messages USING btree (parked_at, queue) WHERE (state = 'parked'::text);
-- owner trickle_owner, row-level security forced
create policy parked_messages_owner on trickle_messages_state.parked_messages for all to trickle_owner
  using (true)
  with check (true);
create policy parked_messages_read on trickle_messages_state.parked_messages for select to trickle_operator
  using (true);
grant insert, select, update on trickle_messages_state.parked_messages to trickle_owner;
grant select on trickle_messages_state.parked_messages to trickle_operator;

create function trickle_messages_state.decide(p_decision text, p_seen jsonb, p_by text)
  returns TABLE(parked_id bigint, outcome text, tenant_id uuid)
  language plpgsql volatile security definer rows 100
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body 0349713faa152a5691d0bff7ed75072c
grant execute on function trickle_messages_state.decide to trickle_operator;

create function trickle_messages_state.open_messages(p_counted_max integer)
  returns TABLE(queue text, messages integer, oldest_at timestamp with time zone)
  language sql stable security definer rows 10
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body 0feed5d4d7f30bbd2fc838ece60550f4
grant execute on function trickle_messages_state.open_messages to trickle_operator, trickle_worker;

create function trickle_messages_state.park(p_queue text, p_messages jsonb, p_bodies bytea[])
  returns void
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body bc04080f3e200878889fac97135c184f
grant execute on function trickle_messages_state.park to trickle_worker;

create schema trickle_operations_audit authorization trickle_owner;
grant usage on schema trickle_operations_audit to trickle_operator;

create table trickle_operations_audit.actions (
  action_id bigint not null generated always as identity,
  request_id uuid not null,
  recorded_at timestamp with time zone not null default clock_timestamp(),
  action text collate "C" not null,
  outcome text collate "C" not null,
  issuer text not null,
  subject text not null,
  application text,
  tenant_id uuid,
  target text,
  detail text,
  trace_id text collate "C" not null,
  constraint actions_length_check CHECK ((((char_length(action) >= 1) AND (char_length(action) <= 100)) AND ((char_length(issuer) >= 1) AND (char_length(issuer) <= 600)) AND ((char_length(subject) >= 1) AND (char_length(subject) <= 255)) AND (char_length(application) <= 255) AND (char_length(target) <= 300) AND (char_length(detail) <= 300) AND (char_length(trace_id) <= 100))),
  constraint actions_outcome_check CHECK ((outcome = ANY (ARRAY['done'::text, 'begun'::text]))),
  constraint actions_pkey PRIMARY KEY (action_id),
  constraint actions_request_key UNIQUE NULLS NOT DISTINCT (request_id, tenant_id)
);
-- owner trickle_owner, row-level security forced
create policy actions_read on trickle_operations_audit.actions for select to trickle_operator
  using (true);
create policy actions_record on trickle_operations_audit.actions for insert to trickle_operator
  with check (true);
grant insert (action, application, detail, issuer, outcome, request_id, subject, target, tenant_id, trace_id), select on trickle_operations_audit.actions to trickle_operator;

create schema trickle_platform_migrations authorization trickle_owner;
grant usage on schema trickle_platform_migrations to trickle_app, trickle_forwarder, trickle_operator, trickle_worker;

create table trickle_platform_migrations.applied (
  id integer not null default nextval('trickle_platform_migrations.applied_id_seq'::regclass),
  name character varying(255) not null,
  run_on timestamp without time zone not null,
  constraint applied_pkey PRIMARY KEY (id)
);
-- owner trickle_owner, row-level security forced
create policy applied_owner on trickle_platform_migrations.applied for all to trickle_owner
  using (true)
  with check (true);
grant delete, insert, maintain, references, select, trigger, truncate, update on trickle_platform_migrations.applied to trickle_owner;

create table trickle_platform_migrations.functions (
  ordinal bigint not null generated always as identity,
  name text not null,
  checksum text not null,
  function_name text not null,
  applied_at timestamp with time zone not null default clock_timestamp(),
  constraint functions_pkey PRIMARY KEY (name, checksum)
);
-- owner trickle_owner, row-level security forced
create policy functions_owner on trickle_platform_migrations.functions for all to trickle_owner
  using (true)
  with check (true);
create policy functions_read on trickle_platform_migrations.functions for select to trickle_app, trickle_forwarder, trickle_operator, trickle_worker
  using (true);
grant delete, insert, maintain, references, select, trigger, truncate, update on trickle_platform_migrations.functions to trickle_owner;
grant select on trickle_platform_migrations.functions to trickle_app, trickle_forwarder, trickle_operator, trickle_worker;

create table trickle_platform_migrations.migrations (
  ordinal bigint not null generated always as identity,
  name text not null,
  checksum text not null,
  applied_at timestamp with time zone not null default clock_timestamp(),
  constraint migrations_pkey PRIMARY KEY (name)
);
-- owner trickle_owner, row-level security forced
create policy migrations_owner on trickle_platform_migrations.migrations for all to trickle_owner
  using (true)
  with check (true);
create policy migrations_read on trickle_platform_migrations.migrations for select to trickle_app, trickle_forwarder, trickle_operator, trickle_worker
  using (true);
grant delete, insert, maintain, references, select, trigger, truncate, update on trickle_platform_migrations.migrations to trickle_owner;
grant select on trickle_platform_migrations.migrations to trickle_app, trickle_forwarder, trickle_operator, trickle_worker;

create schema trickle_subscriptions_state authorization trickle_owner;
grant usage on schema trickle_subscriptions_state to trickle_forwarder, trickle_operator, trickle_worker;

create table trickle_subscriptions_state.lanes (
  name text collate "C" not null,
  member integer not null,
  tenant_id uuid not null,
  xid xid8 not null,
  position bigint not null,
  attempt_stream text,
  attempt_version bigint,
  attempts integer not null default 0,
  updated_at timestamp with time zone not null default clock_timestamp(),
  constraint lanes_pkey PRIMARY KEY (name, member, tenant_id)
);
-- owner trickle_owner, row-level security forced
create policy lanes_owner on trickle_subscriptions_state.lanes for all to trickle_owner
  using (true)
  with check (true);
create policy lanes_read on trickle_subscriptions_state.lanes for select to trickle_operator, trickle_worker
  using (true);
grant delete, insert, maintain, references, select, trigger, truncate, update on trickle_subscriptions_state.lanes to trickle_owner;
grant select on trickle_subscriptions_state.lanes to trickle_operator, trickle_worker;

create table trickle_subscriptions_state.members (
  name text collate "C" not null,
  member integer not null,
  xid xid8 not null default '0'::xid8,
  position bigint not null default 0,
  read_xid xid8 not null default '0'::xid8,
  read_position bigint not null default 0,
  lease_owner text,
  lease_until timestamp with time zone,
  fence bigint not null default 0,
  failures integer not null default 0,
  retry_at timestamp with time zone,
  error text,
  crashes integer not null default 0,
  attempt_tenant uuid,
  attempt_stream text,
  attempt_version bigint,
  attempts integer not null default 0,
  updated_at timestamp with time zone not null default clock_timestamp(),
  constraint members_member_check CHECK (((member >= 0) AND (member <= 15))),
  constraint members_pkey PRIMARY KEY (name, member)
) with (fillfactor=50);
-- owner trickle_owner, row-level security forced
create policy members_owner on trickle_subscriptions_state.members for all to trickle_owner
  using (true)
  with check (true);
create policy members_read on trickle_subscriptions_state.members for select to trickle_forwarder, trickle_operator, trickle_worker
  using (true);
grant delete, insert, maintain, references, select, trigger, truncate, update on trickle_subscriptions_state.members to trickle_owner;
grant select on trickle_subscriptions_state.members to trickle_forwarder, trickle_operator, trickle_worker;

create table trickle_subscriptions_state.parked (
  parked_id bigint not null generated always as identity,
  name text collate "C" not null,
  tenant_id uuid not null,
  stream_id text collate "C" not null,
  version bigint not null,
  xid xid8 not null,
  position bigint not null,
  source text not null,
  event_id text not null,
  type text not null,
  state text not null,
  blocks boolean not null,
  attempts integer not null default 0,
  error text not null default ''::text,
  retry_at timestamp with time zone,
  parked_at timestamp with time zone not null default clock_timestamp(),
  constraint parked_id_key UNIQUE (parked_id),
  constraint parked_pkey PRIMARY KEY (name, tenant_id, stream_id, version),
  constraint parked_state_check CHECK ((state = ANY (ARRAY['parked'::text, 'waiting'::text, 'replay'::text, 'skipped'::text])))
);
CREATE INDEX parked_open ON trickle_subscriptions_state.parked USING btree (name, parked_id) WHERE (state <> 'skipped'::text);
CREATE INDEX parked_replay ON trickle_subscriptions_state.parked USING btree (name, parked_id) WHERE (state = 'replay'::text);
-- owner trickle_owner, row-level security forced
create policy parked_owner on trickle_subscriptions_state.parked for all to trickle_owner
  using (true)
  with check (true);
create policy parked_read on trickle_subscriptions_state.parked for select to trickle_operator, trickle_worker
  using (true);
grant delete, insert, maintain, references, select, trigger, truncate, update on trickle_subscriptions_state.parked to trickle_owner;
grant select on trickle_subscriptions_state.parked to trickle_operator, trickle_worker;

create table trickle_subscriptions_state.subscriptions (
  name text collate "C" not null,
  epoch uuid not null,
  generation integer not null default 0,
  state text not null default 'running'::text,
  error text,
  is_group boolean not null default false,
  members integer not null default 1,
  target_members integer,
  barrier_xid xid8,
  barrier_position bigint,
  types text[],
  stream_types text[],
  updated_at timestamp with time zone not null default clock_timestamp(),
  constraint subscriptions_barrier_check CHECK ((num_nulls(target_members, barrier_xid, barrier_position) = ANY (ARRAY[0, 3]))),
  constraint subscriptions_members_check CHECK ((((members >= 1) AND (members <= 16)) AND ((target_members >= 1) AND (target_members <= 16)))),
  constraint subscriptions_name_check CHECK (((length(name) >= 1) AND (length(name) <= 63))),
  constraint subscriptions_pkey PRIMARY KEY (name),
  constraint subscriptions_state_check CHECK ((state = ANY (ARRAY['running'::text, 'paused'::text, 'stopped'::text])))
);
-- owner trickle_owner, row-level security forced
create policy subscriptions_owner on trickle_subscriptions_state.subscriptions for all to trickle_owner
  using (true)
  with check (true);
create policy subscriptions_read on trickle_subscriptions_state.subscriptions for select to trickle_forwarder, trickle_operator, trickle_worker
  using (true);
grant delete, insert, maintain, references, select, trigger, truncate, update on trickle_subscriptions_state.subscriptions to trickle_owner;
grant select on trickle_subscriptions_state.subscriptions to trickle_forwarder, trickle_operator, trickle_worker;

create table trickle_subscriptions_state.tenant_progress (
  name text collate "C" not null,
  tenant_id uuid not null,
  xid xid8 not null,
  position bigint not null,
  constraint tenant_progress_pkey PRIMARY KEY (name, tenant_id)
) with (fillfactor=70);
-- owner trickle_owner, row-level security forced
create policy tenant_progress_owner on trickle_subscriptions_state.tenant_progress for all to trickle_owner
  using (true)
  with check (true);
create policy tenant_progress_read on trickle_subscriptions_state.tenant_progress for select to trickle_operator, trickle_worker
  using (true);
grant delete, insert, maintain, references, select, trigger, truncate, update on trickle_subscriptions_state.tenant_progress to trickle_owner;
grant select on trickle_subscriptions_state.tenant_progress to trickle_operator, trickle_worker;

create function trickle_subscriptions_state.acquire(p_name text, p_member integer, p_owner text, p_lease_ms integer, OUT outcome text, OUT fence bigint, OUT epoch uuid, OUT generation integer, OUT xid xid8, OUT "position" bigint, OUT failures integer, OUT crashes integer)
  returns record
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body badaad929cbe7c3fccf4b371a4c0d926
grant execute on function trickle_subscriptions_state.acquire to trickle_forwarder, trickle_worker;

create function trickle_subscriptions_state.advance(p_name text, p_member integer, p_fence bigint, p_from_xid xid8, p_from_position bigint, p_to_xid xid8, p_to_position bigint, p_lease_ms integer)
  returns boolean
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body 7b61b39eba064bc5283cc29bcf9ba3db
grant execute on function trickle_subscriptions_state.advance to trickle_forwarder, trickle_worker;

create function trickle_subscriptions_state.begin_page(p_name text, p_member integer, p_fence bigint, p_lane uuid, p_lease_ms integer, OUT is_held boolean, OUT members integer, OUT until_xid xid8, OUT until_position bigint, OUT lane_tenants uuid[], OUT has_parked boolean)
  returns record
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body 618e17bcc90803c8df9580a5575449bb
grant execute on function trickle_subscriptions_state.begin_page to trickle_worker;

create function trickle_subscriptions_state.begin_tenant_replay(p_name text, p_member integer, p_fence bigint, p_tenant uuid, p_parked_id bigint)
  returns void
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body 659367afb62382165d7b8adf578bb5a3
grant execute on function trickle_subscriptions_state.begin_tenant_replay to trickle_worker;

create function trickle_subscriptions_state.begin_tenant_step(p_name text, p_member integer, p_fence bigint, p_tenant uuid, p_first_xid xid8, p_first_position bigint, p_last_xid xid8, p_last_position bigint, p_set_aside jsonb)
  returns void
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body 89f468683399875bc72b4754e4a60133
grant execute on function trickle_subscriptions_state.begin_tenant_step to trickle_worker;

create function trickle_subscriptions_state.count_attempt(p_name text, p_member integer, p_fence bigint, p_lane uuid, p_tenant uuid, p_stream text, p_version bigint, p_by integer)
  returns integer
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body 6f2586a66bde39ec2ea0c36a5b8dc0b9
grant execute on function trickle_subscriptions_state.count_attempt to trickle_worker;

create function trickle_subscriptions_state.decide_parked(p_name text, p_parked_id bigint, p_decision text)
  returns text
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body 4f563a5d68cd32bc210c257add734a27
grant execute on function trickle_subscriptions_state.decide_parked to trickle_operator;

create function trickle_subscriptions_state.end_page(p_name text, p_member integer, p_fence bigint, p_xid xid8, p_position bigint)
  returns void
  language sql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body 6a680751eee5877e221a7c79b6424053
grant execute on function trickle_subscriptions_state.end_page to trickle_worker;

create function trickle_subscriptions_state.finish_resize(p_name text)
  returns boolean
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body 63a9205d627c91eb7d022c30e41d3596

create function trickle_subscriptions_state.hold_checkpoint(p_name text, p_member integer, p_fence bigint, p_xid xid8, p_position bigint)
  returns integer
  language sql volatile;
-- owner trickle_owner, body 4fd90d0d2c8032c57f139df0990a030f

create function trickle_subscriptions_state.is_at_barrier(p_name text, p_member integer)
  returns boolean
  language sql stable security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body f51fd4b6cbee220ce338ec8232f22994

create function trickle_subscriptions_state.is_blocked(p_name text, p_tenant uuid, p_stream text)
  returns boolean
  language sql stable;
-- owner trickle_owner, body 7d5af23fabbfa7fc5b750a25df165312
grant execute on function trickle_subscriptions_state.is_blocked to trickle_worker;

create function trickle_subscriptions_state.member_lag(p_name text, p_member integer, p_scan_limit integer, OUT events bigint, OUT is_lower_bound boolean, OUT seconds double precision)
  returns record
  language sql stable;
-- owner trickle_owner, body 4d2528bd9722028b95b9100a7e70d318
grant execute on function trickle_subscriptions_state.member_lag to trickle_operator;

create function trickle_subscriptions_state.move_checkpoints(p_name text, p_kind text, p_xid xid8, p_position bigint, p_resume boolean)
  returns text
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body 2faf2963559b02562bce1a74516e95dc
grant execute on function trickle_subscriptions_state.move_checkpoints to trickle_operator;

create function trickle_subscriptions_state.place_members(p_name text, p_members integer, p_xid xid8, p_position bigint)
  returns void
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body 0e529de327df1a78f109696a22c7c871

create function trickle_subscriptions_state.register(p_name text, p_is_group boolean, p_types text[], p_stream_types text[], p_from_now boolean)
  returns integer
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body f8b48af1789bf78915d4fb5988d44e37
grant execute on function trickle_subscriptions_state.register to trickle_worker;

create function trickle_subscriptions_state.release(p_name text, p_member integer, p_fence bigint, p_error text, p_retry_after_ms integer)
  returns boolean
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body 6aef66989cc2447cad3ecf61a6f3be81
grant execute on function trickle_subscriptions_state.release to trickle_forwarder, trickle_worker;

create function trickle_subscriptions_state.renew(p_name text, p_member integer, p_fence bigint, p_lease_ms integer)
  returns boolean
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body a48748bbeaf0c22efb5c80ea4984d33d
grant execute on function trickle_subscriptions_state.renew to trickle_forwarder, trickle_worker;

create function trickle_subscriptions_state.replay_parked(p_name text, p_after bigint, p_limit integer, OUT outcome text, OUT events integer, OUT next_after bigint, OUT tenant_ids uuid[])
  returns record
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body f0706d22bb7bca376e7e5a1ff46efa20
grant execute on function trickle_subscriptions_state.replay_parked to trickle_operator;

create function trickle_subscriptions_state.replay_step(p_name text, p_member integer, p_fence bigint, p_parked_id bigint, p_step text, p_error text, p_retry_after_ms integer)
  returns integer
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body cdfe4fe6736d9fe35447a9755df60ef4
grant execute on function trickle_subscriptions_state.replay_step to trickle_worker;

create function trickle_subscriptions_state.resize(p_name text, p_members integer)
  returns text
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body 2a60788f0eff5e0c10652ba9ee8fcf5d
grant execute on function trickle_subscriptions_state.resize to trickle_operator;

create function trickle_subscriptions_state.set_aside(p_name text, p_parked jsonb)
  returns void
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body d2c949a9ab1fbfba3515e3fa237ec5be

create function trickle_subscriptions_state.set_state(p_name text, p_action text)
  returns text
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body 7ecc464040bae619bbe4b68921deaf79
grant execute on function trickle_subscriptions_state.set_state to trickle_operator;

create function trickle_subscriptions_state.settle(p_name text, p_member integer, p_fence bigint, p_lane uuid, p_from_xid xid8, p_from_position bigint, p_to_xid xid8, p_to_position bigint, p_parked jsonb, p_lanes jsonb, p_parked_max integer, p_lease_ms integer)
  returns text
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body 48cb967afe9d3b7d950193401863e34b
grant execute on function trickle_subscriptions_state.settle to trickle_worker;

create function trickle_subscriptions_state.step_lock_class()
  returns integer
  language sql immutable parallel safe;
-- owner trickle_owner, body 4057eda8a35d4ecdccd1ac54a9018d5e

create function trickle_subscriptions_state.stop(p_name text, p_member integer, p_fence bigint, p_error text)
  returns boolean
  language plpgsql volatile security definer
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body 223cd5eb553b6a8aaa078265cf8b0778
grant execute on function trickle_subscriptions_state.stop to trickle_forwarder, trickle_worker;

create function trickle_subscriptions_state.take_page(p_name text, p_member integer, p_fence bigint, p_lane uuid, p_xid xid8, p_position bigint, p_types text[], p_stream_types text[], p_limit integer, p_scan_limit integer, p_max_bytes integer, p_lease_ms integer)
  returns TABLE(tenant_id uuid, xid xid8, "position" bigint, stream_type text, stream_id text, version bigint, source text, event_id text, type text, schema_version integer, occurred_at timestamp with time zone, recorded_at timestamp with time zone, data text, metadata text, correlation_id text, causation_id text, trace_parent text, is_blocked boolean, lanes integer)
  language plpgsql volatile rows 200;
-- owner trickle_owner, body b07291cdeee7d8b70c4c99d4f81908be
grant execute on function trickle_subscriptions_state.take_page to trickle_worker;

create function trickle_subscriptions_state.take_replays(p_name text, p_member integer, p_limit integer)
  returns TABLE(tenant_id uuid, xid xid8, "position" bigint, stream_type text, stream_id text, version bigint, source text, event_id text, type text, schema_version integer, occurred_at timestamp with time zone, recorded_at timestamp with time zone, data text, metadata text, correlation_id text, causation_id text, trace_parent text, parked_id bigint, is_there boolean)
  language sql stable rows 20;
-- owner trickle_owner, body 9fbe143c5e812265034b991ae88b07ab
grant execute on function trickle_subscriptions_state.take_replays to trickle_worker;

create function trickle_subscriptions_state.wake_stream(p_name text, p_tenant uuid, p_stream text)
  returns void
  language sql volatile;
-- owner trickle_owner, body 2b89f053d415ee565b6bc10f60facb3e

create schema trickle_tenants_state authorization trickle_owner;
grant usage on schema trickle_tenants_state to trickle_app, trickle_forwarder, trickle_operator, trickle_worker, trickle_writer;

create table trickle_tenants_state.tenant_names (
  name text collate "C" not null,
  tenant_id uuid not null,
  constraint tenant_names_name_check CHECK (((name = trickle_tenants_state.fold_name(name)) AND (name <> ''::text) AND (name !~ '[^ -~]'::text))),
  constraint tenant_names_pkey PRIMARY KEY (name),
  constraint tenant_names_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES trickle_tenants_state.tenants(tenant_id) ON DELETE CASCADE,
  constraint tenant_names_tenant_key UNIQUE (tenant_id, name)
);
-- owner trickle_owner, row-level security forced
create policy tenant_names_owner on trickle_tenants_state.tenant_names for all to trickle_owner
  using (true)
  with check (true);
grant delete, insert, select, update on trickle_tenants_state.tenant_names to trickle_owner;

create table trickle_tenants_state.tenants (
  tenant_id uuid not null,
  slug text collate "C" not null,
  external_id text collate "C",
  id_name text collate "C" not null generated always as ((tenant_id)::text) stored,
  external_name text collate "C" generated always as (trickle_tenants_state.fold_name(external_id)) stored,
  name text not null,
  status text not null default 'active'::text,
  created_at timestamp with time zone not null default clock_timestamp(),
  updated_at timestamp with time zone not null default clock_timestamp(),
  constraint tenants_external_id_check CHECK ((((length(external_id) >= 1) AND (length(external_id) <= 200)) AND (external_id !~ '(^ )|[^ -~]|( $)'::text) AND ((external_id = external_name) OR (NOT trickle_tenants_state.is_uuid(external_name))))),
  constraint tenants_external_id_key UNIQUE (external_id),
  constraint tenants_external_name_fkey FOREIGN KEY (tenant_id, external_name) REFERENCES trickle_tenants_state.tenant_names(tenant_id, name),
  constraint tenants_id_name_fkey FOREIGN KEY (tenant_id, id_name) REFERENCES trickle_tenants_state.tenant_names(tenant_id, name),
  constraint tenants_pkey PRIMARY KEY (tenant_id),
  constraint tenants_slug_check CHECK (((slug ~ '^[a-z0-9][a-z0-9._-]{0,62}$'::text) AND (NOT trickle_tenants_state.is_uuid(slug)))),
  constraint tenants_slug_fkey FOREIGN KEY (tenant_id, slug) REFERENCES trickle_tenants_state.tenant_names(tenant_id, name),
  constraint tenants_slug_key UNIQUE (slug),
  constraint tenants_status_check CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text])))
);
-- owner trickle_owner, row-level security forced
create policy tenants_app on trickle_tenants_state.tenants for select to trickle_app
  using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy tenants_operator_change on trickle_tenants_state.tenants for update to trickle_operator
  using (true)
  with check (true);
create policy tenants_operator_read on trickle_tenants_state.tenants for select to trickle_operator
  using (true);
create policy tenants_owner on trickle_tenants_state.tenants for all to trickle_owner
  using (true)
  with check (true);
create policy tenants_writer on trickle_tenants_state.tenants for select to trickle_writer
  using (tenant_id = ANY (( SELECT trickle_tenants_state.batch_tenants() AS batch_tenants)::uuid[]));
grant insert, select, update (name, status, updated_at) on trickle_tenants_state.tenants to trickle_owner;
grant select on trickle_tenants_state.tenants to trickle_app, trickle_writer;
grant select, update (name, status, updated_at) on trickle_tenants_state.tenants to trickle_operator;

create function trickle_tenants_state.batch_tenants()
  returns uuid[]
  language sql stable parallel safe;
-- owner trickle_owner, body e17851acb49ecb005877e38ca5b3810d
grant execute on function trickle_tenants_state.batch_tenants to trickle_writer;

create function trickle_tenants_state.bind_tenant(p_tenant uuid)
  returns void
  language plpgsql volatile;
-- owner trickle_owner, body 869666db3e16b059bd31f3f7a1242488
grant execute on function trickle_tenants_state.bind_tenant to trickle_app, trickle_operator, trickle_worker;

create function trickle_tenants_state.create_tenants(p_tenants jsonb)
  returns TABLE(n integer, outcome text, tenant_id uuid, field text, holder text, held_as text)
  language plpgsql volatile security definer rows 100
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body 9ab4deffd7ca159aec9ba7b3affba41a
grant execute on function trickle_tenants_state.create_tenants to trickle_operator;

create function trickle_tenants_state.current_tenant_id()
  returns uuid
  language sql stable parallel safe;
-- owner trickle_owner, body 45fc9046e9d6e9c2ecdcc4f6448fe67f
grant execute on function trickle_tenants_state.current_tenant_id to trickle_app, trickle_forwarder, trickle_operator, trickle_worker;

create function trickle_tenants_state.find_tenant(p_claim text, p_kind text)
  returns TABLE(tenant_id uuid, slug text, name text, status text)
  language sql stable security definer rows 1000
  set search_path=pg_catalog, pg_temp;
-- owner trickle_owner, body b591378ab3c629851162078f7781c212
grant execute on function trickle_tenants_state.find_tenant to trickle_app, trickle_operator, trickle_worker;

create function trickle_tenants_state.fold_name(p_name text)
  returns text
  language sql immutable parallel safe strict;
-- owner trickle_owner, body 77d9116689e4e61e138d1533d79b3d9a
grant execute on function trickle_tenants_state.fold_name to trickle_operator;

create function trickle_tenants_state.is_uuid(p_name text)
  returns boolean
  language sql immutable parallel safe strict;
-- owner trickle_owner, body 639406fcef67742d503a8c738ddd8dfe
grant execute on function trickle_tenants_state.is_uuid to trickle_operator;

create function trickle_tenants_state.tenant_status(p_tenant uuid)
  returns TABLE(status text)
  language sql stable parallel safe rows 1;
-- owner trickle_owner, body 288f9facee4582a22b79799f260fd204
grant execute on function trickle_tenants_state.tenant_status to trickle_writer;

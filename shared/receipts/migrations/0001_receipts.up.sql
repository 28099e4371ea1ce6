-- The first answer to each write that carried an idempotency key.
set local lock_timeout = '2s';
set local statement_timeout = '60s';

create schema trickle_commands_log;
grant usage on schema trickle_commands_log to trickle_app, trickle_forwarder, trickle_operator, trickle_writer;

-- status and result are what the client was told.
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

-- 16 partitions from the first day, as the events have: they can't be added later at low cost. Each partition is a
-- table of its own, so row-level security is forced on each, or a query on the partition would go past it.
do $$
declare
  v_name text;
begin
  for v_remainder in 0 .. 15 loop
    v_name := 'receipts_p' || lpad(v_remainder::text, 2, '0');
    execute format('create table trickle_commands_log.%I partition of trickle_commands_log.receipts
        for values with (modulus 16, remainder %s) with (autovacuum_vacuum_scale_factor = 0.05)',
      v_name, v_remainder);
    execute format('alter table trickle_commands_log.%I enable row level security', v_name);
    execute format('alter table trickle_commands_log.%I force row level security', v_name);
    -- Nobody works on a partition by its own name.
    execute format('revoke all on trickle_commands_log.%I from trickle_owner, trickle_migrator', v_name);
  end loop;
end $$;

alter table trickle_commands_log.receipts enable row level security;
alter table trickle_commands_log.receipts force row level security;
create policy receipts_app on trickle_commands_log.receipts for select to trickle_app
  using (tenant_id = trickle_tenants_state.current_tenant_id());
-- The owner writes only by way of the functions, one bound tenant at a time.
create policy receipts_read on trickle_commands_log.receipts for select to trickle_owner
  using (tenant_id = trickle_tenants_state.current_tenant_id());
create policy receipts_record on trickle_commands_log.receipts for insert to trickle_owner
  with check (tenant_id = trickle_tenants_state.current_tenant_id());
-- The writer serves the tenants of a batch.
create policy receipts_writer_read on trickle_commands_log.receipts for select to trickle_writer
  using (tenant_id = any ((select trickle_tenants_state.batch_tenants())::uuid[]));
create policy receipts_writer_record on trickle_commands_log.receipts for insert to trickle_writer
  with check (tenant_id = any ((select trickle_tenants_state.batch_tenants())::uuid[]));
-- Operators act for no tenant; their receipts stand under the nil uuid.
create policy receipts_platform_read on trickle_commands_log.receipts for select to trickle_operator
  using (tenant_id = '00000000-0000-0000-0000-000000000000');
create policy receipts_platform_record on trickle_commands_log.receipts for insert to trickle_operator
  with check (tenant_id = '00000000-0000-0000-0000-000000000000');

-- Nobody at all changes or removes what was recorded.
revoke all on trickle_commands_log.receipts from trickle_owner, trickle_migrator;
grant select, insert on trickle_commands_log.receipts to trickle_owner, trickle_operator, trickle_writer;
grant select on trickle_commands_log.receipts to trickle_app;
